package thermal

import (
	"context"
	"testing"

	pi2c "periph.io/x/conn/v3/i2c"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/i2c"
	sim "hallpulse/edge/simulator/thermal"
)

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
