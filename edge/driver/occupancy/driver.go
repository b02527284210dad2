package occupancy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// Times of the driver.
const (
	pollTime = time.Second           // the level is read at least this often, so a missed edge is found
	fastTime = 60 * time.Millisecond // a wait that ends without an edge sooner than this did not wait
	fastMost = 50                    // such waits in a row mean that the line is dead
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

// sample is a level seen on a line.
type sample struct {
	beam   Beam
	broken bool
	edge   bool
	at     time.Time
	err    error
}

// Run reads both lines until ctx ends or one of them fails.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	pins, err := d.open()
	if err != nil {
		return err
	}
	defer halt(pins)
	m := NewMachine(d.o.Times)
	m.Start(d.broken(pins[Outer].Read()), d.broken(pins[Inner].Read()), time.Now())
	out.Opened()
	if m.state == idle {
		out.Healthy()
	}
	ctx, cancel := context.WithCancel(ctx)
	samples := make(chan sample, 256)
	var wg sync.WaitGroup
	defer func() {
		cancel()
		halt(pins) // ends the waits
		wg.Wait()
	}()
	for b, p := range pins {
		wg.Go(func() { d.read(ctx, Beam(b), p, samples) })
	}
	return d.follow(ctx, m, samples, out)
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

// read sends what is seen on one line. The time is taken at the wake, and the level read anew: an edge does not tell
// which one it was. Waits are finite: what forever means differs between pins.
func (d *Driver) read(ctx context.Context, b Beam, p gpio.PinIn, out chan<- sample) {
	fast := 0
	for ctx.Err() == nil {
		began := time.Now()
		edge := p.WaitForEdge(pollTime)
		if ctx.Err() != nil {
			return // the line was given back
		}
		s := sample{beam: b, edge: edge, at: time.Now()}
		s.broken = d.broken(p.Read())
		if f, ok := p.(faulty); ok {
			s.err = f.Err()
		}
		if fast++; edge || s.at.Sub(began) > fastTime {
			fast = 0
		}
		if fast >= fastMost {
			s.err = errors.New("line does not wait: closed or taken by another program")
		}
		select {
		case out <- s:
		case <-ctx.Done():
			return
		}
		if s.err != nil {
			return
		}
		if fast > 0 {
			rest(ctx, time.Millisecond)
		}
	}
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// follow feeds the machine and tells what it finds.
func (d *Driver) follow(ctx context.Context, m *Machine, samples <-chan sample, out driver.Sink) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := time.Hour
		if at, ok := m.Next(); ok {
			wait = max(time.Until(at), 0)
		}
		timer.Reset(wait)
		var events []Event
		select {
		case <-ctx.Done():
			return nil
		case s := <-samples:
			if s.err != nil {
				return fmt.Errorf("occupancy: %s beam: %w", s.beam, s.err)
			}
			out.Seen()
			events = m.Edge(s.beam, s.broken, s.at)
		case now := <-timer.C:
			select { // what was seen before the time was over comes first, however late it is read
			case s := <-samples:
				if s.err != nil {
					return fmt.Errorf("occupancy: %s beam: %w", s.beam, s.err)
				}
				out.Seen()
				events = m.Edge(s.beam, s.broken, s.at)
			default:
				events = m.Tick(now)
			}
		}
		for _, e := range events {
			if err := d.tell(ctx, e, out); err != nil {
				return err
			}
		}
	}
}

func (d *Driver) tell(ctx context.Context, e Event, out driver.Sink) error {
	switch e.Kind {
	case Passed:
		f := hall.Fact{Kind: hall.KindPassage, Raw: []byte(strconv.Itoa(int(e.Direction))),
			Passage: &hall.Passage{Zone: d.o.Zone, Direction: e.Direction}}
		if err := out.Later(ctx, f, nil); err != nil {
			return fmt.Errorf("occupancy: journal: %w", err)
		}
	case Short:
		out.Refused("break too short for a person", []byte(e.Beam.String()))
	case Stuck:
		out.Degraded(true, hall.Reason{Code: "beam_stuck", Detail: e.Beam.String()})
	case Freed:
		out.Healthy()
	}
	return nil
}
