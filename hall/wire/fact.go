package wire

import (
	"time"

	"hallpulse/hall"
)

// The forms in which parts of a fact with times travel; the others travel as package hall tags them.
type (
	stampWire struct {
		Wall int64     `cbor:"1,keyasint"`
		Boot uint32    `cbor:"2,keyasint"`
		Mono int64     `cbor:"3,keyasint"`
		Mark hall.Mark `cbor:"4,keyasint,omitempty"`
	}
	punchWire struct {
		Serial     string       `cbor:"1,keyasint"`
		PIN        hall.StaffNo `cbor:"2,keyasint"`
		DeviceTime string       `cbor:"3,keyasint"`
		At         int64        `cbor:"4,keyasint"`
		Skew       int64        `cbor:"5,keyasint,omitempty"`
		Status     int          `cbor:"6,keyasint"`
		Verify     int          `cbor:"7,keyasint"`
		Workcode   string       `cbor:"8,keyasint,omitempty"`
	}
	gapWire struct {
		From   int64  `cbor:"1,keyasint"`
		To     int64  `cbor:"2,keyasint"`
		Reason string `cbor:"3,keyasint"`
	}
	clockWire struct {
		Delta  int64  `cbor:"1,keyasint"`
		Source string `cbor:"2,keyasint"`
	}
	factWire struct {
		Kind    hall.FactKind      `cbor:"1,keyasint"`
		At      stampWire          `cbor:"2,keyasint"`
		Device  hall.DeviceID      `cbor:"3,keyasint,omitempty"`
		Raw     []byte             `cbor:"4,keyasint,omitempty"`
		Ticket  *hall.TicketIssued `cbor:"10,keyasint,omitempty"`
		Call    *hall.Call         `cbor:"11,keyasint,omitempty"`
		Invite  *hall.Invite       `cbor:"12,keyasint,omitempty"`
		Rating  *hall.Rating       `cbor:"13,keyasint,omitempty"`
		Punch   *punchWire         `cbor:"14,keyasint,omitempty"`
		Passage *hall.Passage      `cbor:"15,keyasint,omitempty"`
		Change  *hall.DeviceChange `cbor:"16,keyasint,omitempty"`
		Gap     *gapWire           `cbor:"17,keyasint,omitempty"`
		Clock   *clockWire         `cbor:"18,keyasint,omitempty"`
		Refusal *hall.Refusal      `cbor:"19,keyasint,omitempty"`
		Recount *hall.Recount      `cbor:"20,keyasint,omitempty"`
	}
)

// EncodeFact encodes one record of the facts lane. Seq is not part of it. Texts and Raw are cut to their limits; an
// identifier beyond its limit, a missing body or a time outside 1970 to 2200 is an error.
func EncodeFact(f hall.Fact) ([]byte, error) {
	trim(&f)
	if err := checkFact(&f); err != nil {
		return nil, err
	}
	return marshal("fact", toWire(&f))
}

// DecodeFact decodes one record of the facts lane. A kind of a later version is kept without a body.
func DecodeFact(data []byte) (hall.Fact, error) {
	var w factWire
	if err := unmarshal("fact", data, &w); err != nil {
		return hall.Fact{}, err
	}
	var x times
	f := x.fact(&w)
	if x.err != nil {
		return hall.Fact{}, x.err
	}
	if err := checkFact(&f); err != nil {
		return hall.Fact{}, err
	}
	return f, nil
}

// Refused is the record that stands for one that could not be read or encoded, so that its sequence is not a hole.
func Refused(seq uint64, at hall.Stamp, reason string, raw []byte) hall.Fact {
	if at.Wall = clampTime(at.Wall); at.Wall.Equal(minTime) {
		at.Wall = minTime.Add(time.Microsecond)
	}
	f := hall.Fact{
		Seq: seq, Kind: hall.KindRefusal, At: at, Raw: raw,
		Refusal: &hall.Refusal{Where: "wire", Reason: reason, Count: 1},
	}
	trim(&f)
	return f
}

// trim cuts texts and Raw to their limits; bodies it changes are copied first.
func trim(f *hall.Fact) {
	f.Raw = f.Raw[:min(len(f.Raw), MaxRaw)]
	if f.Ticket != nil && f.Ticket.Text != "" {
		t := *f.Ticket
		t.Text = cut(t.Text, MaxText)
		f.Ticket = &t
	}
	if f.Change != nil {
		c := *f.Change
		c.Reason = hall.Reason{Code: c.Reason.Code, Detail: cut(c.Reason.Detail, MaxText)}
		f.Change = &c
	}
	if f.Gap != nil {
		g := *f.Gap
		g.Reason = cut(g.Reason, MaxText)
		f.Gap = &g
	}
	if f.Refusal != nil {
		r := *f.Refusal
		r.Where, r.Reason = cut(r.Where, MaxText), cut(r.Reason, MaxText)
		f.Refusal = &r
	}
}

func toWire(f *hall.Fact) *factWire {
	w := &factWire{
		Kind: f.Kind, Device: f.Device, Raw: f.Raw,
		At: stampWire{micros(f.At.Wall), f.At.Boot, us(f.At.Mono), f.At.Mark},
	}
	if !known(f.Kind) {
		return w
	}
	w.Ticket, w.Call, w.Invite, w.Rating = f.Ticket, f.Call, f.Invite, f.Rating
	w.Passage, w.Change, w.Refusal, w.Recount = f.Passage, f.Change, f.Refusal, f.Recount
	if p := f.Punch; p != nil {
		w.Punch = &punchWire{p.Serial, p.PIN, p.DeviceTime, micros(p.At), us(p.Skew), p.Status, p.Verify, p.Workcode}
	}
	if g := f.Gap; g != nil {
		w.Gap = &gapWire{micros(g.From), micros(g.To), g.Reason}
	}
	if c := f.Clock; c != nil {
		w.Clock = &clockWire{us(c.Delta), c.Source}
	}
	return w
}

func (x *times) fact(w *factWire) hall.Fact {
	f := hall.Fact{
		Kind: w.Kind, Device: w.Device, Raw: w.Raw,
		At: hall.Stamp{Wall: x.at(w.At.Wall, "wall"), Boot: w.At.Boot, Mono: x.span(w.At.Mono, "mono"), Mark: w.At.Mark},
	}
	if !known(w.Kind) {
		return f
	}
	f.Ticket, f.Call, f.Invite, f.Rating = w.Ticket, w.Call, w.Invite, w.Rating
	f.Passage, f.Change, f.Refusal, f.Recount = w.Passage, w.Change, w.Refusal, w.Recount
	if p := w.Punch; p != nil {
		f.Punch = &hall.Punch{
			Serial: p.Serial, PIN: p.PIN, DeviceTime: p.DeviceTime, At: x.at(p.At, "punch"), Skew: x.span(p.Skew, "skew"),
			Status: p.Status, Verify: p.Verify, Workcode: p.Workcode,
		}
	}
	f.Gap = x.gap(w.Gap)
	if c := w.Clock; c != nil {
		f.Clock = &hall.ClockStep{Delta: x.span(c.Delta, "delta"), Source: c.Source}
	}
	return f
}

func (x *times) gap(g *gapWire) *hall.Gap {
	if g == nil {
		return nil
	}
	return &hall.Gap{From: x.at(g.From, "gap"), To: x.at(g.To, "gap"), Reason: g.Reason}
}
