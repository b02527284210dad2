package onvif

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// Options of a camera. URL is required.
type Options struct {
	URL          string // http://host:port of the camera, or of its device service; without user and password
	Username     string // empty: no login
	Password     string
	Zone         hall.ZoneID
	Counters     map[string]hall.Direction // by the name of a CountAggregation rule: who it counts goes in or out
	Ignore       []string                  // troubles that this camera tells wrongly, of IgnorableCodes
	InputsClosed bool                      // an active digital input is a closed contact; false: an open one
	Pull         time.Duration             // how long the camera may wait for something to tell; 0: Pull
	Snapshot     bool                      // the picture of the first profile is looked at
	Stream       bool                      // the stream of the first profile is asked for
	// Look gives what looks at addresses that the camera named; each may be empty. It must be there for Snapshot and Stream.
	Look func(stream, snapshot string) driver.Driver
	Now  func() time.Time // nil: time.Now

	coolDown, renewEvery time.Duration
}

// Driver reads one camera.
type Driver struct {
	o      Options
	gate   gate
	totals map[string]total
	eye    eye // it outlives a Run: what it has learned, and whether it may ask with the login
	info   Info
	mu     sync.Mutex // guards info
}

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	if o.Pull <= 0 {
		o.Pull = Pull
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.coolDown <= 0 {
		o.coolDown = coolDown
	}
	if o.renewEvery <= 0 {
		o.renewEvery = renewEvery
	}
	return &Driver{o: o, totals: map[string]total{}}
}

// Expect says how a camera shows that it lives: it answers every pull, with nothing if there is nothing to tell.
func (d *Driver) Expect() driver.Expect {
	return driver.Expect{Silence: 3 * max(d.o.Pull, 20*time.Second), MinRetry: 2 * time.Second, MaxRetry: time.Minute}
}

// Info gives what the camera said of itself; empty before it was asked.
func (d *Driver) Info() Info {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.info
}

// Run reads the camera until ctx ends or it does not answer any more.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	base, err := address(d.o.URL)
	if err != nil {
		return err
	}
	c := newClient(base, d.o.Username, d.o.Password, &d.gate, d.o.Now)
	c.answered = out.Seen
	begin := time.Now()
	if err := d.meet(ctx, c); err != nil {
		return d.end(ctx, out, err)
	}
	m := newMood(out, d.o.Now)
	s := &state{o: &d.o, out: out, mood: m, motion: map[string]bool{}, inputs: map[string]bool{}, totals: d.totals}
	d.skew(s, c)
	sight, err := d.sight(ctx, c, m)
	if err != nil && !answered(err) {
		return d.end(ctx, out, err)
	}
	if err != nil { // it tells events, whether it shows pictures or not
		m.see(&hall.Reason{Code: "read_failed", Detail: err.Error()}, false)
		sight = nil
	}
	out.Reading(hall.MetricReadSeconds, "", time.Since(begin).Seconds())
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	if sight != nil {
		wg.Go(func() { sight.run(ctx) })
	}
	err = d.follow(ctx, c, s)
	err = d.end(ctx, out, err)
	cancel()
	wg.Wait()
	return err
}

// end gives the error of a Run, refusing what could not be understood; nil when ctx has ended.
func (d *Driver) end(ctx context.Context, out driver.Sink, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	var u *unread
	if errors.As(err, &u) {
		out.Refused(u.Error(), u.raw)
	}
	return fmt.Errorf("onvif: %w", err)
}

// meet asks the camera for its clock, its services and what it is.
func (d *Driver) meet(ctx context.Context, c *client) error {
	if err := d.gate.shut(d.o.Now()); err != nil {
		return err
	}
	if err := c.clock(ctx); err != nil {
		return err
	}
	if err := c.services(ctx); err != nil {
		return err
	}
	info, err := c.info(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.info = info
	return err
}

// earliest is before every clock that was set; a gateway that starts in 1970 judges nobody's.
func earliest() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

// skew tells how far the camera's clock is off.
func (d *Driver) skew(s *state, c *client) {
	if d.o.Now().Before(earliest()) {
		return
	}
	s.out.Reading(hall.MetricSkew, "", c.offset.Seconds())
	if c.offset.Abs() > MaxSkew {
		s.mood.set(codeClock, "", wrong{detail: c.offset.Round(time.Second).String()})
		return
	}
	s.mood.clear(codeClock, "")
}
