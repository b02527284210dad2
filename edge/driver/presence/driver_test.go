package presence

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		b, high := contacts.New("pir"), false
		must(t, b.SetFaults("pir", contacts.Faults{Away: true}))
		return &drivertest.Rig{
			Driver: New(Options{Pins: b, Line: "pir", Zone: "desk", WarmUp: -1}), Says: drivertest.Readings,
			Plug: func(in bool) error { return b.SetFaults("pir", contacts.Faults{Away: !in}) },
			Event: func() error {
				high = !high
				return b.Close("pir", high, true)
			},
			Forbid: func(err error) { _ = b.SetFaults("pir", contacts.Faults{Forbid: err}) },
		}
	}})
}

// A day of a detector: it warms up, sees somebody, then nobody, and in the end its wire comes loose.
func TestMovement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, out := contacts.New("pir"), &drivertest.Sink{}
		move := func(on bool) { must(t, b.Close("pir", on, true)) }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- New(Options{Pins: b, Line: "pir", Zone: "desk"}).Run(ctx, out) }()
		pass := func(d time.Duration) drivertest.Heard {
			time.Sleep(d) // time of the bubble
			synctest.Wait()
			return out.Heard()
		}
		move(true)
		pass(3 * time.Second)
		move(false)
		if h := pass(2 * time.Minute); h.Opened != 1 || h.Seen+len(h.Readings) > 0 {
			t.Fatalf("while it warms up, and before it has shown itself: %+v", h)
		}
		move(true)
		if h := pass(time.Second); h.Seen != 1 || len(h.Readings) != 1 || h.Readings[0] != (drivertest.Reading{Metric: hall.MetricPresence, Part: "desk", Value: 1}) {
			t.Fatalf("%+v", h)
		}
		move(false)
		if h := pass(DefaultHold - 2*time.Second); len(h.Readings) != 1 {
			t.Errorf("within the hold time: %+v", h.Readings)
		}
		if h := pass(4 * time.Second); len(h.Readings) != 2 || h.Readings[1].Value != 0 {
			t.Errorf("%+v", h.Readings)
		}
		if h := pass(5*time.Minute + time.Second); len(h.Readings) != 7 {
			t.Errorf("each minute the value is told again: %d", len(h.Readings))
		}
		move(true)
		before := len(pass(DefaultStuck + time.Second).Readings)
		h := pass(time.Hour)
		if h.Degraded == nil || h.Degraded.Code != "stuck_on" || !h.Stuck || len(h.Readings) != before {
			t.Errorf("%+v, %d readings more", h.Degraded, len(h.Readings)-before)
		}
		move(false)
		if h := pass(time.Second); h.Degraded != nil {
			t.Errorf("%+v", h.Degraded)
		}
		cancel()
		must(t, <-done)
	})
}

func TestActiveLow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, out := contacts.New("pir"), &drivertest.Sink{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- New(Options{Pins: b, Line: "pir", ActiveLow: true, WarmUp: -1}).Run(ctx, out) }()
		time.Sleep(time.Second) // time of the bubble
		must(t, b.Close("pir", true, false))
		time.Sleep(time.Second)
		if h := out.Heard(); fmt.Sprint(h.Readings) != "[{presence  1}]" {
			t.Errorf("%+v", h.Readings)
		}
		cancel()
		must(t, <-done)
	})
}

// TestMutations: any levels at any times give presence or nothing, and what is told is never other than 0 or 1.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	rnd, out, now := rand.New(rand.NewPCG(1, 2)), &drivertest.Sink{}, time.Now()
	w := watcher{o: New(Options{WarmUp: -1}).o, out: out, ready: now}
	for range n {
		now = now.Add(time.Duration(rnd.IntN(60_000)-1000) * time.Millisecond)
		w.see(rnd.IntN(2) == 0, now)
	}
	h := out.Heard()
	for _, r := range h.Readings {
		if r.Value != 0 && r.Value != 1 {
			t.Fatalf("%+v", r)
		}
	}
	if len(h.Readings) == 0 || len(h.Readings) > n {
		t.Errorf("%d readings", len(h.Readings))
	}
}
