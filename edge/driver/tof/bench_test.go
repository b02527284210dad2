package tof

import (
	"context"
	"sync"
	"testing"
	"time"

	pi2c "periph.io/x/conn/v3/i2c"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/i2c"
	sim "hallpulse/edge/simulator/tof"
)

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
