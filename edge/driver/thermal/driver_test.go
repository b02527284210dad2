package thermal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/i2c"
	sim "hallpulse/edge/simulator/thermal"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const period = 2 * time.Millisecond

func TestConformance(t *testing.T) {
	for name, passages := range map[string]bool{"passages": true, "count": false} {
		t.Run(name, func(t *testing.T) {
			drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
				b := newBench(passages)
				r := &drivertest.Rig{Driver: b.drv, Plug: func(in bool) error {
					if in {
						b.bus.Attach(DefaultAddress, b.chip)
					} else {
						b.bus.Attach(DefaultAddress, nil)
					}
					return nil
				}, Forbid: b.gate.forbid}
				if r.Event = func() error { // the floor is learned first
					<-time.After(4 * fastFrames * period)
					return b.chip.Passage(t.Context(), hall.In, 3.5, 4*period)
				}; !passages {
					r.Says, r.Asked, r.Event = drivertest.Readings, true, func() error { return nil }
				}
				return r
			}})
		})
	}
}

func TestPassages(t *testing.T) {
	b := newBench(true)
	out := b.running(t)
	rnd := rand.New(rand.NewPCG(9, 9))
	var want []hall.Direction
	for range 8 {
		d := hall.In
		if rnd.IntN(2) == 0 {
			d = hall.Out
		}
		if err := b.chip.Passage(t.Context(), d, 1+5*rnd.Float64(), 4*period); err != nil {
			t.Fatal(err)
		}
		seen := out.Heard().Seen
		out.Until(t, "they are gone", func(h drivertest.Heard) bool { return h.Seen > seen+3*patience })
		want = append(want, d)
	}
	var got []hall.Direction
	for _, f := range out.Heard().Facts {
		if err := drivertest.Check(f); err != nil || f.Passage.Zone != "hall" {
			t.Error(err, f.Passage)
		}
		got = append(got, f.Passage.Direction)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestCounts(t *testing.T) {
	b := newBench(false)
	out := b.running(t)
	var leave []func()
	for n, at := range []sim.Person{{X: 1, Y: 1}, {X: 6, Y: 1}, {X: 3.5, Y: 6}} {
		leave = append(leave, b.chip.Stand(at))
		out.Until(t, "one more", func(h drivertest.Heard) bool {
			return len(h.Readings) > 0 && h.Readings[len(h.Readings)-1] == drivertest.Reading{Metric: hall.MetricCounted, Part: "hall", Value: float64(n + 1)}
		})
	}
	for _, f := range leave {
		f()
	}
	out.Until(t, "nobody", func(h drivertest.Heard) bool { return h.Readings[len(h.Readings)-1].Value == 0 })
}

func TestFaultsAreNamed(t *testing.T) {
	b := newBench(false)
	out := b.running(t)
	b.chip.SetFaults(sim.Faults{Freeze: true})
	out.Until(t, "frozen", func(h drivertest.Heard) bool { return h.Degraded != nil && h.Degraded.Code == "frozen" && h.Stuck })
	b.chip.SetFaults(sim.Faults{})
	out.Until(t, "healthy", func(h drivertest.Heard) bool { return h.Degraded == nil })
	hot := newBench(false)
	hot.chip.SetFaults(sim.Faults{Room: 33})
	hot.running(t).Until(t, "hot", func(h drivertest.Heard) bool {
		return h.Degraded != nil && h.Degraded.Code == "hot_background" && !h.Stuck
	})
}

func TestPicturesThatAreNone(t *testing.T) {
	for name, f := range map[string]sim.Faults{"wild": {Wild: true}, "ones": {Ones: true}} {
		b, out := newBench(false), &drivertest.Sink{}
		b.bus.Attach(DefaultAddress, b.chip)
		b.chip.SetFaults(f)
		err := b.drv.Run(t.Context(), out)
		if h := out.Heard(); !errors.Is(err, errBroken) || len(h.Refusals) != badMost || h.Seen+len(h.Readings) > 0 {
			t.Errorf("%s: %v, %+v", name, err, h)
		}
	}
}

func TestBusFaultsEndTheRun(t *testing.T) {
	for name, broken := range map[string]func(b *i2c.Bus){
		"no acknowledge": func(b *i2c.Bus) { b.SetFaults(DefaultAddress, i2c.Faults{NACK: true}) },
		"held low":       func(b *i2c.Bus) { b.Stick(true) },
		"pulled off":     func(b *i2c.Bus) { b.Attach(DefaultAddress, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			b, out := newBench(true), &drivertest.Sink{}
			b.bus.Attach(DefaultAddress, b.chip)
			done := make(chan error, 1)
			go func() { done <- b.drv.Run(t.Context(), out) }()
			out.Until(t, "pictures", func(h drivertest.Heard) bool { return h.Seen > 3 })
			broken(b.bus)
			if err := <-done; !errors.Is(err, i2c.ErrNACK) && !errors.Is(err, i2c.ErrStuck) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A hot afternoon: what cannot be counted is not told, and people are told again in the evening.
func TestHotRoom(t *testing.T) {
	out := &drivertest.Sink{}
	w := &watcher{o: Options{Zone: "hall"}, out: out}
	chip, raw, now := sim.New(3), make([]byte, 2*pixels), time.Now()
	look := func(room float64, pictures int) drivertest.Heard {
		chip.SetFaults(sim.Faults{Room: room})
		for range pictures {
			if err := chip.Tx([]byte{regPixels}, raw); err != nil {
				t.Fatal(err)
			}
			now = now.Add(pictureTime)
			if err := w.take(t.Context(), raw, now); err != nil {
				t.Fatal(err)
			}
		}
		return out.Heard()
	}
	if h := look(24, 300); h.Degraded != nil || len(h.Readings) == 0 {
		t.Fatalf("%+v", h)
	}
	h := look(31, 20_000)
	if h.Degraded == nil || h.Degraded.Code != whyHot {
		t.Fatalf("%+v", h.Degraded)
	}
	told := len(h.Readings)
	if h = look(31, 3000); len(h.Readings) != told {
		t.Errorf("%d readings while it is too hot", len(h.Readings)-told)
	}
	if h = look(29.5, 3000); h.Degraded == nil {
		t.Error("it changes its mind at each tenth of a degree")
	}
	if h = look(26, 3000); h.Degraded != nil || len(h.Readings) <= told || h.Readings[len(h.Readings)-1].Value != 0 {
		t.Errorf("%+v", h.Degraded)
	}
}
