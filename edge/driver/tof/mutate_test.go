package tof

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"hallpulse/edge/driver/drivertest"
	"hallpulse/hall"
)

// golden is one answer of the chip: the half that it looked at, status 9, 1650 mm.
func golden() []byte {
	b := make([]byte, answerSize)
	b[0], b[1], b[regStatus-regROI], b[regDistance-regROI], b[regDistance-regROI+1] = centreA, roiSize, 9, 0x06, 0x72
	return b
}

func TestMeasurement(t *testing.T) {
	b := golden()
	if m, err := decode(b); err != nil || !m.valid() || m.distance != 1650 {
		t.Errorf("%+v, %v", m, err)
	}
	for status, good := range map[byte]bool{9: true, 0xE9: true, 4: false, 6: false, 5: false, 7: false, 8: false, 3: false, 0: false} {
		b[regStatus-regROI] = status
		if m, err := decode(b); err != nil || m.valid() != good {
			t.Errorf("status %d: %+v, %v", status, m, err)
		}
	}
	if _, err := decode(b[:answerSize-1]); !errors.Is(err, errShort) {
		t.Errorf("%v", err)
	}
	b[1] = 0xFF // as after a reset
	if _, err := decode(b); !errors.Is(err, errStopped) {
		t.Errorf("%v", err)
	}
}

func TestResetImageFillsItsRegisters(t *testing.T) {
	b, err := hex.DecodeString(resetImage)
	if err != nil || len(b) != regMode-regImage+1 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if b[regPolarity-regImage] != 1 || b[regMode-regImage] != 0 || b[regROI+1-regImage] != 0xFF {
		t.Errorf("%x", b)
	}
}

// TestMutations: any answers give passages or none, and a person afterwards is counted.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	rnd := rand.New(rand.NewPCG(5, 5))
	w := watcher{out: &drivertest.Sink{}, threshold: 1800}
	now := time.Now()
	refused := 0
	for i := range n {
		raw := golden()
		for range 1 + rnd.IntN(6) {
			raw[rnd.IntN(len(raw))] = byte(rnd.Uint32())
		}
		if rnd.IntN(50) == 0 {
			raw = raw[:rnd.IntN(len(raw))]
		}
		m, err := decode(raw)
		if err != nil {
			refused++
			continue
		}
		now = now.Add(time.Millisecond)
		w.take(i%2, m, now)
		if len(w.halves[0].last) > keep || len(w.last) > answerSize {
			t.Fatal("grew")
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
	passed := hall.Direction(0)
	for _, at := range []string{"00", "00", "00", "10", "10", "10", "11", "11", "11", "01", "01", "01", "00", "00", "00"} {
		for half := range 2 {
			m := measurement{status: statusValid, distance: 2200}
			if at[half] == '1' {
				m.distance = 600
			}
			passed += w.take(half, m, now)
		}
	}
	if passed != hall.In {
		t.Errorf("passed %d", passed)
	}
}

func FuzzMeasurement(f *testing.F) {
	f.Add(golden())
	f.Add(bytes.Repeat([]byte{0xFF}, answerSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if err == nil && (m.distance < 0 || m.distance > 0xFFFF || m.status > 31) {
			t.Errorf("%+v", m)
		}
	})
}
