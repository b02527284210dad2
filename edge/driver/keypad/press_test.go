package keypad

import (
	"testing"
	"time"
)

func TestPresses(t *testing.T) {
	m := presses{}
	now := time.Unix(1e9, 0)
	p := press{"3", 1, 5}
	if m.repeated(p, now) {
		t.Error("a press was repeated before it was stored")
	}
	m.add(p, now)
	for range 5 { // without end, every 9 minutes
		now = now.Add(9 * time.Minute)
		if !m.repeated(p, now) {
			t.Error("a repeated press is another one")
		}
	}
	if m.repeated(press{"3", 1, 4}, now) || m.repeated(press{"4", 1, 5}, now) || m.repeated(press{"3", 2, 5}, now) {
		t.Error("another press is a repeated one")
	}
	if m.repeated(p, now.Add(RepeatTime)) {
		t.Error("a press is remembered for ever")
	}
}

func TestPressesAreBounded(t *testing.T) {
	m := presses{}
	now := time.Unix(1e9, 0)
	for i := range 3 * maxPresses {
		now = now.Add(time.Millisecond)
		m.add(press{seq: uint32(i)}, now)
	}
	if len(m) > maxPresses || !m.repeated(press{seq: 3*maxPresses - 1}, now) || m.repeated(press{seq: 0}, now) {
		t.Errorf("%d are remembered", len(m))
	}
	m.add(press{seq: 9e6}, now.Add(time.Hour))
	if len(m) != 1 {
		t.Errorf("%d old ones are remembered", len(m)-1)
	}
}
