package radar

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/bus"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/line"
	sim "hallpulse/edge/simulator/radar"
	"hallpulse/firmware-bridge/radar"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wire(t *testing.T) (*line.Line, driver.PortOpener) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "tty"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, bus.NewSerial(bus.SerialOptions{Port: l.Path(), Baud: 256000})
}

func TestConformance(t *testing.T) {
	for name, c := range map[string]struct {
		kind  radar.Kind
		event []byte
	}{
		"ld2410": {radar.LD2410, radar.AppendPresence(nil, radar.Presence{State: radar.Still, StillAt: 150, StillEnergy: 60})},
		"ld2450": {radar.LD2450, radar.AppendTargets(nil, radar.Targets{{X: -782, Y: 1713, Speed: -16, Resolution: 320}})},
	} {
		t.Run(name, func(t *testing.T) {
			drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
				l, port := wire(t)
				r, err := drivertest.Serial{Wire: l, Opener: port, Event: c.event, Driver: func(p driver.PortOpener) driver.Driver {
					return New(Options{Port: p, Kind: c.kind, Zone: "desk"})
				}}.Rig()
				if err != nil {
					t.Fatal(err)
				}
				r.Says = drivertest.Readings
				return r
			}})
		})
	}
}

// What the radar sees is what is told, through a real line and with bytes that are lost.
func TestPeopleAreTold(t *testing.T) {
	l, port := wire(t)
	s := sim.New(sim.Options{Line: l, Kind: radar.LD2450, Every: 5 * time.Millisecond, Seed: 3})
	s.SetFaults(sim.Faults{Drop: 0.01})
	out := &drivertest.Sink{}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx) })
	wg.Go(func() {
		if err := New(Options{Port: port, Kind: radar.LD2450, Zone: "desk"}).Run(ctx, out); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	for _, people := range []int{0, 2, 3, 1} {
		s.SetPeople(people)
		out.Until(t, "the number of people", func(h drivertest.Heard) bool {
			last := -1.0
			for _, r := range h.Readings {
				if r.Metric == hall.MetricCounted && r.Part == "desk" {
					last = r.Value
				}
			}
			return last == float64(people)
		})
	}
	cancel()
	wg.Wait()
}

// simulated runs a driver on a simulated radar until the test ends.
func simulated(t *testing.T, kind radar.Kind, people int, f sim.Faults) *drivertest.Sink {
	t.Helper()
	l, port := wire(t)
	s := sim.New(sim.Options{Line: l, Kind: kind, Every: 2 * time.Millisecond, Seed: 3})
	s.SetPeople(people)
	s.SetFaults(f)
	out := &drivertest.Sink{}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx) })
	wg.Go(func() {
		if err := New(Options{Port: port, Kind: kind, Zone: "desk"}).Run(ctx, out); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return out
}

// Whatever stands between the reports, what they say is told; where there is none, nothing is.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		kind   radar.Kind
		people int
		faults sim.Faults
		counts float64 // -1: only presence
	}{
		"engineering mode left on": {radar.LD2410, 1, sim.Faults{Engineering: true}, -1},
		"begins in the middle":     {radar.LD2410, 1, sim.Faults{MidFrame: true}, -1},
		"answers in between":       {radar.LD2410, 1, sim.Faults{Answers: true}, -1},
		"bytes are lost":           {radar.LD2410, 1, sim.Faults{Drop: 0.02}, -1},
		"LD2450, in the middle":    {radar.LD2450, 2, sim.Faults{MidFrame: true}, 2},
		"LD2450, answers":          {radar.LD2450, 2, sim.Faults{Answers: true}, 2},
		"LD2450, a ghost":          {radar.LD2450, 0, sim.Faults{Ghost: true}, 1}, // a limit of the radar, see the package's comment
		"LD2450, a crowd":          {radar.LD2450, 9, sim.Faults{}, radar.MaxTargets},
	} {
		t.Run(name, func(t *testing.T) {
			out := simulated(t, c.kind, c.people, c.faults)
			h := out.Until(t, "readings", func(h drivertest.Heard) bool { return len(h.Readings) > 0 && h.Seen > 20 })
			for _, r := range h.Readings {
				if r.Part != "desk" || r.Metric == hall.MetricPresence && r.Value != 1 || r.Metric == hall.MetricCounted && r.Value != c.counts {
					t.Errorf("%+v", r)
				}
			}
		})
	}
	for name, f := range map[string]sim.Faults{"wrong speed": {WrongBaud: true}, "wrong tail": {WrongTail: true}} {
		for _, kind := range []radar.Kind{radar.LD2410, radar.LD2450} {
			out := simulated(t, kind, 2, f)
			h := out.Until(t, "babble: "+name, func(h drivertest.Heard) bool { return len(h.Refusals) > babble })
			if h.Seen+len(h.Readings) > 0 {
				t.Errorf("%s: it was believed: %+v", name, h.Readings)
			}
		}
	}
}

// report makes the report of n people, trembling.
func report(n, tremble int) radar.Report {
	list := radar.Targets{}
	for i := range n {
		list = append(list, radar.Target{X: 100 * i, Y: 1000 + tremble})
	}
	return radar.Report{Targets: list, Raw: radar.AppendTargets(nil, list)}
}

func TestFrozenReportIsStuck(t *testing.T) {
	out := &drivertest.Sink{}
	r := &run{out: out, zone: "desk"}
	now := time.Now()
	step := func(d time.Duration, rep radar.Report) drivertest.Heard {
		now = now.Add(d)
		r.report(rep, now)
		return out.Heard()
	}
	step(0, report(1, 0))
	if h := step(frozen, report(1, 0)); h.Degraded == nil || !h.Stuck || h.Degraded.Code != "frozen" {
		t.Errorf("%+v", h)
	}
	before := len(out.Heard().Readings)
	if h := step(time.Minute, report(1, 0)); len(h.Readings) != before {
		t.Error("what a stuck radar says is told as now")
	}
	if h := step(time.Second, report(1, 1)); h.Degraded != nil {
		t.Errorf("%+v", h)
	}
	for range 5 { // an empty room does not tremble
		if h := step(frozen, report(0, 0)); h.Degraded != nil {
			t.Fatalf("%+v", h)
		}
	}
}

func TestValuesAreSteadyAndRepeated(t *testing.T) {
	out := &drivertest.Sink{}
	r := &run{out: out, zone: "desk"}
	now := time.Now()
	told := func() (n int) {
		for _, x := range out.Heard().Readings {
			if x.Metric == hall.MetricCounted {
				n++
			}
		}
		return n
	}
	for i := range 100 { // ten seconds in which the opinion changes ten times a second
		now = now.Add(100 * time.Millisecond)
		r.report(report(1+i%2, i), now)
	}
	if told() != 1 {
		t.Errorf("told %d times of a trembling number", told())
	}
	for i := range 210 { // and 21 s in which it stays
		now = now.Add(100 * time.Millisecond)
		r.report(report(2, i), now)
	}
	if n := told(); n != 4 {
		t.Errorf("told %d times, want the change and two repetitions beside the first", n)
	}
}
