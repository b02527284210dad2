package modbusdisplay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"hallpulse/firmware-bridge/modbus"
)

// Encoding is how a number stands in registers.
type Encoding string

// The encodings.
const (
	ASCII Encoding = "ascii" // two characters a register, high byte first, ended by NUL
	Int   Encoding = "int"   // one register, signed; two registers, high one first
	BCD   Encoding = "bcd"   // four digits a register; F is blank
)

// Place is where a display keeps its number. The LED-485 family has text in 6 registers from 0x0070, and an integer at 0x0088
// or, its clones, at 0x0000.
type Place struct {
	Register uint16
	Count    int // registers; 0: 6 of ASCII, 1 of Int, 2 of BCD
	Encoding Encoding
	Function modbus.Function // that reads it; 0: ReadHolding
	Prefix   string          // of the tickets, which a display of digits cannot show
	Digits   int             // of Int and BCD: the least, with leading zeros
}

func (p Place) complete() Place {
	if p.Encoding == "" {
		p.Encoding = ASCII
	}
	if p.Count <= 0 {
		p.Count = map[Encoding]int{ASCII: 6, BCD: 2}[p.Encoding]
	}
	if p.Count <= 0 {
		p.Count = 1
	}
	if p.Function == 0 {
		p.Function = modbus.ReadHolding
	}
	return p
}

// Causes why what was written or read is no text.
var (
	errPart     = errors.New("a part of the number was written")
	errEncoding = errors.New("this is no number")
)

// written gives what q writes to the place: nil, nothing.
func (p Place) written(q modbus.Request) ([]byte, error) {
	if q.Function != modbus.WriteRegister && q.Function != modbus.WriteRegisters {
		return nil, nil
	}
	from, to := int(q.Start), int(q.Start)+q.Count
	begin, end := int(p.Register), int(p.Register)+p.Count
	switch {
	case to <= begin || from >= end:
		return nil, nil
	case from > begin || to < end && p.Encoding != ASCII:
		return nil, errPart
	}
	return q.Data[2*(begin-from) : 2*(min(to, end)-from)], nil
}

// text gives the number that data shows, empty: none. Zero is none: displays of digits show it when they know nothing.
func (p Place) text(data []byte) (string, error) {
	var s string
	var err error
	switch p.Encoding {
	case Int:
		s, err = integer(data)
	case BCD:
		s, err = digits(data)
	default:
		if s, err = characters(data); s != "" {
			s = p.Prefix + s
		}
		return s, err
	}
	if s = strings.TrimLeft(s, "0"); s == "" || err != nil {
		return "", err
	}
	return p.Prefix + strings.Repeat("0", max(0, p.Digits-len(s))) + s, nil
}

// own says whether a text is the address of the display that shows it.
func (p Place) own(text string, address byte) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(text, p.Prefix))
	return err == nil && n == int(address)
}

func characters(data []byte) (string, error) {
	s, _, _ := strings.Cut(string(data), "\x00")
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return "", fmt.Errorf("%w: byte %02X", errEncoding, c)
		}
	}
	return strings.TrimSpace(s), nil
}

func integer(data []byte) (string, error) {
	var v int64
	switch len(data) {
	case 2:
		v = int64(int16(binary.BigEndian.Uint16(data)))
	case 4:
		v = int64(int32(binary.BigEndian.Uint32(data)))
	default:
		return "", fmt.Errorf("%w: %d registers", errEncoding, len(data)/2)
	}
	if v < 0 {
		return "", fmt.Errorf("%w: %d", errEncoding, v)
	}
	return strconv.FormatInt(v, 10), nil
}

func digits(data []byte) (string, error) {
	var s strings.Builder
	for _, b := range data {
		for _, d := range []byte{b >> 4, b & 15} {
			switch {
			case d <= 9:
				s.WriteByte('0' + d)
			case d != 15:
				return "", fmt.Errorf("%w: digit %X", errEncoding, d)
			}
		}
	}
	return s.String(), nil
}
