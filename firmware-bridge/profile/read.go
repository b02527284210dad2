package profile

import (
	"bytes"
	"fmt"
	"strconv"

	"hallpulse/hall"
)

// found is what was read of one message. Its memory is used again.
type found struct {
	m        *message
	number   []byte
	category []byte
	groups   []int  // of match, as regexp gives them
	heard    []byte // the text that was matched
	last     string // the number before: a display is sent the same again and again
}

func (t *found) reset(m *message) {
	t.m, t.number, t.category, t.groups, t.heard = m, t.number[:0], t.category[:0], nil, nil
}

// read takes a message's fields from its data. A message that names no fields may have any data.
func (d *Decoder) read(m *message, data []byte, ev *Event) (reason string) {
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
	return d.name(m, ev)
}

func (d *Decoder) field(f *field, raw []byte, ev *Event) (reason string) {
	switch f.is {
	case isNumber:
		d.found.number, reason = f.text(d.found.number, raw)
		return reason
	case isCategory:
		d.found.category, reason = f.text(d.found.category, raw)
		return reason
	case isConstant, isSkip:
		return ""
	}
	n, ok := f.value(raw)
	if !ok {
		return f.is + " is no number: " + byteString(raw).String()
	}
	return ev.put(f, n)
}

// put takes a whole number of a field.
func (ev *Event) put(f *field, n uint32) (reason string) {
	switch f.is {
	case isSeq:
		ev.Seq, ev.Counted = n, true
	case isAddress:
		ev.Address = int(n)
	case isAhead:
		if n > MaxAhead {
			return fmt.Sprintf("%d people cannot be ahead", n)
		}
		ev.Ahead = int(n)
	case isLevel:
		var ok bool
		if ev.Level, ok = f.level[n]; !ok {
			return fmt.Sprintf("%d is no level", n)
		}
	}
	return ""
}

// value reads a whole number, or the bits of it that are meant.
func (f *field) value(raw []byte) (uint32, bool) {
	n, ok := f.as.number(raw)
	return f.bits.of(n), ok
}

// text appends a field to a text.
func (f *field) text(out, raw []byte) (text []byte, reason string) {
	if f.names != nil {
		n, ok := f.value(raw)
		name, known := f.names[n]
		if !ok || !known {
			return out, byteString(raw).String() + " has no name"
		}
		return append(out, name...), ""
	}
	switch whole := f.width == 0 && f.bits.width == 0; {
	case f.as == asSegments:
		text, ok := fromSegments(out, raw)
		if !ok {
			return out, "no such character in segments: " + byteString(raw).String()
		}
		return bytes.Trim(text, " "), ""
	case f.as.isText():
		text, reason := decodeText(f.as, bytes.Trim(raw, " \x00"))
		return append(out, text...), reason
	case (f.as == asDigits || f.as == asHex) && whole: // zeros in front count too
		if _, ok := f.as.number(raw); !ok {
			return out, "not digits: " + byteString(raw).String()
		}
		return append(out, raw...), ""
	case f.as == asBCD && whole:
		return appendBCD(out, raw)
	}
	n, ok := f.value(raw)
	if !ok {
		return out, f.is + " is none: " + byteString(raw).String()
	}
	return padded(out, n, f.width), ""
}

func appendBCD(out, raw []byte) (text []byte, reason string) {
	for _, c := range raw {
		if c>>4 > 9 || c&15 > 9 {
			return out, "not BCD: " + byteString(raw).String()
		}
		out = append(out, '0'+c>>4, '0'+c&15)
	}
	return out, ""
}

// padded appends n, filled up to width with zeros.
func padded(out []byte, n uint32, width int) []byte {
	var buf [20]byte
	s := strconv.AppendUint(buf[:0], uint64(n), 10)
	for range width - len(s) {
		out = append(out, '0')
	}
	return append(out, s...)
}

// name gives an event its kind, number and category. Displays show dashes, times and advertisements too: that is no call. An
// invitation is one whatever its keypad shows; a ticket must have a number.
func (d *Decoder) name(m *message, ev *Event) (reason string) {
	ev.Kind = m.kind
	if m.kind != hall.KindCall && m.kind != hall.KindInvite && m.kind != hall.KindTicket {
		return ""
	}
	ev.Category = cut(string(d.found.category), MaxCategory)
	if number := d.found.number; len(number) > MaxNumber || !m.pattern.Match(number) {
		switch m.kind {
		case hall.KindTicket:
			return "a ticket without a number: " + strconv.Quote(cut(string(number), MaxNumber))
		case hall.KindCall:
			ev.Kind = 0
		}
		return ""
	}
	if string(d.found.number) != d.found.last {
		d.found.last = string(d.found.number)
	}
	ev.Number = d.found.last
	return ""
}
