package profile

import (
	"slices"

	"hallpulse/hall"
)

// Event is one frame that was understood.
type Event struct {
	Kind     hall.FactKind // KindCall, KindInvite, KindRating, KindTicket; 0: a sign of life only (heartbeat, or a well-formed frame that means nothing here)
	Address  int           // of the display or keypad on the line; -1: the frame has none
	Number   string        // call, invite, ticket; an invite may have none
	Category string        // ticket: as it is sent; empty: not sent
	Ahead    int           // ticket: people ahead; -1: not sent
	Level    int           // rating: 1 to 5
	Seq      uint32        // rating, ticket: the device's own counter
	Counted  bool          // rating, ticket: there is such a counter
	Beat     bool          // a heartbeat: the device itself says that it lives; nobody else does
	Raw      []byte        // the whole frame as it was on the line; valid until the next call of Feed
	Answer   []byte        // to send once the fact is durable; nil: none. It is the caller's to keep
}

// understand turns a whole frame into an event; a reason says why it cannot. raw is what was on the line.
func (d *Decoder) understand(raw []byte, h *hit) (ev Event, reason string) {
	b := &d.p.bodies[h.body]
	f := &b.frame
	plain := raw
	if h.plain != nil {
		plain = h.plain
	}
	ev = Event{Address: -1, Ahead: -1, Raw: raw}
	broadcast := false
	if i := f.address; i >= 0 {
		n, _ := f.pieces[i].as.number(f.of(i, plain, h.shape))
		ev.Address = int(n)
		broadcast = slices.Contains(f.pieces[i].broadcast, ev.Address)
	}
	data := f.of(f.data, plain, h.shape)
	m, reason := d.choose(b, plain, h, data, &ev)
	switch {
	case reason != "":
		return ev, reason
	case m == nil && d.p.other:
		return ev, ""
	case m == nil:
		return ev, f.unknown(plain, h)
	}
	ev.Beat = m.beat
	if broadcast { // every device shows it: that is no window's call
		ev.Kind = 0
	}
	if m.answer != nil {
		ev.Answer = f.build(m, plain, h, data, &d.found)
	}
	return ev, ""
}

// choose finds the message that a frame is, and reads it into ev; nil: no message describes the frame.
func (d *Decoder) choose(b *body, plain []byte, h *hit, data []byte, ev *Event) (*message, string) {
	var why string
	for i := range b.messages {
		m := &b.messages[i]
		if !m.fits(&b.frame, plain, h) {
			continue
		}
		d.found.reset(m)
		if m.match != nil {
			ok, reason := d.match(&b.frame, m, data, ev)
			if ok {
				return m, reason
			}
			why = reason
			continue
		}
		if m.opens(data) {
			return m, d.read(m, data, ev)
		}
	}
	return nil, why
}

// unknown is the reason for a frame that no message describes.
func (f *frame) unknown(plain []byte, h *hit) string {
	switch {
	case f.command >= 0:
		return "no message for command " + byteString(f.of(f.command, plain, h.shape)).String()
	case f.lines:
		return "no message for such a line"
	case len(f.ends) > 0:
		return "no message for ending " + f.ends[h.which].written()
	}
	return "no message for such a frame"
}
