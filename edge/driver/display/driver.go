// Package display reads what a queue system shows on its number displays: a passive tap on the line between the system's
// master and the displays (RS-485, or RS-232 before a converter; receive wire only). It never writes.
//
// The master repeats every display's text all the time, so that a display that lost its power shows it again: a number that
// a window shows already is no new call. A display that blinks is blank in between; a blank text ends nothing.
package display

import (
	"context"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// Times of the driver.
const (
	silence = 90 * time.Second // masters repeat at least every 30 s
	quiet   = 2 * time.Second  // half a frame from before such a pause will not be completed
)

// Options of a tap.
type Options struct {
	Port    driver.PortOpener
	Profile *profile.Profile
	Windows map[int]hall.WindowID // by address on the line
	Window  hall.WindowID         // of a line with one display: any address
	Board   *Board                // of the hall; nil: one of its own that knows nothing
}

// Driver reads one line of displays.
type Driver struct {
	o     Options
	calls *Calls
}

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	return &Driver{o: o, calls: NewCalls(CallsOptions{Windows: o.Windows, Window: o.Window, Board: o.Board})}
}

// Expect says how a line of displays shows that it lives.
func (d *Driver) Expect() driver.Expect { return driver.Expect{Silence: silence} }

// Run reads the line until ctx ends or the line fails.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	p, err := d.o.Port.OpenPort()
	if err != nil {
		return fmt.Errorf("display: %w", err)
	}
	defer func() { _ = p.Close() }() // nothing is written
	out.Opened()
	dec := d.o.Profile.NewDecoder()
	last := time.Now()
	err = driver.Listen(ctx, p, func(chunk []byte) (err error) {
		now := time.Now()
		if now.Sub(last) >= quiet {
			dec.Flush(out.Refused)
		}
		last = now
		dec.Feed(chunk, func(ev profile.Event) {
			if err == nil { // a fact that cannot be stored ends the run: the next one must not overtake it
				err = d.event(ctx, ev, out)
			}
		}, out.Refused)
		return err
	})
	if err != nil {
		return fmt.Errorf("display: %w", err)
	}
	return nil
}

// event tells what a frame means.
func (d *Driver) event(ctx context.Context, ev profile.Event, out driver.Sink) error {
	out.Seen()
	if ev.Kind != hall.KindCall {
		return nil
	}
	return d.calls.Show(ctx, ev.Address, ev.Number, ev.Raw, out)
}
