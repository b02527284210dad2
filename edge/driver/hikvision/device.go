package hikvision

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hallpulse/edge/driver"
)

// errNotStored says that a fact is not durable. That is no fault of the device.
var errNotStored = errors.New("hikvision: not stored")

// kind is what tells one kind of device from another.
type kind interface {
	// take tells an event on. An error means that it is not durable: the device must not be told otherwise. One at a time.
	take(ctx context.Context, sink driver.Sink, e *Event) error
	// reached is called when a connection begins, and again when the device closed a stream and it was opened anew.
	reached(again bool)
	// tend does what is due after a look at the device's clock.
	tend(ctx context.Context, sink driver.Sink) error
}

// device is what all kinds share.
type device struct {
	srv    *Server
	o      DeviceOptions
	kind   kind
	client *client // nil: no address
	bad    error   // of the options
	lives  bool    // its answers prove that it does its work; false: its events alone do
	turn   chan struct{}
	wake   chan struct{} // look soon

	mu       sync.Mutex
	sink     driver.Sink // nil: not running
	ctx      context.Context
	inflight sync.WaitGroup
	mood     mood
	status   Status
	offset   time.Duration // device clock minus gateway clock, whatever the gateway's is worth
}

func newDevice(s *Server, o DeviceOptions) *device {
	if o.Interval <= 0 {
		o.Interval = Interval
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = postHeartbeat
		if o.Mode == Stream {
			o.Heartbeat = streamHeartbeat
		}
	}
	d := &device{srv: s, o: o, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), status: Status{ID: o.ID, Serial: o.Serial}}
	if o.URL != "" {
		d.client, d.bad = newClient(&o, s.opts.Now, s.times.ask)
	}
	switch {
	case o.Mode == Stream && o.URL == "":
		d.bad = fmt.Errorf("hikvision: a stream needs an address: %w", driver.ErrPermanent)
	case o.Mode == Listen && o.Token == "":
		d.bad = fmt.Errorf("hikvision: a device that posts needs a secret: %w", driver.ErrPermanent)
	case o.Mode != Stream && o.Mode != Listen:
		d.bad = fmt.Errorf("hikvision: mode %.20q: %w", string(o.Mode), driver.ErrPermanent)
	}
	s.register(d)
	return d
}

// Expect says how a device shows that it lives: by events and heartbeats, or by its answers where these are proof enough.
func (d *device) Expect() driver.Expect {
	every := d.o.Heartbeat
	if d.lives && d.client != nil {
		every = max(every, d.o.Interval)
	}
	return driver.Expect{Silence: 3*every + d.srv.times.ask, MinRetry: time.Second, MaxRetry: time.Minute}
}

// Status gives the device's counters.
func (d *device) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// Run takes the device's events into out until ctx ends, the server stops (listen) or the stream breaks (stream).
func (d *device) Run(ctx context.Context, out driver.Sink) error {
	if d.bad != nil {
		return d.bad
	}
	if d.o.Mode == Listen {
		return d.listen(ctx, out)
	}
	return d.stream(ctx, out)
}

// listen waits for the server's end; posts come through ServeHTTP.
func (d *device) listen(ctx context.Context, out driver.Sink) error {
	if err := d.srv.gate.Await(ctx, startTime); err != nil {
		return fmt.Errorf("hikvision: %w", err)
	}
	if ctx.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := d.attach(ctx, out); err != nil {
		cancel()
		return err
	}
	defer d.detach(cancel)
	out.Opened()
	d.startKeeper(ctx, out)
	if err := d.srv.gate.Follow(ctx); err != nil {
		return fmt.Errorf("hikvision: %w", err)
	}
	return nil
}

func (d *device) attach(ctx context.Context, out driver.Sink) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sink != nil {
		return fmt.Errorf("hikvision: %s runs already", d.o.ID)
	}
	d.sink, d.ctx = out, ctx
	d.mood.tell(out)
	return nil
}

// detach ends what runs and waits for it: nothing may use the sink afterwards.
func (d *device) detach(cancel context.CancelFunc) {
	d.mu.Lock()
	d.sink, d.ctx = nil, nil
	d.mu.Unlock()
	cancel()
	d.inflight.Wait()
}

// use gives the sink and a context that ends with the driver's; end must be called. ok is false while the driver does not run.
func (d *device) use() (sink driver.Sink, ctx context.Context, end func(), ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sink == nil {
		return nil, nil, nil, false
	}
	d.inflight.Add(1)
	return d.sink, d.ctx, d.inflight.Done, true
}
