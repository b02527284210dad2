package profile

import (
	"bytes"
	"slices"
)

// state is what some bytes are, taken for a frame.
type state uint8

const (
	short state = iota // the beginning of one
	wrong              // none
	whole
)

// hit is a look at some bytes as a frame.
type hit struct {
	shape
	state   state
	body    int   // which shape of frame
	which   int   // the ending
	total   int   // bytes of the line that the frame has; 0: not known
	damaged bool  // wrong only behind its data: it was a frame once
	fault   fault // why it is wrong
	plain   []byte
}

// look reads the frame at the beginning of b, and stops at the first piece that is not right.
func (f *frame) look(b []byte) hit {
	if f.stuff != nil {
		return f.unstuffed(b)
	}
	return f.sized(b, f.fixed)
}

// sized is look at a frame of so many bytes of data; -1: the frame tells.
func (f *frame) sized(b []byte, data int) (h hit) {
	h.data = data
	if data >= 0 {
		h.total = f.total(h.shape)
	}
	for i := range f.pieces {
		p := &f.pieces[i]
		if p.kind == partData && h.data < 0 {
			if f.findEnd(b, p.off, &h); h.state == wrong || h.data < 0 {
				return h
			}
		}
		if len(b) < f.stop(i, h.shape) {
			return h
		}
		if h.fault = f.check(i, b, &h); h.fault.code != faultNone {
			h.state, h.damaged = wrong, p.afterData
			return h
		}
	}
	h.state = whole
	return h
}

// check holds one piece to what it must be.
func (f *frame) check(i int, b []byte, h *hit) fault {
	p := &f.pieces[i]
	got := f.of(i, b, h.shape)
	switch p.kind {
	case partConstant:
		for i, want := range p.bytes {
			if got[i] != want {
				return fault{code: faultConstant, got: uint32(got[i]), want: uint32(want)}
			}
		}
	case partLength:
		return f.length(p, got, h)
	case partAddress:
		if _, ok := p.as.number(got); !ok {
			return fault{code: faultAddress}
		}
	case partCheck:
		from, to := f.span(p, h.shape)
		want := p.check.of(b[from:to])
		is, ok := p.check.read(got)
		switch {
		case !ok:
			return fault{code: faultNoCheck}
		case want != is:
			return fault{code: faultCheck, got: uint32(is), want: uint32(want)}
		}
	}
	return fault{}
}

// length takes the data's length from the first length part, and holds the others to it.
func (f *frame) length(p *piece, got []byte, h *hit) fault {
	n, ok := p.as.number(got)
	if !ok {
		return fault{code: faultLength}
	}
	from, to := f.span(p, shape{})
	data := int(n) - p.add - (to - from)
	switch {
	case data < 0 || data > f.maxData || int64(n) > MaxFrame+16: // far beyond what an int of 32 bits may get wrong
		return fault{code: faultLength, got: n}
	case h.data >= 0 && data != h.data:
		return fault{code: faultLengths, got: n}
	}
	h.data = data
	h.total = f.total(h.shape)
	return fault{}
}

// findEnd looks for the first ending behind the data at off.
func (f *frame) findEnd(b []byte, off int, h *hit) {
	for i := off; i < len(b); i++ {
		if which := f.ending(b[i:]); which >= 0 {
			h.data, h.end, h.which = i-off, len(f.ends[which]), which
			h.total = f.total(h.shape)
			return
		}
		switch {
		case f.undecided(b[i:]):
			return
		case f.restarts && f.restart(b[i:]):
			h.state, h.fault = wrong, fault{code: faultCut}
			h.total, h.damaged = i, true
			return
		case i-off >= f.maxData:
			h.state, h.fault = wrong, fault{code: faultEnd, got: uint32(f.maxData)}
			return
		}
	}
}

// ending gives which ending b begins with; -1: none.
func (f *frame) ending(b []byte) int {
	return slices.IndexFunc(f.ends, func(end byteString) bool { return bytes.HasPrefix(b, end) })
}

// restart says whether another frame begins at b.
func (f *frame) restart(b []byte) bool {
	return slices.ContainsFunc(f.headers, func(header []byte) bool { return bytes.HasPrefix(b, header) })
}

// undecided says whether tail, the last bytes that came, may yet become an ending or a header: what a frame is must not
// depend on how its bytes were cut.
func (f *frame) undecided(tail []byte) bool {
	begins := func(what []byte) bool { return len(tail) < len(what) && bytes.HasPrefix(what, tail) }
	for _, end := range f.ends {
		if begins(end) {
			return true
		}
	}
	return f.restarts && slices.ContainsFunc(f.headers, begins)
}
