package contact

import (
	"context"
	"errors"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Contact)(nil)

// DefaultDebounce is how long a contact must stay before it counts.
const DefaultDebounce = 50 * time.Millisecond

// Options of a contact.
type Options struct {
	Pins         driver.Pins
	Line         string
	Smoke        bool   // a smoke detector; false: a door or window
	Channel      string // part of the reading; empty: the device has one contact
	OpenAtRest   bool   // the contact is open while the door is closed, or while there is no smoke; false: closed
	ClosedIsHigh bool   // a closed contact connects the line to 3.3 V; false: to ground
	Debounce     time.Duration
}

// Contact reads a door contact or a smoke detector.
type Contact struct {
	o    Options
	told bool // Degraded was called
}

// New prepares a driver; it opens nothing.
func New(o Options) *Contact {
	if o.Debounce <= 0 {
		o.Debounce = DefaultDebounce
	}
	return &Contact{o: o}
}

// Expect says nothing of silence: a door may stay closed for a weekend.
func (*Contact) Expect() driver.Expect { return driver.Expect{} }

// Run reads the line until ctx ends or the line fails. The state is told at the start, when it changes, and every minute.
func (c *Contact) Run(ctx context.Context, out driver.Sink) error {
	p, err := c.o.Pins.Pin(c.o.Line)
	if err != nil {
		return fmt.Errorf("contact: %w", err)
	}
	defer func() { _ = p.Halt() }() // a line that cannot be stopped is of no use any more
	if err := p.In(pull(c.o.ClosedIsHigh), gpio.BothEdges); err != nil {
		return fmt.Errorf("contact: line %s: %w", c.o.Line, err)
	}
	if err := c.follow(ctx, p, out); err != nil {
		return fmt.Errorf("contact: line %s: %w", c.o.Line, err)
	}
	return nil
}

// pull holds an open contact's line at the other level.
func pull(closedIsHigh bool) gpio.Pull {
	if closedIsHigh {
		return gpio.PullDown
	}
	return gpio.PullUp
}

func (c *Contact) follow(ctx context.Context, p gpio.PinIn, out driver.Sink) error {
	closed, err := c.closed(p)
	if err != nil {
		return err
	}
	now := time.Now()
	b, report := newBouncer(c.o.Debounce, closed, now), now
	out.Opened()
	c.tell(closed, closed, out)
	for fast := 0; ctx.Err() == nil; {
		wait := pollTime
		if next := b.next(time.Now()); next > 0 {
			wait = min(next, pollTime)
		}
		begin := time.Now()
		edge := p.WaitForEdge(wait)
		now = time.Now()
		if fast++; edge || now.Sub(begin) >= min(wait, fastTime) {
			fast = 0
		}
		if fast >= fastMost {
			return errors.New("does not wait: closed, or taken by another program")
		}
		if closed, err = c.closed(p); err != nil {
			return err
		}
		moved := b.see(closed, now)
		c.chatter(b.chatters(now), out)
		if moved || now.Sub(report) >= reportTime {
			report = now
			c.tell(b.state, moved || b.state, out)
		}
		if fast > 0 {
			rest(ctx, time.Millisecond)
		}
	}
	return nil
}

// closed reads the contact.
func (c *Contact) closed(p gpio.PinIn) (bool, error) {
	level := p.Read()
	return bool(level) == c.o.ClosedIsHigh, lineError(p)
}

// tell gives the state. evidence says that the device itself gave it.
func (c *Contact) tell(closed, evidence bool, out driver.Sink) {
	if evidence {
		out.Seen()
	}
	metric, value := hall.MetricOpen, 0.0
	if c.o.Smoke {
		metric = hall.MetricSmoke
	}
	if closed == c.o.OpenAtRest {
		value = 1
	}
	out.Reading(metric, c.o.Channel, value)
}

func (c *Contact) chatter(on bool, out driver.Sink) {
	switch {
	case on && !c.told:
		c.told = true
		out.Degraded(false, hall.Reason{Code: "chatter", Detail: c.o.Line})
	case !on && c.told:
		c.told = false
		out.Healthy()
	}
}
