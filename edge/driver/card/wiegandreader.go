package card

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Wiegand)(nil)

// Times of a reader's pulses.
const (
	frameEnd  = 30 * time.Millisecond // silence after the last bit
	waitTime  = 500 * time.Millisecond
	swapsMost = 3 // frames that would be right with the wires swapped: they are
)

// WiegandOptions of a reader.
type WiegandOptions struct {
	Options
	Edges driver.EdgeOpener
	D0    string // line of the wire D0
	D1    string
}

// Wiegand reads a reader on two lines.
type Wiegand struct {
	o    WiegandOptions
	desk desk
}

// NewWiegand prepares a driver; it opens nothing.
func NewWiegand(o WiegandOptions) *Wiegand { return &Wiegand{o, newDesk(o.Options)} }

// Expect says nothing of silence: a reader that nobody uses gives no sign of life.
func (d *Wiegand) Expect() driver.Expect { return driver.Expect{} }

// Run reads pulses until ctx ends or the lines fail.
func (d *Wiegand) Run(ctx context.Context, out driver.Sink) error {
	e, err := d.o.Edges.OpenEdges(driver.EdgeOptions{Lines: []string{d.o.D0, d.o.D1}, PullUp: true, Falling: true, Buffer: 256})
	if err != nil {
		return fmt.Errorf("card: %w", err)
	}
	defer func() { _ = e.Close() }()
	out.Opened()
	f := frame{d: d, out: out}
	for {
		wait := waitTime
		if f.n > 0 {
			wait = frameEnd
		}
		limited, cancel := context.WithTimeout(ctx, wait)
		ev, err := e.Next(limited)
		quiet := errors.Is(err, context.DeadlineExceeded)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case quiet:
			err = f.end(ctx, time.Now())
		case errors.Is(err, driver.ErrEdgesLost):
			f.n, f.bits = 0, 0
			out.Refused("pulses were lost: the gateway was too slow", []byte("overflow"))
			err = nil
		case err == nil:
			if f.n > 0 && ev.At-f.last >= frameEnd {
				err = f.end(ctx, time.Now())
			}
			f.pulse(ev)
		}
		if err != nil {
			return fmt.Errorf("card: %w", err)
		}
	}
}

// frame gathers the bits of a frame.
type frame struct {
	d       *Wiegand
	out     driver.Sink
	bits    uint64
	n       int
	last    time.Duration
	swapped int
	told    bool
}

func (f *frame) pulse(e driver.Edge) {
	f.last = e.At
	if f.n++; f.n <= maxBits {
		f.bits = f.bits<<1 | uint64(e.Line&1)
	}
}

// end reads what was gathered. A key of the reader's pad is no card.
func (f *frame) end(ctx context.Context, now time.Time) error {
	v, n := f.bits, f.n
	f.bits, f.n = 0, 0
	if n == 0 {
		return nil
	}
	raw := fmt.Appendf(nil, "%0*b", min(n, maxBits), v)
	card, err := decode(v, n)
	if errors.Is(err, errSwapped) {
		f.swapped++
	} else if err == nil && card.Format != Key {
		f.swapped = 0
	}
	f.judge()
	switch {
	case err != nil:
		f.out.Refused(err.Error(), raw)
		return nil
	case card.Format == Key:
		f.out.Seen()
		return nil
	}
	return f.d.desk.shown(ctx, decimal(card.Number), raw, now, f.out)
}

// judge names swapped wires.
func (f *frame) judge() {
	switch bad := f.swapped >= swapsMost; {
	case bad && !f.told:
		f.out.Degraded(false, hall.Reason{Code: "wires_swapped", Detail: f.d.o.D0 + ", " + f.d.o.D1})
		f.told = true
	case !bad && f.told:
		f.out.Healthy()
		f.told = false
	}
}
