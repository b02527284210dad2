package contact

import (
	"context"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Relay)(nil)

// settleTime is how long a contactor may take until its feedback follows.
const settleTime = 500 * time.Millisecond

// Initial is what a relay does at the start.
type Initial uint8

// The choices.
const (
	Keep Initial = iota // what is on the line now
	Off
	On
)

// RelayOptions are those of a relay.
type RelayOptions struct {
	Pins         driver.Pins
	Line         string
	ActiveLow    bool // the relay is on while its line is low, as on most boards with optocouplers
	Initial      Initial
	Channel      string // part of the reading; empty: the device has one relay
	Feedback     string // line of an auxiliary contact that is closed while the load is on; empty: the relay's own line is read
	FeedbackHigh bool   // a closed auxiliary contact connects its line to 3.3 V; false: to ground
}

// Relay drives one relay and reads back what it does. At the end it stays as it is.
type Relay struct {
	o       RelayOptions
	mu      sync.Mutex // guards the lines and what was commanded
	out     gpio.PinIO // nil: not open
	aux     gpio.PinIn // nil: none
	command bool
	since   time.Time // of the command
	told    bool      // Degraded was called
}

// NewRelay prepares a driver; it opens nothing.
func NewRelay(o RelayOptions) *Relay { return &Relay{o: o} }

// Expect says nothing of silence: a relay says nothing by itself.
func (*Relay) Expect() driver.Expect { return driver.Expect{} }

// Run holds the relay until ctx ends or its line fails, and tells its state at the start, when it changes, and every minute. A
// relay without a feedback contact never gives evidence of life: its health is unknown.
func (r *Relay) Run(ctx context.Context, out driver.Sink) error {
	err := r.open()
	defer r.close()
	if err == nil {
		err = r.follow(ctx, out)
	}
	if err != nil {
		return fmt.Errorf("contact: relay on line %s: %w", r.o.Line, err)
	}
	return nil
}

// open takes the lines and drives the relay for the first time.
func (r *Relay) open() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.o.Feedback != "" {
		aux, err := r.o.Pins.Pin(r.o.Feedback)
		if err != nil {
			return err
		}
		r.aux = aux
		if err := aux.In(pull(r.o.FeedbackHigh), gpio.NoEdge); err != nil {
			return err
		}
	}
	out, err := r.o.Pins.Out(r.o.Line)
	if err != nil {
		return err
	}
	r.out = out
	on := r.o.Initial == On
	if r.o.Initial == Keep {
		on = r.level(r.out.Read())
		if err := lineError(r.out); err != nil {
			return err
		}
	}
	return r.drive(on)
}

// close gives the lines back.
func (r *Relay) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range []gpio.PinIn{r.aux, r.out} {
		if p != nil {
			_ = p.Halt() // a line that cannot be stopped is of no use any more
		}
	}
	r.aux, r.out = nil, nil
}

// level gives the state that a level of the line means.
func (r *Relay) level(l gpio.Level) bool { return bool(l) != r.o.ActiveLow }

// drive commands the relay; the caller holds the lock.
func (r *Relay) drive(on bool) error {
	if err := r.out.Out(gpio.Level(on != r.o.ActiveLow)); err != nil {
		return err
	}
	r.command, r.since = on, time.Now()
	return nil
}

// follow tells the state until ctx ends.
func (r *Relay) follow(ctx context.Context, out driver.Sink) error {
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	var last state
	var report time.Time
	for {
		s, err := r.look()
		if err != nil {
			return err
		}
		if report.IsZero() {
			out.Opened()
		}
		changed := s.on != last.on && !report.IsZero()
		if changed && r.o.Feedback != "" || s.evidence {
			out.Seen()
		}
		if changed || time.Since(report) >= reportTime {
			report = time.Now()
			r.reading(s.on, out)
		}
		r.differs(s, out)
		last = s
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (r *Relay) reading(on bool, out driver.Sink) {
	value := 0.0
	if on {
		value = 1
	}
	out.Reading(hall.MetricOn, r.o.Channel, value)
}

// differs names a relay that does not follow, or that somebody else switches.
func (r *Relay) differs(s state, out driver.Sink) {
	switch {
	case s.on != s.command && !s.settling:
		r.told = true
		out.Degraded(false, hall.Reason{Code: "feedback_differs", Detail: fmt.Sprintf("commanded %s, is %s", word(s.command), word(s.on))})
	case r.told && s.on == s.command:
		r.told = false
		out.Healthy()
	}
}

func word(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
