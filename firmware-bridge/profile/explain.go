package profile

import (
	"bytes"
	"cmp"
	"fmt"

	"golang.org/x/text/encoding/simplifiedchinese"

	"hallpulse/hall"
)

// Piece is a part of a frame in words: for people who compare a profile with a device.
type Piece struct {
	Offset int // in the frame, without stuffing
	Bytes  []byte
	Name   string // as the profile calls it: a part of the frame, or a field of its data
	Value  string // what it was taken for
	Inside bool   // it is a part of the text before it, which is given as a whole
}

// Explain takes a whole frame apart, in the order of its bytes. It gives nothing for bytes that are no frame.
func (p *Profile) Explain(raw []byte) []Piece {
	if len(raw) == 0 {
		return nil
	}
	h := hit{state: wrong}
	if f := &p.bodies[0].frame; f.lines {
		h = f.look(raw)
	} else if at, ready := p.begin(raw); ready && at == 0 {
		h = p.judge(raw)
	}
	if h.state != whole || h.total != len(raw) {
		return nil
	}
	return p.explain(raw, &h)
}

func (p *Profile) explain(raw []byte, h *hit) (out []Piece) {
	b := &p.bodies[h.body]
	if h.plain != nil {
		raw = h.plain
	}
	for i := range b.frame.pieces {
		part := &b.frame.pieces[i]
		at := Piece{Offset: b.frame.start(i, h.shape), Bytes: b.frame.of(i, raw, h.shape), Name: part.kind}
		switch part.kind {
		case partData:
			out = append(out, p.data(b, raw, h, at)...)
			continue
		case partLength, partAddress:
			n, _ := part.as.number(at.Bytes)
			at.Value = fmt.Sprint(n)
		case partCommand, partConstant, partEnd:
			at.Value = byteString(at.Bytes).written()
		case partCheck:
			v, _ := part.check.read(at.Bytes)
			at.Value = fmt.Sprintf("%0*X", 2*part.check.size, v)
		}
		out = append(out, at)
	}
	return out
}

// data takes the data of a frame apart by the message that it is.
func (p *Profile) data(b *body, raw []byte, h *hit, whole Piece) (out []Piece) {
	d := p.NewDecoder()
	ev := Event{Address: -1, Ahead: -1}
	m, _ := d.choose(b, raw, h, whole.Bytes, &ev)
	switch {
	case m == nil || len(m.fields) == 0 && m.match == nil:
		whole.Value = byteString(whole.Bytes).written()
		return []Piece{whole}
	case m.match != nil:
		return d.groupPieces(&b.frame, m, whole)
	}
	rest, at := whole.Bytes, whole.Offset
	for i := range m.fields {
		f := &m.fields[i]
		size := m.size(f, whole.Bytes)
		if size < 0 || size > len(rest) {
			break
		}
		out = append(out, Piece{Offset: at, Bytes: rest[:size], Name: f.is, Value: f.say(rest[:size])})
		rest, at = rest[size:], at+size
	}
	return out
}

// say gives a field's value in words.
func (f *field) say(raw []byte) string {
	switch f.is {
	case isConstant, isSkip:
		return byteString(raw).written()
	case isNumber, isCategory:
		text, reason := f.text(nil, raw)
		if reason != "" {
			return reason
		}
		return string(text)
	}
	n, ok := f.value(raw)
	switch level, known := f.level[n]; {
	case !ok:
		return "no number"
	case f.is == isLevel && known:
		return fmt.Sprintf("%d = %d", n, level)
	case f.is == isLevel:
		return fmt.Sprintf("%d is no level", n)
	}
	return fmt.Sprint(n)
}

// groupPieces gives the text that was matched and each of its groups.
func (d *Decoder) groupPieces(f *frame, m *message, whole Piece) []Piece {
	whole.Value = string(d.found.heard)
	out := []Piece{whole}
	blank := len(whole.Bytes) - len(bytes.TrimLeft(whole.Bytes, blanks))
	for _, name := range groupNames {
		text := d.found.text(name)
		if len(text) == 0 {
			continue
		}
		before := d.found.heard[:d.found.groups[2*m.match.SubexpIndex(name)]]
		at := min(blank+sent(f.text, before), len(whole.Bytes))
		end := min(at+sent(f.text, text), len(whole.Bytes))
		out = append(out, Piece{Offset: whole.Offset + at, Bytes: whole.Bytes[at:end], Name: name, Value: string(text), Inside: true})
	}
	return out
}

// sent gives how many bytes a text had on the line.
func sent(as encoding, text []byte) int {
	if as != asGB18030 {
		return len(text)
	}
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes(text)
	if err != nil {
		return len(text)
	}
	return len(b)
}

// Words gives an event in one line, for people: its kind, address and what else it has.
func (ev *Event) Words() string {
	words := "alive"
	if ev.Kind != 0 {
		words = ev.Kind.String()
	}
	if ev.Address >= 0 {
		words += fmt.Sprintf(" address=%d", ev.Address)
	}
	if ev.Number != "" {
		words += " number=" + ev.Number
	}
	if ev.Category != "" {
		words += " category=" + ev.Category
	}
	if ev.Kind == hall.KindTicket && ev.Ahead >= 0 {
		words += fmt.Sprintf(" ahead=%d", ev.Ahead)
	}
	if ev.Kind == hall.KindRating {
		words += fmt.Sprintf(" level=%d", ev.Level)
	}
	if ev.Counted {
		words += fmt.Sprintf(" seq=%d", ev.Seq)
	}
	if len(ev.Answer) > 0 {
		words += fmt.Sprintf(" answer=% X", ev.Answer)
	}
	return words
}

// Line gives an event as captures write it: "call 1 A012", "rating 3 5 17 answer 4F 4B"; what is missing is -1 or a dash.
func (ev *Event) Line() string {
	line := fmt.Sprint("alive ", ev.Address)
	switch ev.Kind {
	case hall.KindCall, hall.KindInvite:
		line = fmt.Sprint(ev.Kind, " ", ev.Address, " ", cmp.Or(ev.Number, "-"))
	case hall.KindRating:
		line = fmt.Sprint("rating ", ev.Address, " ", ev.Level, " ", ev.Seq)
	case hall.KindTicket:
		line = fmt.Sprint("ticket ", ev.Number, " ", cmp.Or(ev.Category, "-"), " ", ev.Ahead)
		if ev.Counted {
			line += fmt.Sprint(" seq ", ev.Seq)
		}
	}
	if len(ev.Answer) > 0 {
		line += fmt.Sprintf(" answer % X", ev.Answer)
	}
	return line
}
