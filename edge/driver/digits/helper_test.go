package digits_test

import (
	"errors"
	"sync"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"hallpulse/edge/driver/digits"
	sim "hallpulse/edge/simulator/digits"
)

// port is the bus of one chip, and its opener.
type port struct {
	*sim.HT16K33
	mu     sync.Mutex
	forbid error
}

func (p *port) SetFaults(f sim.Faults) {
	p.mu.Lock()
	p.forbid = f.Forbid
	p.mu.Unlock()
	p.HT16K33.SetFaults(f)
}

func (p *port) OpenI2C() (i2c.BusCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.forbid != nil {
		return nil, p.forbid
	}
	return bus{p}, nil
}

// bus is the open bus.
type bus struct{ *port }

func (b bus) Tx(addr uint16, w, r []byte) error {
	if addr != 0x70 {
		return errors.New("nobody has this address")
	}
	return b.HT16K33.Tx(w, r)
}
func (bus) Close() error                    { return nil }
func (bus) SetSpeed(physic.Frequency) error { return nil }
func (bus) String() string                  { return "simulated" }

func newHT16K33() rig {
	w, p := &window{}, &port{HT16K33: sim.NewHT16K33(nil)}
	return rig{w, p, digits.NewHT16K33(digits.HT16K33Options{Options: options(w), Bus: p}), "    "}
}
