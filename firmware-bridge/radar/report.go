package radar

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errReport = errors.New(ReasonReport)

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

// AppendAnswer appends the answer to a command, for simulators. word is the command's with 0x0100 added; value begins with the
// status. An answer of more than 52 bytes is none that a decoder waits for.
func AppendAnswer(b []byte, word uint16, value []byte) []byte {
	b = binary.LittleEndian.AppendUint16(append(b, headAck...), uint16(2+len(value)))
	b = append(binary.LittleEndian.AppendUint16(b, word), value...)
	return append(b, 0x04, 0x03, 0x02, 0x01)
}
