package modbusdisplay_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/driver/modbusdisplay"
	sim "hallpulse/edge/simulator/modbus"
	"hallpulse/hall"
)

const exchange = "\x01\x10\x00\x70\x00\x06\x0CA012\x00\x00\x00\x00\x00\x00\x00\x00\x30\x94\x01\x10\x00\x70\x00\x06\x41\xD0"

func TestConformanceOverhear(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		l, port := wire(t)
		r, err := drivertest.Serial{Wire: l, Opener: port, Event: []byte(exchange), Driver: func(p driver.PortOpener) driver.Driver {
			return modbusdisplay.New(options(p, false))
		}}.Rig()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}})
}

// opener is denied what a test forbids.
type opener struct {
	driver.PortOpener
	mu  sync.Mutex
	err error
}

func (o *opener) OpenPort() (driver.Port, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return nil, o.err
	}
	return o.PortOpener.OpenPort()
}

func TestConformancePoll(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		l, port := wire(t)
		b := sim.New(sim.Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1, "2": 7}, Gateway: true})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { b.Run(ctx) })
		t.Cleanup(func() { cancel(); wg.Wait() })
		if err := l.Unplug(true); err != nil {
			t.Fatal(err)
		}
		gate := &opener{PortOpener: port}
		n := 0
		return &drivertest.Rig{
			Driver: modbusdisplay.New(options(gate, true)), Asked: true,
			Plug:  func(in bool) error { return l.Unplug(!in) },
			Event: func() error { n++; return b.Call("1", fmt.Sprintf("A%03d", n)) },
			Babble: func() (int, error) {
				rnd := rand.New(rand.NewPCG(3, 4))
				noise := make([]byte, 1800)
				for i := range noise {
					noise[i] = byte(rnd.Uint32())
				}
				return len(noise), b.Noise(noise)
			},
			Forbid: func(err error) { gate.mu.Lock(); defer gate.mu.Unlock(); gate.err = err },
		}
	}})
}
