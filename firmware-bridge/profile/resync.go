package profile

import "bytes"

// tail gives how many bytes at the end of b may be the beginning of header.
func tail(b, header []byte) int {
	for n := min(len(b), len(header)-1); n > 0; n-- {
		if bytes.HasPrefix(header, b[len(b)-n:]) {
			return n
		}
	}
	return 0
}

// begin gives the first place in b where a frame may begin. ready is false where the header there has not come as a whole,
// or there is none.
func (p *Profile) begin(b []byte) (at int, ready bool) {
	at = len(b)
	for i := range p.bodies {
		header := p.bodies[i].frame.header
		j := bytes.Index(b, header)
		found := j >= 0 && len(b) > 0
		if !found {
			j = len(b) - tail(b, header)
		}
		if j < at {
			at, ready = j, found
		}
	}
	return at, ready
}

// header gives the first whole header in b; -1: there is none.
func (p *Profile) header(b []byte) int {
	at := -1
	for i := range p.bodies {
		if j := bytes.Index(b, p.bodies[i].frame.header); j >= 0 && (at < 0 || j < at) {
			at = j
		}
	}
	return at
}

// judge looks at b, which begins with a header, as a frame of each shape that has it.
func (p *Profile) judge(b []byte) (h hit) {
	h.state = wrong
	for i := range p.bodies {
		f := &p.bodies[i].frame
		if !bytes.HasPrefix(b, f.header) {
			continue
		}
		next := p.weigh(f, b)
		next.body = i
		if next.state != wrong {
			return next
		}
		if h.fault.code == faultNone || next.damaged && !h.damaged {
			h = next
		}
	}
	return h
}

// weigh looks at b as a frame of one shape. A check that is right outweighs a length that may be damaged: where another
// whole frame ends before this one does, this one is none. So the frame after a damaged length is not swallowed.
func (p *Profile) weigh(f *frame, b []byte) hit {
	h := f.look(b)
	if !f.checked || f.stuff != nil || h.state == wrong && !h.damaged {
		return h
	}
	limit := len(b)
	if h.total > 0 {
		limit = min(limit, h.total-1)
	}
	for j := 1; j < limit; j++ {
		i := p.header(b[j:limit])
		if i < 0 {
			break
		}
		if j += i; p.anyWhole(b[j:limit]) {
			h.state, h.damaged, h.fault = wrong, h.total > 0, fault{code: faultCut}
			break
		}
	}
	return h
}

// anyWhole says whether b begins with a whole frame that a check proves.
func (p *Profile) anyWhole(b []byte) bool {
	for i := range p.bodies {
		f := &p.bodies[i].frame
		if f.checked && bytes.HasPrefix(b, f.header) && f.look(b).state == whole {
			return true
		}
	}
	return false
}

// skip passes over noise up to to.
func (d *Decoder) skip(to int) {
	if d.extent > 0 && to >= d.extent {
		d.tell(d.extent)
	}
	for d.extent == 0 && to-d.run >= MaxNoise {
		d.tell(d.run + MaxNoise)
	}
	d.at = max(d.at, to)
}

// blame passes over a header that begins no frame. A damaged frame is told apart from the noise before it.
func (d *Decoder) blame(h *hit) {
	switch {
	case h.damaged && h.total > 0 && d.extent == 0:
		d.tell(d.at)
		d.extent, d.fault = d.at+h.total, h.fault
	case d.fault.code == faultNone && d.extent == 0:
		d.fault = h.fault
	}
	d.skip(d.at + 1)
}

// tell refuses what lies between run and to.
func (d *Decoder) tell(to int) {
	if to > d.run && d.refuse != nil {
		if d.fault.code == faultNone {
			d.fault.code = faultNoise
		}
		d.refuse(d.fault.String(), d.buf[d.run:to:to])
	}
	d.run, d.extent, d.fault = to, 0, fault{}
}
