package radar

import (
	"bytes"
	"encoding/binary"
)

// Frame marks.
var (
	head2410 = []byte{0xF4, 0xF3, 0xF2, 0xF1}
	tail2410 = []byte{0xF8, 0xF7, 0xF6, 0xF5}
	head2450 = []byte{0xAA, 0xFF, 0x03, 0x00}
	tail2450 = []byte{0x55, 0xCC}
	headAck  = []byte{0xFD, 0xFC, 0xFB, 0xFA}
)

// Lengths of frames, in bytes.
const (
	len2410Basic = 13
	len2410Engin = 35
	len2450      = 30
	maxFrame     = 64
	maxNoise     = 256 // bytes of noise told at once
)

// Reasons for refusals.
const (
	ReasonNoise  = "no frame of this radar: is the speed 256000 baud, and the model right?"
	ReasonLength = "length of no known report"
	ReasonTail   = "tail is wrong"
	ReasonReport = "report is malformed"
)

// Decoder finds frames in a stream. It is not safe for concurrent use.
type Decoder struct {
	kind  Kind
	buf   []byte
	noise []byte
}

// NewDecoder gives a decoder of one kind of radar.
func NewDecoder(k Kind) *Decoder { return &Decoder{kind: k} }

// Feed takes bytes as they come and tells frames and refusals in order. Slices are valid during the call only.
func (d *Decoder) Feed(chunk []byte, emit func(Report), refuse func(reason string, raw []byte)) {
	for len(chunk) > 0 {
		n := min(len(chunk), maxFrame)
		d.buf = append(d.buf, chunk[:n]...)
		chunk = chunk[n:]
		d.take(emit, refuse)
	}
}

// Flush tells what is left as noise: after a pause nothing completes it.
func (d *Decoder) Flush(refuse func(reason string, raw []byte)) {
	d.noise = append(d.noise, d.buf...)
	d.buf = d.buf[:0]
	d.tell(refuse)
}

func (d *Decoder) head() []byte {
	if d.kind == LD2450 {
		return head2450
	}
	return head2410
}

// take consumes whole frames and noise from the front of the buffer.
func (d *Decoder) take(emit func(Report), refuse func(string, []byte)) {
	for len(d.buf) > 0 {
		if skip, ok := d.answer(); ok { // the answer to somebody's command
			if skip == 0 {
				return
			}
			d.drop(skip)
			continue
		}
		if !bytes.HasPrefix(d.buf, d.head()[:min(len(d.buf), 4)]) {
			d.skip(1, refuse)
			continue
		}
		size, reason := d.size()
		if reason != "" {
			d.skip(1, refuse)
			continue
		}
		if size == 0 || len(d.buf) < size {
			return
		}
		frame := d.buf[:size]
		if reason := d.decode(frame, emit, refuse); reason != "" {
			d.tell(refuse)
			refuse(reason, frame)
			d.drop(4) // a frame may begin inside
			continue
		}
		d.drop(size)
	}
}

// answer says whether an answer to a command is at the front, and its length; 0: it is not complete.
func (d *Decoder) answer() (size int, ok bool) {
	if len(d.buf) < 6 {
		return 0, len(d.buf) >= 4 && bytes.HasPrefix(d.buf, headAck)
	}
	if !bytes.HasPrefix(d.buf, headAck) {
		return 0, false
	}
	n := int(binary.LittleEndian.Uint16(d.buf[4:]))
	if n > maxFrame-10 {
		return 0, false
	}
	if len(d.buf) < n+10 {
		return 0, true
	}
	return n + 10, true
}

// size gives the length of the frame at the front; 0: not known yet.
func (d *Decoder) size() (n int, reason string) {
	if d.kind == LD2450 {
		return len2450, ""
	}
	if len(d.buf) < 6 {
		return 0, ""
	}
	n = int(binary.LittleEndian.Uint16(d.buf[4:]))
	if n != len2410Basic && n != len2410Engin {
		return 0, ReasonLength
	}
	return n + 10, ""
}

func (d *Decoder) decode(frame []byte, emit func(Report), refuse func(string, []byte)) (reason string) {
	r := Report{Raw: frame}
	var err error
	if d.kind == LD2450 {
		if !bytes.HasSuffix(frame, tail2450) {
			return ReasonTail
		}
		r.Targets, err = targets(frame[4:28])
	} else {
		if !bytes.HasSuffix(frame, tail2410) {
			return ReasonTail
		}
		r.Presence, err = presence(frame[6 : len(frame)-4])
	}
	if err != nil {
		return ReasonReport
	}
	d.tell(refuse)
	emit(r)
	return ""
}

// skip moves bytes to the noise.
func (d *Decoder) skip(n int, refuse func(string, []byte)) {
	d.noise = append(d.noise, d.buf[:n]...)
	d.drop(n)
	if len(d.noise) >= maxNoise {
		d.tell(refuse)
	}
}

func (d *Decoder) tell(refuse func(string, []byte)) {
	if len(d.noise) > 0 {
		refuse(ReasonNoise, d.noise)
		d.noise = d.noise[:0]
	}
}

func (d *Decoder) drop(n int) { d.buf = append(d.buf[:0], d.buf[n:]...) }
