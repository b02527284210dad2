package thermal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"
	pi2c "periph.io/x/conn/v3/i2c"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/i2c"
	sim "hallpulse/edge/simulator/thermal"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const period = 2 * time.Millisecond

type gate struct {
	driver.I2COpener
	err chan error // holds the error, or nothing
}

func (g *gate) OpenI2C() (pi2c.BusCloser, error) {
	select {
	case err := <-g.err:
		g.err <- err
		return nil, err
	default:
		return g.I2COpener.OpenI2C()
	}
}

func (g *gate) forbid(err error) {
	select {
	case <-g.err:
	default:
	}
	if err != nil {
		g.err <- err
	}
}

type bench struct {
	bus  *i2c.Bus
	chip *sim.Chip
	gate *gate
	drv  *Driver
}

func newBench(passages bool) *bench {
	b := &bench{bus: &i2c.Bus{}, chip: sim.New(4)}
	b.gate = &gate{b.bus.Opener(DefaultAddress), make(chan error, 1)}
	b.drv = New(Options{Bus: b.gate, Zone: "hall", Passages: passages, Period: period})
	return b
}

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
	out.Until(t, "the floor is learned", func(h drivertest.Heard) bool { return h.Seen > 2*fastFrames })
	return out
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
	wild := newBench(false)
	wild.bus.Attach(DefaultAddress, wild.chip)
	wild.chip.SetFaults(sim.Faults{Wild: true})
	sink := &drivertest.Sink{}
	if err := wild.drv.Run(t.Context(), sink); err == nil || len(sink.Heard().Refusals) != badMost {
		t.Errorf("%v, %d refusals", err, len(sink.Heard().Refusals))
	}
}

func TestPixel(t *testing.T) {
	for raw, want := range map[string]float64{"\x58\x00": 22, "\xF8\x0F": -2, "\x00\x00": 0, "\xFF\x07": 511.75} {
		if got := pixel([]byte(raw)); got != want {
			t.Errorf("%x: %v", raw, got)
		}
	}
}

func TestBlobs(t *testing.T) {
	var mask [pixels]bool
	for _, i := range []int{0, 1, 9, 30, 62, 63} { // three pixels, one alone, two
		mask[i] = true
	}
	if got := blobs(mask); len(got) != 2 || got[0].size != 3 || got[1].size != 2 || got[1].x != 6.5 || got[1].y != 7 {
		t.Errorf("%+v", got)
	}
	for i := range 4 * side {
		mask[i] = true
	}
	if got := blobs(mask); len(got) != 3 {
		t.Errorf("a spot of half the picture is two people: %+v", got)
	}
}

// TestMutations: any pictures give people or none, and who walks across afterwards is counted.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	rnd := rand.New(rand.NewPCG(5, 5))
	out := &drivertest.Sink{}
	w := &watcher{o: Options{Zone: "hall", Passages: true}, out: nothing{out}}
	chip := sim.New(1)
	raw := make([]byte, 2*pixels)
	now := time.Now()
	for range n {
		if err := chip.Tx([]byte{0x80}, raw); err != nil {
			t.Fatal(err)
		}
		for range 1 + rnd.IntN(8) {
			raw[rnd.IntN(len(raw))] = byte(rnd.Uint32())
		}
		now = now.Add(100 * time.Millisecond)
		_ = w.take(t.Context(), raw, now)
		if len(w.track.walkers) > pixels {
			t.Fatal("grew")
		}
	}
	w.out, w.track = out, tracker{}
	for i := range 30 {
		leave := chip.Stand(sim.Person{X: 3, Y: float64(i)/2 - 3})
		if err := chip.Tx([]byte{0x80}, raw); err != nil {
			t.Fatal(err)
		}
		leave()
		if err := w.take(t.Context(), raw, now); err != nil {
			t.Fatal(err)
		}
	}
	if h := out.Heard(); len(h.Facts) != 1 || h.Facts[0].Passage.Direction != hall.In {
		t.Errorf("%+v", h.Facts)
	}
}

// nothing swallows what noise makes.
type nothing struct{ driver.Sink }

func (nothing) Later(context.Context, hall.Fact, func()) error { return nil }
func (nothing) Refused(string, []byte)                         {}

func FuzzPicture(f *testing.F) {
	f.Add(make([]byte, 2*pixels))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2*pixels {
			return
		}
		p, err := decode(b)
		var g background
		g.warm(&p, 0)
		list := blobs(g.warm(&p, 1))
		if err == nil && len(list) > pixels {
			t.Errorf("%d people", len(list))
		}
	})
}
