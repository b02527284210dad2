package drivertest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*toy)(nil)

// sins are what a driver may do wrong.
type sins struct {
	lazy      bool // returns late
	leaks     bool
	deaf      bool // hears no noise
	eager     bool // takes half an event for one
	chatty    bool // gives a sign of life when nothing was said
	bare      bool // facts without what the device said
	stubborn  bool // waits for a device that is not there
	opaque    bool // hides why it was denied
	tough     bool // does not notice that the device was pulled
	forgetful bool // does not say that the device is open
}

// toy is a device that says E for an event, or e and then v, and its driver.
type toy struct {
	sins
	says   chan string
	denied error
	pulled chan struct{} // closed: not plugged in
	leak   chan struct{} // ends what was left behind
}

func newToy(s sins) *toy {
	d := &toy{sins: s, says: make(chan string, 64), pulled: make(chan struct{}), leak: make(chan struct{})}
	close(d.pulled)
	return d
}

func (d *toy) rig() *Rig {
	say := func(s string) error { d.says <- s; return nil }
	return &Rig{
		Driver: d,
		Plug: func(in bool) error {
			if in {
				d.pulled = make(chan struct{})
			} else {
				close(d.pulled)
			}
			return nil
		},
		Event:  func() error { return say("E") },
		Half:   func() (func() error, error) { return func() error { return say("v") }, say("e") },
		Babble: func() (int, error) { return 1, say("?") },
		Forbid: func(err error) { d.denied = err },

		patience: 500 * time.Millisecond,
	}
}

// Run is a driver with the toy's sins.
func (d *toy) Run(ctx context.Context, out driver.Sink) error {
	pulled := d.pulled
	switch {
	case d.denied != nil && d.opaque:
		return errors.New("something went wrong")
	case d.denied != nil:
		return fmt.Errorf("toy: %w", d.denied)
	}
	select {
	case <-pulled:
		if d.stubborn {
			<-ctx.Done()
		}
		return errors.New("toy: not there")
	default:
	}
	if d.leaks {
		go func() { <-d.leak }()
	}
	if !d.forgetful {
		out.Opened()
	}
	if d.tough {
		pulled = nil
	}
	if d.chatty {
		_ = out.Fact(ctx, fact("E"))
	}
	return d.listen(ctx, pulled, out)
}

func (d *toy) listen(ctx context.Context, pulled <-chan struct{}, out driver.Sink) error {
	for {
		select {
		case <-ctx.Done():
			if d.lazy {
				<-time.After(CloseTime + 200*time.Millisecond)
			}
			return nil
		case <-pulled:
			return errors.New("toy: pulled")
		case s := <-d.says:
			out.Seen()
			if err := d.hear(ctx, s, out); err != nil {
				return err
			}
		}
	}
}

func (d *toy) hear(ctx context.Context, s string, out driver.Sink) error {
	switch {
	case s == "?" && !d.deaf:
		out.Refused("unknown", []byte(s))
	case s == "E", s == "v", s == "e" && d.eager:
		f := fact(s)
		if d.bare {
			f.Raw = nil
		}
		return out.Fact(ctx, f)
	}
	return nil
}

func fact(raw string) hall.Fact {
	return hall.Fact{Kind: hall.KindPassage, Raw: []byte(raw), Passage: &hall.Passage{Zone: "z", Direction: hall.In}}
}
