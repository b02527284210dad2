package profile

import "bytes"

// stuffing is how bytes that begin or end frames are written inside them: a mark, and the byte in disguise. Sources: HDLC
// framing (RFC 1662 clause 4.2) for a mark with xor, SLIP (RFC 1055) and DLE doubling for a mark with a map.
type stuffing struct {
	mark    byte
	xor     byte
	reveal  map[byte]byte // by the byte behind the mark; nil: xor
	conceal map[byte]byte // by the byte that must not be sent as it is
}

// meant gives the byte that stands behind a mark; ok is false where none may.
func (s *stuffing) meant(c byte) (byte, bool) {
	if s.reveal == nil {
		_, ok := s.conceal[c^s.xor]
		return c ^ s.xor, ok
	}
	c, ok := s.reveal[c]
	return c, ok
}

// unstuffed looks at a frame whose content is stuffed: from its header to its trailer, which stand as they are.
func (f *frame) unstuffed(b []byte) (h hit) {
	trailer := f.pieces[len(f.pieces)-1].bytes
	if len(b) < len(f.header) {
		return hit{}
	}
	plain := append(make([]byte, 0, f.bare+16), f.header...)
	for i := len(f.header); i < len(b); {
		rest := b[i:]
		if bytes.HasPrefix(rest, trailer) {
			return f.stuffedFrame(append(plain, trailer...), i+len(trailer))
		}
		if len(rest) < max(len(trailer), len(f.header), 2) { // it may be the beginning of a trailer, a header or a stuffed byte
			return hit{}
		}
		switch {
		case bytes.HasPrefix(rest, f.header):
			return hit{state: wrong, total: i, damaged: true, fault: fault{code: faultCut}}
		case len(plain) >= f.bare+f.maxData:
			return hit{state: wrong, fault: fault{code: faultEnd, got: uint32(f.maxData)}}
		case rest[0] != f.stuff.mark:
			plain, i = append(plain, rest[0]), i+1
			continue
		}
		c, ok := f.stuff.meant(rest[1])
		if !ok {
			return hit{state: wrong, fault: fault{code: faultStuffing, got: uint32(rest[1])}}
		}
		plain, i = append(plain, c), i+2
	}
	return hit{}
}

// stuffedFrame looks at the plain form of a frame that has total bytes on the line.
func (f *frame) stuffedFrame(plain []byte, total int) hit {
	data := len(plain) - f.bare
	if between := len(plain) - len(f.header) - len(f.pieces[len(f.pieces)-1].bytes); between == 0 { // the end of one frame and the beginning of the next
		return hit{state: wrong, fault: fault{code: faultNoise}}
	}
	if data < 0 || data > f.maxData || f.fixed >= 0 && data != f.fixed {
		return hit{state: wrong, fault: fault{code: faultLength, got: uint32(len(plain))}}
	}
	h := f.sized(plain, data)
	h.total, h.plain = total, plain
	if h.state != whole { // its trailer was seen: more bytes change nothing
		h.state, h.damaged = wrong, true
	}
	return h
}

// stuffed gives the bytes of a plain frame as they are sent.
func (f *frame) stuffed(plain []byte) []byte {
	trailer := f.pieces[len(f.pieces)-1].bytes
	out := append([]byte(nil), f.header...)
	for _, c := range plain[len(f.header) : len(plain)-len(trailer)] {
		if as, ok := f.stuff.conceal[c]; ok {
			out = append(out, f.stuff.mark, as)
			continue
		}
		out = append(out, c)
	}
	return append(out, trailer...)
}
