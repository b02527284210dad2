package air_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"periph.io/x/conn/v3/i2c"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/air"
	bus "hallpulse/edge/simulator/i2c"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// chip is a simulated sensor.
type chip interface {
	Tx(w, r []byte) error
	SetFaults(sim.Faults)
	SetAir(sim.Air)
	Reset()
}

// port opens the address of a chip on a simulated bus, unless that is forbidden.
type port struct {
	driver.I2COpener
	bus    *bus.Bus
	mu     sync.Mutex
	forbid error
}

func newPort(c chip, addr uint16) *port {
	b := &bus.Bus{}
	b.Attach(addr, c)
	return &port{I2COpener: b.Opener(addr), bus: b}
}

func (p *port) OpenI2C() (i2c.BusCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.forbid != nil {
		return nil, p.forbid
	}
	return p.I2COpener.OpenI2C()
}

func (p *port) setForbid(err error) { p.mu.Lock(); p.forbid = err; p.mu.Unlock() }

// start runs a driver inside a bubble of time; stop ends it and gives its error.
func start(t *testing.T, d driver.Driver) (s *drivertest.Sink, done chan error, stop func()) {
	t.Helper()
	s = &drivertest.Sink{}
	ctx, cancel := context.WithCancel(t.Context())
	done = make(chan error, 1)
	go func() { done <- d.Run(ctx, s) }()
	return s, done, func() {
		cancel()
		synctest.Wait()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("asked to end: %v", err)
			}
		default:
			t.Error("does not end")
		}
	}
}

// passes lets time of the bubble pass.
func passes(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// values gives the readings of a metric.
func values(h drivertest.Heard, m hall.Metric) (out []float64) {
	for _, r := range h.Readings {
		if r.Metric == m {
			out = append(out, r.Value)
		}
	}
	return out
}
