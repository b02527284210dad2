package digits

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// RefreshTime is how often a display is written again though nothing changed.
const RefreshTime = 10 * time.Second

// Limits of a display.
const (
	missed  = 3  // refreshes without an answer make a display silent
	maxText = 32 // bytes of a number that are looked at
)

// Numbers tells what windows call.
type Numbers interface {
	// Showing gives the number in service at a window, empty: none, and a channel that is closed once that may have changed.
	Showing(w hall.WindowID) (number string, changed <-chan struct{})
}

// Options of a display.
type Options struct {
	Window  hall.WindowID
	Numbers Numbers
	// Columns are the chip's own numbers of the digits, from left to right; they differ between boards. Nil: the usual ones of
	// the chip, four digits.
	Columns    []int
	Brightness int           // 0 (dark, but readable) to 7; each chip has at least these eight steps
	Refresh    time.Duration // 0: RefreshTime
}

// opener takes what a chip hangs on.
type opener interface {
	open() (panel, error)
}

// panel is an open display.
type panel interface {
	// show writes settings and digits, by the chip's own number of them. acknowledged says that the chip answered.
	show(digits []Segments, brightness int) (acknowledged bool, err error)
	// close gives back what open took.
	close() error
}

// Driver keeps one display up to date.
type Driver struct {
	name    string
	o       Options
	opener  opener
	answers bool // the chip acknowledges
	size    int  // digits of the chip, lit or not
}

func newDriver(name string, o Options, op opener, answers bool, size int, columns ...int) *Driver {
	if o.Columns == nil {
		o.Columns = columns
	}
	if o.Refresh <= 0 {
		o.Refresh = RefreshTime
	}
	return &Driver{name: name, o: o, opener: op, answers: answers, size: size}
}

// Expect says how a display shows that it lives: by acknowledging, where it can; else its silence proves nothing.
func (d *Driver) Expect() driver.Expect {
	if !d.answers {
		return driver.Expect{}
	}
	return driver.Expect{Silence: missed*d.o.Refresh + time.Second}
}

// Run shows the window's number until ctx ends (the display goes dark) or the display does not acknowledge.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	if err := d.check(); err != nil {
		return d.wrap(err)
	}
	p, err := d.opener.open()
	if err != nil {
		return d.wrap(err)
	}
	err = d.follow(ctx, p, out)
	if err == nil {
		_, _ = p.show(make([]Segments, d.size), d.o.Brightness) // a display that is gone is dark, or will be
	}
	if e := p.close(); err == nil && e != nil {
		err = e
	}
	if err != nil {
		return d.wrap(err)
	}
	return nil
}

func (d *Driver) wrap(err error) error { return fmt.Errorf("digits: %s: %w", d.name, err) }

// check refuses columns that the chip does not have.
func (d *Driver) check() error {
	for _, c := range d.o.Columns {
		if c < 0 || c >= d.size {
			return fmt.Errorf("column %d: the chip has 0 to %d: %w", c, d.size-1, driver.ErrPermanent)
		}
	}
	return nil
}

// follow writes the display at each change, and at each refresh.
func (d *Driver) follow(ctx context.Context, p panel, out driver.Sink) error {
	tick := time.NewTicker(d.o.Refresh)
	defer tick.Stop()
	opened := sync.OnceFunc(out.Opened)
	write := func(number string, fresh bool) error {
		acknowledged, err := d.write(p, number, fresh, out)
		if err != nil {
			return err
		}
		opened()
		if acknowledged {
			out.Seen()
		}
		return nil
	}
	number, changed := d.o.Numbers.Showing(d.o.Window)
	if err := write(number, true); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := write(number, false); err != nil {
				return err
			}
		case <-changed:
			before := number
			if number, changed = d.o.Numbers.Showing(d.o.Window); number == before {
				continue
			}
			if err := write(number, true); err != nil {
				return err
			}
		}
	}
}

// write shows a number. What of it cannot be shown is refused when it is new.
func (d *Driver) write(p panel, number string, fresh bool, out driver.Sink) (acknowledged bool, err error) {
	digits, bad := d.lay(number)
	if bad != nil && fresh {
		out.Refused(bad.Error(), []byte(number[:min(len(number), maxText)]))
	}
	return p.show(digits, d.o.Brightness)
}

// lay puts a number onto the chip's digits.
func (d *Driver) lay(number string) ([]Segments, error) {
	text, err := Encode(number[:min(len(number), maxText)], len(d.o.Columns))
	out := make([]Segments, d.size)
	for i, c := range d.o.Columns {
		out[c] = text[i]
	}
	return out, err
}
