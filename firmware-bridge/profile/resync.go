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

// judge looks at b as a frame. A check that is right outweighs a length that may be damaged: where another whole frame
// ends before this one does, this one is none. So the frame after a damaged length is not swallowed.
func (f *frame) judge(b []byte) hit {
	h := f.look(b)
	if f.sum == sumNone || (h.state == wrong && !h.damaged) {
		return h
	}
	limit := len(b)
	if h.total > 0 {
		limit = min(limit, h.total-1)
	}
	for j := 1; j < limit; j++ {
		i := bytes.Index(b[j:limit], f.header)
		if i < 0 {
			break
		}
		j += i
		if f.look(b[j:limit]).state == whole {
			h.state, h.damaged, h.fault = wrong, h.total > 0, fault{code: faultCut}
			break
		}
	}
	return h
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
