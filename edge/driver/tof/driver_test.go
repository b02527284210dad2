package tof

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/i2c"
	sim "hallpulse/edge/simulator/tof"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		b := newBench()
		return &drivertest.Rig{Driver: b.drv, Plug: func(in bool) error {
			if in {
				b.bus.Attach(DefaultAddress, b.chip)
			} else {
				b.bus.Attach(DefaultAddress, nil)
			}
			return nil
		}, Event: func() error { return b.chip.Passage(t.Context(), hall.In, step) }, Forbid: b.gate.forbid}
	}})
}

func TestPassages(t *testing.T) {
	b := newBench()
	out := b.running(t)
	rnd := rand.New(rand.NewPCG(1, 1))
	var want []hall.Direction
	for range 12 {
		d := hall.In
		if rnd.IntN(2) == 0 {
			d = hall.Out
		}
		if rnd.IntN(4) == 0 { // somebody turns back
			for _, at := range [][2]bool{{true, false}, {true, true}, {true, false}, {false, false}} {
				b.chip.Stand(at[0], at[1])
				<-time.After(step)
			}
		}
		if err := b.chip.Passage(t.Context(), d, step); err != nil {
			t.Fatal(err)
		}
		want = append(want, d)
	}
	h := out.Until(t, "every passage", func(h drivertest.Heard) bool { return len(h.Facts) >= len(want) })
	var got []hall.Direction
	for _, f := range h.Facts {
		if err := drivertest.Check(f); err != nil || f.Passage.Zone != "hall" {
			t.Error(err, f.Passage)
		}
		got = append(got, f.Passage.Direction)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestFaultsAreNamed(t *testing.T) {
	for code, f := range map[string]sim.Faults{"blinded": {Blind: true}, "covered": {Covered: true}, "frozen": {Frozen: true}} {
		b := newBench()
		out := b.running(t)
		b.chip.SetFaults(f)
		out.Until(t, code, func(h drivertest.Heard) bool {
			return h.Degraded != nil && h.Degraded.Code == code && h.Stuck == f.Frozen
		})
		b.chip.SetFaults(sim.Faults{})
		out.Until(t, "healthy again", func(h drivertest.Heard) bool { return h.Degraded == nil })
		if n := len(out.Heard().Facts); n > 0 {
			t.Errorf("%s: %d passages of nobody", code, n)
		}
	}
}

// A chip that loses its power for a moment begins anew with settings of its own.
func TestLostSettingsEndTheRun(t *testing.T) {
	for name, lose := range map[string]func(*sim.Chip){
		"it stands still":         func(c *sim.Chip) { c.Reset() },
		"it goes on by itself":    func(c *sim.Chip) { c.Reset(); c.Start() },
		"it stops without reason": func(c *sim.Chip) { c.SetFaults(sim.Faults{Stopped: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			b.bus.Attach(DefaultAddress, b.chip)
			out := &drivertest.Sink{}
			done := make(chan error, 1)
			go func() { done <- b.drv.Run(t.Context(), out) }()
			out.Until(t, "open", func(h drivertest.Heard) bool { return h.Seen > 2 })
			lose(b.chip)
			if err := <-done; !errors.Is(err, errStopped) {
				t.Errorf("got %v", err)
			}
			b.chip.SetFaults(sim.Faults{})
			out = b.running(t) // and is set up again
			if err := b.chip.Passage(t.Context(), hall.Out, step); err != nil {
				t.Fatal(err)
			}
			out.Until(t, "a passage", func(h drivertest.Heard) bool { return len(h.Facts) == 1 && h.Facts[0].Passage.Direction == hall.Out })
		})
	}
}

func TestChipsThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		chip sim.Faults
		bus  i2c.Faults
		want error
		text string
	}{
		"another chip":    {chip: sim.Faults{WrongID: true}, want: errChip, text: "0xEA00"},
		"does not start":  {chip: sim.Faults{Asleep: true}, want: errBoot},
		"no acknowledge":  {bus: i2c.Faults{NACK: true}, want: i2c.ErrNACK},
		"two at 0x29":     {bus: i2c.Faults{Twin: zeros{}}, want: errBoot}, // where one says 0 the other's 1 is not heard
		"wrong bits":      {bus: i2c.Faults{Garble: true}, want: errBoot},
		"never a result":  {chip: sim.Faults{Stopped: true}, want: errStopped},
		"answers no more": {chip: sim.Faults{NACK: true}, text: "acknowledge"},
	} {
		t.Run(name, func(t *testing.T) {
			b, out := newBench(), &drivertest.Sink{}
			b.bus.Attach(DefaultAddress, b.chip)
			b.chip.SetFaults(c.chip)
			b.bus.SetFaults(DefaultAddress, c.bus)
			err := b.drv.Run(t.Context(), out)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || out.Heard().Opened > 0 {
				t.Errorf("got %v", err)
			}
		})
	}
	b := newBench()
	b.bus.Attach(DefaultAddress, b.chip)
	b.bus.Stick(true)
	if err := b.drv.Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, i2c.ErrStuck) {
		t.Errorf("a bus that is held: %v", err)
	}
}

// zeros is a chip that answers 0 to everything.
type zeros struct{}

// Tx answers.
func (zeros) Tx(_, r []byte) error { clear(r); return nil }

func TestSomebodyStandsThere(t *testing.T) {
	out := &drivertest.Sink{}
	w := watcher{out: out, threshold: 1800}
	now := time.Now()
	near := measurement{status: 9, distance: 700}
	w.take(0, near, now)
	w.take(0, near, now.Add(standTime+time.Second))
	if h := out.Heard(); h.Degraded == nil || h.Degraded.Code != "beam_stuck" || !h.Stuck {
		t.Errorf("%+v", h)
	}
	for range keep {
		w.take(0, measurement{status: 9, distance: 2200}, now.Add(2*standTime))
	}
	if h := out.Heard(); h.Degraded != nil {
		t.Errorf("%+v", h)
	}
}

func TestPath(t *testing.T) {
	for walk, want := range map[string]hall.Direction{
		"1320": hall.In, "2310": hall.Out, "11133322200": hall.In, "10": 0, "1310": 0, "13231320": hall.In, "120": 0, "30": 0, "3230": 0,
		"1320231": hall.In, "13213213213213213213210": 0,
	} {
		var p path
		var got hall.Direction
		for _, c := range walk {
			got += p.take(int(c - '0'))
		}
		if got != want {
			t.Errorf("%s: %d, want %d", walk, got, want)
		}
	}
}
