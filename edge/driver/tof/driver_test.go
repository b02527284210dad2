package tof

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	pi2c "periph.io/x/conn/v3/i2c"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/i2c"
	sim "hallpulse/edge/simulator/tof"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	period = 2 * time.Millisecond
	step   = 60 * time.Millisecond
)

// gate lets a test forbid the bus.
type gate struct {
	driver.I2COpener
	mu  sync.Mutex
	err error
}

// OpenI2C opens the bus unless it is forbidden.
func (g *gate) OpenI2C() (pi2c.BusCloser, error) {
	g.mu.Lock()
	err := g.err
	g.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return g.I2COpener.OpenI2C()
}

func (g *gate) forbid(err error) { g.mu.Lock(); defer g.mu.Unlock(); g.err = err }

type bench struct {
	bus  *i2c.Bus
	chip *sim.Chip
	gate *gate
	drv  *Driver
}

func newBench() *bench {
	b := &bench{bus: &i2c.Bus{}, chip: sim.New(period)}
	b.gate = &gate{I2COpener: b.bus.Opener(DefaultAddress)}
	b.drv = New(Options{Bus: b.gate, Zone: "hall", Period: period})
	return b
}

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

// running runs the driver until the test ends.
func (b *bench) running(t *testing.T) *drivertest.Sink {
	t.Helper()
	b.bus.Attach(DefaultAddress, b.chip)
	out := &drivertest.Sink{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.drv.Run(ctx, out) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Log("ended:", err)
		}
	})
	out.Until(t, "open", func(h drivertest.Heard) bool { return h.Opened > 0 })
	return out
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
	for code, f := range map[string]sim.Faults{"blinded": {Blind: true}, "covered": {Covered: true}} {
		b := newBench()
		out := b.running(t)
		b.chip.SetFaults(f)
		out.Until(t, code, func(h drivertest.Heard) bool { return h.Degraded != nil && h.Degraded.Code == code && !h.Stuck })
		b.chip.SetFaults(sim.Faults{})
		out.Until(t, "healthy again", func(h drivertest.Heard) bool { return h.Degraded == nil })
		if n := len(out.Heard().Facts); n > 0 {
			t.Errorf("%s: %d passages of nobody", code, n)
		}
	}
}

func TestLostSettingsEndTheRun(t *testing.T) {
	b := newBench()
	b.bus.Attach(DefaultAddress, b.chip)
	out := &drivertest.Sink{}
	done := make(chan error, 1)
	go func() { done <- b.drv.Run(t.Context(), out) }()
	out.Until(t, "open", func(h drivertest.Heard) bool { return h.Seen > 2 })
	b.chip.Reset()
	if err := <-done; !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
	b.chip.SetFaults(sim.Faults{WrongID: true})
	if err := b.drv.Run(t.Context(), out); !errors.Is(err, errChip) || !strings.Contains(err.Error(), "0xEA00") {
		t.Errorf("got %v", err)
	}
}

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

func TestResetImageFillsItsRegisters(t *testing.T) {
	b, err := hex.DecodeString(resetImage)
	if err != nil || len(b) != regMode-regImage+1 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if b[regPolarity-regImage] != 1 || b[regMode-regImage] != 0 || b[regROI+1-regImage] != 0xFF {
		t.Errorf("%x", b)
	}
}

// TestMutations: any measurements give passages or none, and a person afterwards is counted.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	rnd := rand.New(rand.NewPCG(5, 5))
	w := watcher{out: &drivertest.Sink{}, threshold: 1800}
	raw := make([]byte, regDistance-regStatus+2)
	now := time.Now()
	for i := range n {
		for j := range raw {
			raw[j] = byte(rnd.Uint32())
		}
		now = now.Add(time.Millisecond)
		w.take(i%2, decode(raw), now)
		if len(w.path.steps) > 16 || len(w.halves[0].last) > keep {
			t.Fatal("grew")
		}
	}
	passed := hall.Direction(0)
	for _, at := range []string{"00", "00", "00", "10", "10", "10", "11", "11", "11", "01", "01", "01", "00", "00", "00"} {
		for half := range 2 {
			m := measurement{status: 9, distance: 2200}
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
	f.Add([]byte("\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06\x72"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < regDistance-regStatus+2 {
			return
		}
		if m := decode(b); m.distance < 0 || m.distance > 0xFFFF || m.status > 31 {
			t.Errorf("%+v", m)
		}
	})
}
