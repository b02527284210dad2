package onvif

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
)

// errRenew says that a subscription cannot be renewed.
var errRenew = errors.New("subscription is not renewed")

// follow fetches events over one subscription at a time. A camera without events is watched by its clock alone.
func (d *Driver) follow(ctx context.Context, c *client, s *state) error {
	if c.events.url == "" {
		s.mood.set(CodeNoEvent, "", wrong{detail: "no event service"})
		s.mood.begin()
		open(s.out)
		return d.idle(ctx, c, s)
	}
	for opened := false; ; opened = true {
		err := d.subscribed(ctx, c, s, opened)
		if !errors.Is(err, errRenew) { // some cameras cannot: the next subscription follows
			return err
		}
	}
}

// subscribed fetches events over a new subscription, which is given back in the end.
func (d *Driver) subscribed(ctx context.Context, c *client, s *state, opened bool) error {
	at, err := c.subscribe(ctx)
	if err != nil {
		return err
	}
	defer c.unsubscribe(ctx, at)
	if err := c.synchronize(ctx, at); err != nil && !answered(err) {
		return err // a camera that refuses tells its states as they change
	}
	if !opened {
		open(s.out)
	}
	return d.pull(ctx, c, s, at)
}

// open says that the camera is read from now on; it has answered a moment ago.
func open(out driver.Sink) {
	out.Opened()
	out.Seen()
}

// answered says whether an error is an answer of the camera, to be understood or not.
func answered(err error) bool {
	var f *Fault
	return errors.As(err, &f) || errors.Is(err, ErrAnswer)
}

// pull fetches events until something fails.
func (d *Driver) pull(ctx context.Context, c *client, s *state, at endpoint) error {
	renewed, breaks, wait := time.Now(), 0, min(d.o.Pull, firstPull) // the states come at once
	for ctx.Err() == nil {
		begin := time.Now()
		list, err := c.pull(ctx, at, wait)
		wait = d.o.Pull
		switch broken, babble := (*cut)(nil), (*unread)(nil); {
		case errors.As(err, &broken) && ctx.Err() == nil: // normal for some where there is nothing to tell
			if breaks++; time.Since(begin) >= quickBreak {
				breaks = 0
			}
			if breaks >= maxBreaks {
				return err
			}
			if err := c.clock(ctx); err != nil { // does it live?
				return err
			}
		case errors.As(err, &babble) && breaks < maxBreaks-1:
			breaks++
			s.out.Refused(babble.Error(), babble.raw)
		case err != nil:
			return err
		default:
			breaks = 0
		}
		if len(list) > 2*maxEvents { // some give more than they were asked for
			s.out.Refused(fmt.Sprintf("%d events at once, at most %d", len(list), 2*maxEvents), nil)
			list = list[:2*maxEvents]
		}
		for i := range list {
			if err := s.take(ctx, &list[i]); err != nil {
				return err
			}
		}
		s.mood.begin()
		s.mood.age()
		s.read()
		if time.Since(renewed) >= d.o.renewEvery {
			if err := d.refresh(ctx, c, s, at); err != nil {
				return err
			}
			renewed = time.Now()
		}
		rest(ctx, d.o.coolDown)
	}
	return nil
}

// refresh renews the subscription, asks for all states again and looks at the camera's clock.
func (d *Driver) refresh(ctx context.Context, c *client, s *state, at endpoint) error {
	if err := c.renew(ctx, at); err != nil {
		if answered(err) {
			return fmt.Errorf("%w: %w", errRenew, err)
		}
		return err
	}
	if err := c.synchronize(ctx, at); err != nil && !answered(err) {
		return err
	}
	if err := c.clock(ctx); err != nil {
		return err
	}
	d.skew(s, c)
	return nil
}

// idle asks for the clock alone.
func (d *Driver) idle(ctx context.Context, c *client, s *state) error {
	for rest(ctx, d.o.Pull) {
		if err := c.clock(ctx); err != nil {
			return err
		}
		d.skew(s, c)
	}
	return nil
}

// rest waits; false: ctx ended.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
