// Package radar decodes what millimetre-wave radars of the HLK-LD24xx series say on their serial line (256000 baud, 8N1), by
// the makers' protocol manuals: LD2410 tells whether somebody is there, moving or still, and at what distance; LD2450 tells
// where up to three people are. Numbers are little-endian. It opens no port and reads no clock.
package radar

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// State is what an LD2410 sees.
type State uint8

// The bits of a state.
const (
	Moving State = 1
	Still  State = 2
)

// Presence is a report of an LD2410. Distances are in centimetres, energies 0 to 100.
type Presence struct {
	State        State
	MovingAt     int
	MovingEnergy int
	StillAt      int
	StillEnergy  int
	Distance     int
	Engineering  bool // more is told than anybody needs: the mode was left on
}

// Target is a person as an LD2450 sees one. X and Y are in millimetres – Y ahead, X to the right –, Speed in centimetres a
// second, negative towards the radar.
type Target struct{ X, Y, Speed, Resolution int }

// MaxTargets is how many people an LD2450 tells apart.
const MaxTargets = 3

// Targets is a report of an LD2450.
type Targets []Target

// Kind says which radar a decoder reads.
type Kind uint8

// The kinds.
const (
	LD2410 Kind = iota
	LD2450
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

var errReport = errors.New(ReasonReport)

// Report is one understood frame; one of the two is set.
type Report struct {
	Presence *Presence
	Targets  Targets // nil for an LD2410; empty: nobody
	Raw      []byte  // valid during the call only
}

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

// presence decodes the inside of an LD2410's report: type, AA, target data, 55, 00.
func presence(b []byte) (*Presence, error) {
	kind := map[int]byte{len2410Basic: 2, len2410Engin: 1}[len(b)]
	if b[0] != kind || b[1] != 0xAA || b[len(b)-2] != 0x55 || b[2] > 3 {
		return nil, errReport
	}
	u := func(i int) int { return int(binary.LittleEndian.Uint16(b[i:])) }
	p := &Presence{State: State(b[2]), MovingAt: u(3), MovingEnergy: int(b[5]), StillAt: u(6), StillEnergy: int(b[8]), Distance: u(9), Engineering: kind == 1}
	if p.MovingEnergy > 100 || p.StillEnergy > 100 {
		return nil, errReport
	}
	return p, nil
}

// targets decodes the three slots of an LD2450's report; one of zeros is empty.
func targets(b []byte) (Targets, error) {
	out := Targets{}
	for ; len(b) >= 8; b = b[8:] {
		if bytes.Equal(b[:8], make([]byte, 8)) {
			continue
		}
		t := Target{signed(b), signed(b[2:]), signed(b[4:]), int(binary.LittleEndian.Uint16(b[6:]))}
		if t.Y < 0 || t.Y > 8000 || t.X < -8000 || t.X > 8000 { // it sees six metres ahead
			return nil, errReport
		}
		out = append(out, t)
	}
	return out, nil
}

// signed reads a number whose highest bit is set where it is positive.
func signed(b []byte) int {
	v := binary.LittleEndian.Uint16(b)
	n := int(v & 0x7FFF)
	if v&0x8000 == 0 {
		return -n
	}
	return n
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

// AppendPresence appends the frame of a report, for simulators.
func AppendPresence(b []byte, p Presence) []byte {
	n, kind := len2410Basic, byte(2)
	if p.Engineering {
		n, kind = len2410Engin, 1
	}
	b = binary.LittleEndian.AppendUint16(append(b, head2410...), uint16(n))
	body := make([]byte, n)
	body[0], body[1], body[2], body[5], body[8], body[n-2] = kind, 0xAA, byte(p.State), byte(p.MovingEnergy), byte(p.StillEnergy), 0x55
	binary.LittleEndian.PutUint16(body[3:], uint16(p.MovingAt))
	binary.LittleEndian.PutUint16(body[6:], uint16(p.StillAt))
	binary.LittleEndian.PutUint16(body[9:], uint16(p.Distance))
	return append(append(b, body...), tail2410...)
}

// AppendTargets appends the frame of a report of at most MaxTargets people, for simulators.
func AppendTargets(b []byte, list Targets) []byte {
	b = append(b, head2450...)
	put := func(v int) uint16 {
		if v < 0 {
			return uint16(-v)
		}
		return uint16(v) | 0x8000
	}
	for i := range MaxTargets {
		var s [8]byte
		if i < len(list) {
			t := list[i]
			binary.LittleEndian.PutUint16(s[0:], put(t.X))
			binary.LittleEndian.PutUint16(s[2:], put(t.Y))
			binary.LittleEndian.PutUint16(s[4:], put(t.Speed))
			binary.LittleEndian.PutUint16(s[6:], uint16(t.Resolution))
		}
		b = append(b, s[:]...)
	}
	return append(b, tail2450...)
}
