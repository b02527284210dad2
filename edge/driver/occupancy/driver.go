package occupancy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// Times of the driver.
const (
	pollTime = time.Second            // the level of a line is read at least this often, so a missed edge is found
	lookTime = 250 * time.Millisecond // and both levels this often while somebody is in the door
	busyTime = 2 * time.Second        // after the last change somebody may still be there
	fastTime = 60 * time.Millisecond  // a wait that ends without an edge sooner than this did not wait
	fastMost = 50                     // such waits in a row mean that the line is dead
	silence  = 10 * time.Second
)

// Opener opens input lines by name.
type Opener interface {
	Pin(name string) (gpio.PinIn, error)
}

// faulty is what a pin may implement that knows whether its line can be read. gpio.PinIn itself has no way to say.
type faulty interface{ Err() error }

// Options of a beam pair.
type Options struct {
	Opener     Opener
	Outer      string // line of the beam that people who come in break first
	Inner      string
	Zone       hall.ZoneID
	BrokenHigh bool // the line is high while its beam is broken; false: low
	NoPull     bool // the receivers drive their lines; false: pulled to the level of a clear beam
	Times      Times
}

// Driver reads a beam pair.
type Driver struct{ o Options }

// New prepares a driver; it opens nothing.
func New(o Options) *Driver { return &Driver{o: o} }

// Expect says how a beam shows that it lives: its lines are read all the time.
func (d *Driver) Expect() driver.Expect { return driver.Expect{Silence: silence} }

// Run reads both lines until ctx ends or one of them fails.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	pins, err := d.open()
	if err != nil {
		return err
	}
	defer halt(pins)
	p := newPair(d, pins, out)
	out.Opened()
	if p.m.state == idle {
		out.Healthy()
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer func() {
		cancel()
		halt(pins) // ends the waits
		wg.Wait()
	}()
	for b := range pins {
		wg.Go(func() { p.read(ctx, Beam(b)) })
	}
	return p.follow(ctx)
}

// open opens and sets up both lines.
func (d *Driver) open() (pins [2]gpio.PinIn, err error) {
	if d.o.Outer == d.o.Inner {
		return pins, fmt.Errorf("occupancy: both beams on line %q: %w", d.o.Outer, driver.ErrPermanent)
	}
	pull := gpio.PullUp
	switch {
	case d.o.NoPull:
		pull = gpio.PullNoChange
	case d.o.BrokenHigh:
		pull = gpio.PullDown
	}
	for b, name := range []string{d.o.Outer, d.o.Inner} {
		p, err := d.o.Opener.Pin(name)
		if err == nil {
			pins[b] = p
			err = p.In(pull, gpio.BothEdges)
		}
		if err != nil {
			halt(pins)
			return pins, fmt.Errorf("occupancy: line %s: %w", name, err)
		}
	}
	return pins, nil
}

// halt gives the lines back.
func halt(pins [2]gpio.PinIn) {
	for _, p := range pins {
		if p != nil {
			_ = p.Halt() // a line that cannot be stopped is of no use any more
		}
	}
}

func (d *Driver) broken(l gpio.Level) bool { return bool(l) == d.o.BrokenHigh }
