package keypad_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/driver/keypad"
	"hallpulse/edge/simulator/input"
	"hallpulse/edge/simulator/lines"
)

func buttons(c *lines.Chip) *keypad.Buttons {
	return keypad.NewButtons(keypad.ButtonsOptions{Edges: c, Lines: []string{"B1", "B2", "B5"}, Levels: []int{1, 2, 5}, Window: "w1"})
}

func TestConformanceEvdev(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		k := input.New()
		k.Unplug(true)
		return &drivertest.Rig{Driver: keypad.NewEvdev(keypad.EvdevOptions{Input: k, Window: "w1"}), Forbid: k.Forbid,
			Plug: func(in bool) error { k.Unplug(!in); return nil }, Event: func() error { k.Press(79, 0); return nil }}
	}})
}

func TestConformanceButtons(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		c := lines.New("B1", "B2", "B5")
		c.SetFaults(lines.Faults{Away: true})
		return &drivertest.Rig{Driver: buttons(c), Event: func() error { c.Press("B5", 200*time.Millisecond, 0); return nil },
			Plug:   func(in bool) error { c.SetFaults(lines.Faults{Away: !in}); return nil },
			Forbid: func(err error) { c.SetFaults(lines.Faults{Forbid: err}) }}
	}})
}

func TestConformancePage(t *testing.T) {
	p, n := keypad.NewPage("w1"), byte('a')
	sink := &drivertest.Sink{}
	if err := p.Rate(t.Context(), 5, "early"); err == nil {
		t.Error("a rating is taken while nobody stores it")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx, sink) }()
	sink.Until(t, "open", func(h drivertest.Heard) bool { return h.Opened == 1 })
	for _, serial := range []string{"one", "one", "two"} {
		n++
		if err := p.Rate(ctx, 5, serial); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Rate(ctx, 6, "three"); err == nil {
		t.Error("level 6")
	}
	f := sink.Heard().Facts
	if len(f) != 3 || f[0].Rating.Seq != f[1].Rating.Seq || f[1].Rating.Seq == f[2].Rating.Seq || drivertest.Check(f[0]) != nil {
		t.Errorf("the same serial is the same rating: %+v", f)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// begun runs a driver in a bubble of time.
func begun(t *testing.T, d driver.Driver) (*drivertest.Sink, func()) {
	t.Helper()
	out := &drivertest.Sink{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, out) }()
	synctest.Wait()
	return out, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func passes(d time.Duration) {
	time.Sleep(d) // time of the bubble
	synctest.Wait()
}

func levels(s *drivertest.Sink) (out []int) {
	for _, f := range s.Heard().Facts {
		out = append(out, f.Rating.Level)
	}
	return out
}

func same(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestUSBKeypad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := input.New()
		k.Hold(76) // held when it is opened: no press
		k.NumLock(true)
		out, stop := begun(t, keypad.NewEvdev(keypad.EvdevOptions{Input: k, Window: "w1"}))
		for _, code := range []uint16{79, 6, 75} { // KP1, 5, KP4
			k.Press(code, 3)
			passes(2 * time.Second)
		}
		k.Press(80, 0)
		passes(200 * time.Millisecond)
		k.Press(80, 0) // twice in a moment is once
		k.Press(30, 0) // a letter
		passes(2 * time.Second)
		k.Drop(81)
		passes(2 * time.Second)
		if got := levels(out); !same(got, []int{1, 5, 4, 2, 3}) {
			t.Errorf("levels %v", got)
		}
		h := out.Heard()
		if len(h.Refusals) != 2 || h.Facts[0].Rating.Window != "w1" {
			t.Errorf("%+v", h.Refusals)
		}
		seen := map[uint32]bool{}
		for _, f := range h.Facts {
			if err := drivertest.Check(f); err != nil || seen[f.Rating.Seq] {
				t.Errorf("%v, number %d again", err, f.Rating.Seq)
			}
			seen[f.Rating.Seq] = true
		}
		stop()
	})
}

func TestPushButtons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := lines.New("B1", "B2", "B5")
		c.Set("B1", false) // jammed from the start
		out, stop := begun(t, buttons(c))
		c.Press("B5", 200*time.Millisecond, 5) // a contact that bounces
		passes(3 * time.Second)
		c.Press("B2", time.Millisecond, 0) // a glitch
		passes(3 * time.Second)
		c.Press("B2", 100*time.Millisecond, 0)
		passes(3 * time.Second)
		if got := levels(out); !same(got, []int{5, 2}) {
			t.Errorf("levels %v", got)
		}
		passes(40 * time.Second)
		if h := out.Heard(); h.Degraded == nil || h.Degraded.Code != "button_stuck" || h.Degraded.Detail != "B1" {
			t.Errorf("%+v", h.Degraded)
		}
		c.Set("B1", true)
		passes(3 * time.Second)
		if h := out.Heard(); h.Degraded != nil || len(h.Facts) != 2 {
			t.Errorf("%+v, %v", h.Degraded, levels(out))
		}
		stop()
	})
}

// TestKeyMutations: whatever a device gives, nothing panics; a device that gives no events ends its run.
func TestKeyMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	rnd := rand.New(rand.NewPCG(6, 6))
	decoder, err := driver.NewKeyDecoder(driver.InputEventSize64, func() (driver.KeySet, error) { return driver.KeySet{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		b := make([]byte, 1+rnd.IntN(72))
		for i := range b {
			if b[i] = byte(rnd.Uint32()); rnd.IntN(3) > 0 {
				b[i] = 0
			}
		}
		_ = decoder.Feed(b)
		for {
			if _, _, ok := decoder.Take(); !ok {
				break
			}
		}
	}
}
