package digits_test

import (
	"sync"

	"periph.io/x/conn/v3/i2c"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/digits"
	sim "hallpulse/edge/simulator/digits"
	bus "hallpulse/edge/simulator/i2c"
)

// port is a chip on a simulated bus, and its opener, unless that is forbidden.
type port struct {
	*sim.HT16K33
	opener driver.I2COpener
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
	return p.opener.OpenI2C()
}

func newHT16K33() rig {
	b, d, w := &bus.Bus{}, sim.NewHT16K33(nil), &window{}
	b.Attach(0x70, d)
	p := &port{HT16K33: d, opener: b.Opener(0x70)}
	return rig{w, p, digits.NewHT16K33(digits.HT16K33Options{Options: options(w), Bus: p}), "    "}
}
