package modbus

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	codec "hallpulse/firmware-bridge/modbus"
)

// display is one slave.
type display struct {
	address byte
	value   uint16            // where its integer is
	regs    [TextCount]uint16 // the text
	number  uint16

	silent    bool
	badCRC    bool
	twice     bool
	exception codec.Exception
	lose      int // replies
}

var _ codec.Bank = (*display)(nil)

// request gives what the queue system says to show a number.
func (b *Bus) request(address byte, number string) (codec.Request, error) {
	if !b.o.Integer {
		if len(number) > 2*TextCount {
			return codec.Request{}, fmt.Errorf("modbus: %q is too long", number)
		}
		text := make([]byte, 2*TextCount)
		copy(text, number)
		return codec.Request{Address: address, Function: codec.WriteRegisters, Start: TextRegister, Count: TextCount, Data: text}, nil
	}
	v, err := strconv.ParseUint("0"+number, 10, 15)
	if err != nil {
		return codec.Request{}, fmt.Errorf("modbus: %q is no integer that a display shows", number)
	}
	return codec.Request{Address: address, Function: codec.WriteRegister, Start: b.o.Value, Count: 1,
		Data: binary.BigEndian.AppendUint16(nil, uint16(v))}, nil
}

// serve gives the display's answer on the wire, with its faults; empty: none.
func (d *display) serve(q codec.Request) ([]byte, error) {
	if d.silent {
		return nil, nil
	}
	r, answer := codec.Reply{Address: q.Address, Function: q.Function, Exception: d.exception}, q.Address != codec.Broadcast
	if d.exception == 0 {
		r, answer = codec.Serve(d, q)
	}
	if !answer {
		return nil, nil
	}
	if d.lose > 0 { // it has done as it was told
		d.lose--
		return nil, nil
	}
	frame, err := r.Encode()
	if err != nil {
		return nil, err
	}
	if d.badCRC {
		frame[len(frame)-1] ^= 0x55
	}
	if d.twice {
		frame = garble(frame)
	}
	return frame, nil
}

// garble is what two displays sound like that answer at once, one of them a little later.
func garble(frame []byte) []byte {
	out := bytes.Clone(frame)
	for i := 1; i < len(out); i++ {
		out[i] &= frame[i-1] | 0x0F
	}
	out[len(out)/2] ^= 0x41
	return append(out, frame[len(frame)-2:]...)
}

// ReadRegisters reads the text or the integer.
func (d *display) ReadRegisters(start uint16, count int) ([]uint16, error) {
	switch {
	case start >= TextRegister && int(start)+count <= TextRegister+TextCount:
		return slices.Clone(d.regs[start-TextRegister:][:count]), nil
	case start == d.value && count == 1:
		return []uint16{d.number}, nil
	}
	return nil, codec.IllegalAddress
}

// WriteRegisters shows a text or an integer.
func (d *display) WriteRegisters(start uint16, values []uint16) error {
	switch {
	case start >= TextRegister && int(start)+len(values) <= TextRegister+TextCount:
		copy(d.regs[start-TextRegister:], values)
	case start == d.value && len(values) == 1:
		d.number = values[0]
	case len(values) == 1: // brightness and the like
	default:
		return codec.IllegalAddress
	}
	return nil
}

// text gives what is shown.
func (d *display) text() string {
	var p []byte
	for _, v := range d.regs {
		p = binary.BigEndian.AppendUint16(p, v)
	}
	text, _, _ := bytes.Cut(p, []byte{0})
	if len(text) == 0 && d.number > 0 {
		return strconv.Itoa(int(d.number))
	}
	return string(text)
}

// start is a display that just got its power: it shows its own address, or nothing.
func (d *display) start(own bool) {
	d.regs, d.number = [TextCount]uint16{}, 0
	if own {
		d.number = uint16(d.address)
		text := fmt.Appendf(nil, "%03d\x00", d.address)
		d.regs[0], d.regs[1] = binary.BigEndian.Uint16(text), binary.BigEndian.Uint16(text[2:])
	}
}
