// Package presence reads passive infrared detectors (PIR): HC-SR501, AM312 and alike, whose output is high while something warm
// moves. Such a detector never sees who sits still: its silence is no proof of an empty room, so that what is told is
// "somebody moved here within the hold time" and nothing is counted.
//
// For a minute after power-on the detector triggers by itself; what it says then is ignored. An output that stays high for
// half an hour is a loose wire or a broken detector. One that stays low proves nothing either way: it shows itself with the
// first movement.
package presence

import (
	"context"
	"errors"
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
	DefaultWarmUp = time.Minute
	DefaultHold   = 30 * time.Second
	DefaultStuck  = 30 * time.Minute
	pollTime      = time.Second           // the level is read at least this often: an edge that was missed is found
	fastTime      = 60 * time.Millisecond // a wait that ends without an edge sooner than this did not wait
	fastMost      = 50                    // such waits in a row mean that the line is dead
	tellEvery     = time.Minute
)

// Options of a detector. Zero times give the defaults.
type Options struct {
	Pins      driver.Pins
	Line      string
	Zone      hall.ZoneID
	ActiveLow bool
	WarmUp    time.Duration // after it was opened; negative: none
	Hold      time.Duration // after the last movement somebody is still taken to be there
	Stuck     time.Duration
}

// Driver reads one detector.
type Driver struct{ o Options }

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	for at, usual := range map[*time.Duration]time.Duration{&o.WarmUp: DefaultWarmUp, &o.Hold: DefaultHold, &o.Stuck: DefaultStuck} {
		if *at == 0 {
			*at = usual
		}
	}
	return &Driver{o}
}

// Expect says nothing of silence: nobody may move for a weekend.
func (d *Driver) Expect() driver.Expect { return driver.Expect{} }

// faulty is what a pin may implement that knows whether its line can be read. gpio.PinIn itself has no way to say.
type faulty interface{ Err() error }

// Run reads the line until ctx ends or the line fails.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	p, err := d.o.Pins.Pin(d.o.Line)
	if err != nil {
		return fmt.Errorf("presence: %w", err)
	}
	defer func() { _ = p.Halt() }() // a line that cannot be stopped is of no use any more
	pull := gpio.PullDown
	if d.o.ActiveLow {
		pull = gpio.PullUp
	}
	if err := p.In(pull, gpio.BothEdges); err != nil {
		return fmt.Errorf("presence: line %s: %w", d.o.Line, err)
	}
	out.Opened()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer func() {
		cancel()
		wg.Wait()
	}()
	wg.Go(func() {
		<-ctx.Done()
		_ = p.Halt() // ends the wait
	})
	if err := d.follow(ctx, p, out); err != nil {
		return fmt.Errorf("presence: line %s: %w", d.o.Line, err)
	}
	return nil
}

// errDead says that a line does not wait for anything.
var errDead = errors.New("does not wait: closed, or taken by another program")

func (d *Driver) follow(ctx context.Context, p gpio.PinIn, out driver.Sink) error {
	w := watcher{o: d.o, out: out, ready: time.Now().Add(d.o.WarmUp)}
	for fast := 0; ; {
		begin := time.Now()
		edge := p.WaitForEdge(pollTime)
		if ctx.Err() != nil {
			return nil // the line was given back
		}
		if fast++; edge || time.Since(begin) >= fastTime {
			fast = 0
		}
		moving := bool(p.Read()) != d.o.ActiveLow
		if f, ok := p.(faulty); ok && f.Err() != nil {
			return f.Err()
		}
		if fast >= fastMost {
			return errDead
		}
		w.see(moving, time.Now())
	}
}

// watcher turns levels into presence.
type watcher struct {
	o     Options
	out   driver.Sink
	ready time.Time

	moving bool
	since  time.Time // of the movement
	last   time.Time // moment of movement; zero: none yet
	told   bool      // value
	toldAt time.Time
	stuck  bool
}

func (w *watcher) see(moving bool, now time.Time) {
	if now.Before(w.ready) {
		return
	}
	if moving != w.moving {
		w.moving, w.since = moving, now
		w.out.Seen()
		if w.stuck {
			w.stuck = false
			w.out.Healthy()
		}
	}
	if moving {
		w.last = now
		if !w.stuck && now.Sub(w.since) >= w.o.Stuck {
			w.stuck = true
			w.out.Degraded(true, hall.Reason{Code: "stuck_on", Detail: w.o.Stuck.String()})
		}
	}
	if w.last.IsZero() || w.stuck {
		return // it has not shown itself, or cannot be believed
	}
	there := now.Sub(w.last) < w.o.Hold
	if there == w.told && !w.toldAt.IsZero() && now.Sub(w.toldAt) < tellEvery {
		return
	}
	w.told, w.toldAt = there, now
	value := 0.0
	if there {
		value = 1
	}
	w.out.Reading(hall.MetricPresence, string(w.o.Zone), value)
}
