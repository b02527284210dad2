package printer

import (
	"bytes"
	"fmt"
	"time"
)

// Commands of the printer (ESC/POS).
var (
	initialise = []byte{0x1B, 0x40}
	chineseOn  = []byte{0x1C, 0x26}
	centre     = []byte{0x1B, 0x61, 0x01}
	left       = []byte{0x1B, 0x61, 0x00}
	bold       = []byte{0x1B, 0x45, 0x01}
	plain      = []byte{0x1B, 0x45, 0x00}
	huge       = []byte{0x1D, 0x21, 0x33}
	normal     = []byte{0x1D, 0x21, 0x00}
	newline    = []byte{0x0A}
	feed       = []byte{0x1B, 0x64, 0x03}
	cut        = []byte{0x1D, 0x56, 0x42, 0x00}
)

type ticket struct {
	hall, number, category string
	ahead                  int
	at                     time.Time
}

// bytes gives the ticket as it goes to the printer.
func (t ticket) bytes() ([]byte, error) {
	lines := []string{t.hall, "您的号码", t.number, t.category, "", t.at.Format("2006-01-02 15:04:05"), "请留意叫号，过号请重新取号"}
	if t.ahead >= 0 {
		lines[4] = fmt.Sprintf("前面等候 %d 人", t.ahead)
	}
	gb := make([][]byte, len(lines))
	for i, s := range lines {
		b, err := chinese(s)
		if err != nil {
			return nil, err
		}
		gb[i] = append(b, newline...)
	}
	doc := joined(initialise, chineseOn, centre, bold, gb[0], plain, gb[1], huge, gb[2], normal, gb[3])
	if t.ahead >= 0 {
		doc = append(doc, gb[4]...)
	}
	return append(doc, joined(left, gb[5], centre, qr("https://h.example/t/"+t.number), newline, gb[6], feed, cut)...), nil
}

// torn gives the part of doc that is printed when the paper ends inside the number.
func torn(doc []byte, number string) []byte {
	return doc[:bytes.Index(doc, huge)+len(huge)+len(number)/2]
}

// qr gives the commands of a QR code: model, size, error level, store, print.
func qr(data string) []byte {
	n := len(data) + 3
	return joined(
		[]byte{0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00},
		[]byte{0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x43, 0x06},
		[]byte{0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x45, 0x31},
		[]byte{0x1D, 0x28, 0x6B, byte(n), byte(n >> 8), 0x31, 0x50, 0x30}, []byte(data),
		[]byte{0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30},
	)
}

func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
