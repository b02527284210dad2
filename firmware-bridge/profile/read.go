package profile

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"hallpulse/hall"
)

// size gives a field's size in some data; that of a field without one may come out negative.
func (m *message) size(f *field, data []byte) int {
	if f.size > 0 {
		return f.size
	}
	return len(data) - m.fixed
}

// read takes a message's fields from its data. A message that names no fields may have any data.
func (d *Decoder) read(m *message, data []byte, ev *Event) (reason string) {
	d.number = d.number[:0]
	rest := data
	for i := range m.fields {
		f := &m.fields[i]
		size := m.size(f, data)
		if size < max(f.min, 0) || size > len(rest) {
			return fmt.Sprintf("%d bytes of data are too few", len(data))
		}
		if reason := d.field(f, rest[:size], ev); reason != "" {
			return reason
		}
		rest = rest[size:]
	}
	if len(rest) > 0 && len(m.fields) > 0 {
		return fmt.Sprintf("%d bytes of data are %d too many", len(data), len(rest))
	}
	ev.Kind = m.kind
	d.name(m, ev)
	return ""
}

func (d *Decoder) field(f *field, raw []byte, ev *Event) (reason string) {
	switch f.is {
	case isNumber:
		return d.text(f, raw)
	case isLevel, isSeq:
		n, ok := f.as.number(raw)
		if !ok {
			return f.is + " is no number: " + byteString(raw).String()
		}
		if f.is == isSeq {
			ev.Seq = n
			return ""
		}
		if ev.Level, ok = f.level[n]; !ok {
			return fmt.Sprintf("%d is no level", n)
		}
	}
	return ""
}

// text appends a field to the number.
func (d *Decoder) text(f *field, raw []byte) (reason string) {
	switch {
	case f.as == asASCII:
		raw = bytes.Trim(raw, " \x00")
		if bytes.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r > '~' }) {
			return "not ASCII: " + byteString(raw).String()
		}
		d.number = append(d.number, raw...)
	case f.as == asGB18030:
		s, ok := fromGB18030(bytes.Trim(raw, " \x00"))
		if !ok {
			return "not GB18030: " + byteString(raw).String()
		}
		d.number = append(d.number, s...)
	case f.as == asDigits && f.width == 0: // zeros in front count too
		if _, ok := digits(raw); !ok {
			return "not digits: " + byteString(raw).String()
		}
		d.number = append(d.number, raw...)
	case f.as == asBCD && f.width == 0:
		for _, c := range raw {
			if c>>4 > 9 || c&15 > 9 {
				return "not BCD: " + byteString(raw).String()
			}
			d.number = append(d.number, '0'+c>>4, '0'+c&15)
		}
	default:
		n, ok := f.as.number(raw)
		if !ok {
			return "number is none: " + byteString(raw).String()
		}
		d.padded(uint64(n), f.width)
	}
	return ""
}

// padded appends n, filled up to width with zeros.
func (d *Decoder) padded(n uint64, width int) {
	var buf [20]byte
	s := strconv.AppendUint(buf[:0], n, 10)
	for range width - len(s) {
		d.number = append(d.number, '0')
	}
	d.number = append(d.number, s...)
}

// name gives an event its number. Displays show dashes, times and advertisements too: that is no call. An invitation is
// one whatever its keypad shows.
func (d *Decoder) name(m *message, ev *Event) {
	if m.kind != hall.KindCall && m.kind != hall.KindInvite {
		return
	}
	if len(d.number) > MaxNumber || !m.pattern().Match(d.number) {
		if m.kind == hall.KindCall {
			ev.Kind = 0
		}
		return
	}
	if string(d.number) != d.last { // a display is sent the same number again and again
		d.last = string(d.number)
	}
	ev.Number = d.last
}

// fromGB18030 gives text in UTF-8. Most numbers are plain ASCII and need no decoder.
func fromGB18030(b []byte) (s []byte, ok bool) {
	if !bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return b, true
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	return s, err == nil && !bytes.ContainsRune(s, utf8.RuneError)
}
