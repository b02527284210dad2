package profile

import "hallpulse/hall"

// Event is one frame that was understood.
type Event struct {
	Kind    hall.FactKind // KindCall, KindInvite, KindRating; 0: a sign of life only (heartbeat, or a well-formed frame that means nothing here)
	Address int           // of the display or keypad on the line; -1: the frame has none
	Number  string        // call, invite; an invite may have none
	Level   int           // rating: 1 to 5
	Seq     uint32        // rating: the keypad's own counter
	Raw     []byte        // the whole frame; valid until the next call of Feed
	Answer  []byte        // to send once the fact is durable; nil: none. It is the caller's to keep
}

// understand turns a whole frame into an event; a reason says why it cannot.
func (d *Decoder) understand(raw []byte, h *hit) (ev Event, reason string) {
	f := &d.p.frame
	ev = Event{Address: -1, Raw: raw}
	if i := f.address; i >= 0 {
		n, _ := f.pieces[i].as.number(raw[f.start(i, h.shape):f.stop(i, h.shape)])
		ev.Address = int(n)
	}
	m := d.p.message(raw, h)
	if m == nil {
		if d.p.other {
			return ev, ""
		}
		return ev, d.p.unknown(raw, h)
	}
	data := raw[f.start(f.data, h.shape):f.stop(f.data, h.shape)]
	if reason := d.read(m, data, &ev); reason != "" {
		return ev, reason
	}
	if m.answer != nil {
		ev.Answer = f.build(m, raw, h, data)
	}
	return ev, ""
}

// unknown is the reason for a frame that no message describes.
func (p *Profile) unknown(raw []byte, h *hit) string {
	f := &p.frame
	switch {
	case f.command >= 0:
		return "no message for command " + byteString(raw[f.start(f.command, h.shape):f.stop(f.command, h.shape)]).String()
	case len(f.ends) > 0:
		return "no message for ending " + f.ends[h.which].written()
	}
	return "no message for such a frame"
}

// build makes the answer to a frame: its address, the answer's own command and data, and lengths and check computed.
func (f *frame) build(m *message, raw []byte, h *hit, data []byte) []byte {
	body := m.compose(data)
	s := shape{data: len(body)}
	if m.answer.end >= 0 {
		s.end = len(f.ends[m.answer.end])
	}
	out := make([]byte, f.total(s))
	for i := range f.pieces {
		p := &f.pieces[i]
		to := out[f.start(i, s):f.stop(i, s)]
		switch p.kind {
		case partConstant:
			copy(to, p.bytes)
		case partAddress:
			copy(to, raw[f.start(i, h.shape):f.stop(i, h.shape)])
		case partCommand:
			copy(to, m.answer.command)
		case partData:
			copy(to, body)
		case partEnd:
			copy(to, f.ends[m.answer.end])
		case partLength:
			from, end := f.span(p, s)
			p.as.put(to, end-from+p.add)
		}
	}
	f.seal(out, s)
	return out
}

// seal computes the check, last: it may cover parts that come after it.
func (f *frame) seal(out []byte, s shape) {
	for i := range f.pieces {
		if p := &f.pieces[i]; p.kind == partCheck {
			from, to := f.span(p, s)
			p.sum.put(out[f.start(i, s):f.stop(i, s)], p.sum.of(out[from:to]))
		}
	}
}

// compose joins the parts of an answer's data.
func (m *message) compose(data []byte) []byte {
	var out []byte
	for _, part := range m.answer.data {
		if part.Copy == copyData {
			out = append(out, data...)
			continue
		}
		out = append(out, part.Bytes...)
		rest := data
		for i := range m.fields {
			size := m.size(&m.fields[i], data)
			if m.fields[i].is == part.Copy {
				out = append(out, rest[:size]...)
			}
			rest = rest[size:]
		}
	}
	return out
}
