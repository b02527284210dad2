package occupancy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// keepSamples is how many changes may wait while the journal takes a passage.
const keepSamples = 256

// errDead says that a line does not wait for edges.
var errDead = errors.New("line does not wait: closed or taken by another program")

// sample is a level seen on a line.
type sample struct {
	beam   Beam
	broken bool
	at     time.Time
	err    error
}

// pair is two open lines. One goroutine a line waits for its edges; a third one, which sleeps while nothing changes, feeds the
// machine.
type pair struct {
	d       *Driver
	pins    [2]gpio.PinIn
	out     driver.Sink
	m       *Machine
	samples chan sample
	known   [2]atomic.Bool // what the machine was told last
	changed time.Time      // the last change
}

func newPair(d *Driver, pins [2]gpio.PinIn, out driver.Sink) *pair {
	p := &pair{d: d, pins: pins, out: out, m: NewMachine(d.o.Times), samples: make(chan sample, keepSamples)}
	for b, pin := range pins {
		p.known[b].Store(d.broken(pin.Read()))
	}
	p.m.Start(p.known[Outer].Load(), p.known[Inner].Load(), time.Now())
	return p
}

// read sends what changes on one line. The time is taken at the wake, and the level read anew: an edge does not tell which one
// it was. Waits are finite: what forever means differs between pins, and an edge that was missed is found by the level.
func (p *pair) read(ctx context.Context, b Beam) {
	last, fast := p.known[b].Load(), 0
	for {
		began := time.Now()
		edge := p.pins[b].WaitForEdge(pollTime)
		if ctx.Err() != nil {
			return // the line was given back
		}
		s := sample{beam: b, at: time.Now()}
		s.broken, s.err = p.level(b)
		if fast++; edge || s.at.Sub(began) > fastTime {
			fast = 0
		}
		if fast >= fastMost {
			s.err = errDead
		}
		if s.err == nil {
			p.out.Seen()
		}
		// The machine may have been told of a change by a look at the levels, or may not yet have been told of the last one.
		if edge || s.err != nil || s.broken != last || s.broken != p.known[b].Load() {
			select {
			case p.samples <- s:
			case <-ctx.Done():
				return
			}
		}
		if last = s.broken; s.err != nil {
			return
		}
		if fast > 0 {
			rest(ctx, time.Millisecond)
		}
	}
}

func (p *pair) level(b Beam) (broken bool, err error) {
	broken = p.d.broken(p.pins[b].Read())
	if f, ok := p.pins[b].(faulty); ok {
		err = f.Err()
	}
	return broken, err
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// follow feeds the machine until ctx ends or a line fails.
func (p *pair) follow(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(p.wait())
		var err error
		select {
		case <-ctx.Done():
			return nil
		case s := <-p.samples:
			err = p.take(ctx, s)
		case now := <-timer.C:
			select { // what was seen before the time was over comes first, however late it is read
			case s := <-p.samples:
				err = p.take(ctx, s)
			default:
				err = p.look(ctx, now)
			}
		}
		if err != nil {
			return err
		}
	}
}

// wait is how long nothing has to be done when no edge comes.
func (p *pair) wait() time.Duration {
	wait := time.Hour
	if at, ok := p.m.Next(); ok {
		wait = max(time.Until(at), 0)
	}
	if time.Since(p.changed) < busyTime {
		wait = min(wait, lookTime)
	}
	return wait
}

func (p *pair) take(ctx context.Context, s sample) error {
	if s.err != nil {
		return fmt.Errorf("occupancy: %s beam: %w", s.beam, s.err)
	}
	p.changed = s.at
	p.known[s.beam].Store(s.broken)
	return p.tell(ctx, p.m.Edge(s.beam, s.broken, s.at))
}

// look lets time pass, and finds edges that were missed while somebody is in the door.
func (p *pair) look(ctx context.Context, now time.Time) error {
	if err := p.tell(ctx, p.m.Tick(now)); err != nil {
		return err
	}
	if now.Sub(p.changed) >= busyTime {
		return nil
	}
	for b := range p.pins {
		s := sample{beam: Beam(b), at: time.Now()}
		if s.broken, s.err = p.level(s.beam); s.err == nil && s.broken == p.known[b].Load() {
			continue
		}
		if err := p.take(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (p *pair) tell(ctx context.Context, events []Event) error {
	for _, e := range events {
		switch e.Kind {
		case Passed:
			f := hall.Fact{Kind: hall.KindPassage, Raw: []byte(strconv.Itoa(int(e.Direction))),
				Passage: &hall.Passage{Zone: p.d.o.Zone, Direction: e.Direction}}
			if err := p.out.Later(ctx, f, nil); err != nil {
				return fmt.Errorf("occupancy: journal: %w", err)
			}
		case Short:
			p.out.Refused("break too short for a person", []byte(e.Beam.String()))
		case Stuck:
			p.out.Degraded(true, hall.Reason{Code: "beam_stuck", Detail: e.Beam.String()})
		case Freed:
			p.out.Healthy()
		}
	}
	return nil
}
