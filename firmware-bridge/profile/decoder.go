package profile

// Limits of a decoder's memory.
const (
	MaxNoise = 512     // bytes of noise that are refused together
	MaxKept  = 4 << 10 // bytes that are kept between calls for frames to come; more is given back
)

// Decoder finds the frames in the bytes of one line. What it finds does not depend on how the bytes are cut. It is for one
// goroutine.
type Decoder struct {
	p      *Profile
	buf    []byte
	run    int   // what is refused begins here
	at     int   // what may be a frame begins here
	extent int   // where the damaged frame at run would end; 0: there is none
	fault  fault // the first thing that was wrong since run
	long   bool  // the line of text at run is too long: the rest of it is passed over
	found  found
	emit   func(Event)
	refuse func(string, []byte)
}

// Feed takes bytes in any pieces. emit gets each frame; refuse gets what could not be understood, with the reason: a
// damaged frame alone, a run of noise once the next frame shows its end or it has MaxNoise bytes. Both may be nil.
func (d *Decoder) Feed(chunk []byte, emit func(Event), refuse func(reason string, raw []byte)) {
	d.emit, d.refuse = emit, refuse
	d.keep()
	d.buf = append(d.buf, chunk...)
	for d.step() {
	}
	d.emit, d.refuse = nil, nil
}

// Reset forgets a half frame (after silence on the line), and noise that was not reported yet.
func (d *Decoder) Reset() { d.Flush(nil) }

// Flush is Reset that tells refuse what it forgets.
func (d *Decoder) Flush(refuse func(reason string, raw []byte)) {
	d.refuse = refuse
	begun := d.at < len(d.buf) || d.p.bodies[0].frame.lines && d.run < len(d.buf)
	if d.fault.code == faultNone && begun {
		d.fault.code = faultHalf
	}
	d.tell(len(d.buf))
	d.refuse = nil
	d.buf, d.run, d.at, d.long = d.buf[:0], 0, 0, false
}

// keep moves what is not settled to the front.
func (d *Decoder) keep() {
	rest := d.buf[d.run:]
	if cap(d.buf) > MaxKept {
		d.buf = make([]byte, 0, len(rest))
	}
	d.buf = append(d.buf[:0], rest...)
	d.at -= d.run
	d.extent = max(0, d.extent-d.run)
	d.run = 0
}

// step settles the next frame, or what is none; false: more bytes are needed.
func (d *Decoder) step() bool {
	if d.p.bodies[0].frame.lines {
		return d.line()
	}
	i, ready := d.p.begin(d.buf[d.at:])
	d.skip(d.at + i)
	if !ready {
		return false
	}
	switch h := d.p.judge(d.buf[d.at:]); h.state {
	case short:
		return false
	case wrong:
		d.blame(&h)
	case whole:
		d.tell(d.at)
		d.take(&h)
	}
	return true
}

// take hands on the frame at at, or refuses what it says.
func (d *Decoder) take(h *hit) {
	raw := d.buf[d.at : d.at+h.total : d.at+h.total]
	ev, reason := d.understand(raw, h)
	switch {
	case reason != "" && d.refuse != nil:
		d.refuse(reason, raw)
	case reason == "" && d.emit != nil:
		d.emit(ev)
	}
	d.at += h.total
	d.run = d.at
}
