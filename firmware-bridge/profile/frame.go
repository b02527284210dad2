package profile

// piece is a part of a frame, placed. What comes after the data moves with the data's length, what comes after an ending
// moves with that too.
type piece struct {
	kind      string
	off       int // from the frame's start, with no data and no ending
	size      int // 0: data and endings
	afterData bool
	afterEnd  bool
	bytes     []byte
	as        encoding
	check     check
	from, to  int // pieces that a length counts or a check covers
	add       int
	broadcast []int
}

// frame is the shape of a protocol's frames.
type frame struct {
	pieces   []piece
	header   []byte   // empty: a line of text, or a frame that only its check tells
	headers  [][]byte // of all frames of the line, where they begin another frame inside this one
	ends     []byteString
	lines    bool // text in lines
	text     encoding
	stuff    *stuffing
	checked  bool
	fixed    int // size of the data where it is always the same, else -1
	maxData  int
	restarts bool
	bare     int // size of a frame without data and ending
	command  int // piece, -1: none; so are the next ones
	address  int
	data     int
}

// shape is what of a frame's layout only the frame itself tells.
type shape struct {
	data int // bytes of data
	end  int // bytes of its ending
}

// start gives where piece i begins.
func (f *frame) start(i int, s shape) int {
	p := &f.pieces[i]
	off := p.off
	if p.afterData {
		off += s.data
	}
	if p.afterEnd {
		off += s.end
	}
	return off
}

// stop gives where piece i ends.
func (f *frame) stop(i int, s shape) int {
	switch f.pieces[i].kind {
	case partData:
		return f.start(i, s) + s.data
	case partEnd:
		return f.start(i, s) + s.end
	}
	return f.start(i, s) + f.pieces[i].size
}

// of gives the bytes of piece i in a frame.
func (f *frame) of(i int, raw []byte, s shape) []byte { return raw[f.start(i, s):f.stop(i, s)] }

// span gives the bytes that a length counts or a check covers.
func (f *frame) span(p *piece, s shape) (from, to int) { return f.start(p.from, s), f.stop(p.to, s) }

// total is the size of a whole frame.
func (f *frame) total(s shape) int { return f.bare + s.data + s.end }
