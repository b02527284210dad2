// Package display reads what a queue system shows on its number displays: a passive tap on the line between the system's
// master and the displays (RS-485, or RS-232 before a converter; receive wire only). It never writes.
//
// The master repeats every display's text all the time, so that a display that lost its power shows it again: a number that
// a window shows already is no new call. A display that blinks is blank in between; a blank text ends nothing.
package display

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
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
	shown map[hall.WindowID]string // the last number seen on this line; it outlives an unplugged one
}

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	if o.Board == nil {
		o.Board = NewBoard(nil)
	}
	return &Driver{o: o, shown: map[hall.WindowID]string{}}
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
	if ev.Kind != hall.KindCall || !isNumber(ev.Number) {
		return nil
	}
	w, ok := d.window(ev.Address)
	if !ok {
		out.Refused("no window has the address "+strconv.Itoa(ev.Address), ev.Raw)
		return nil
	}
	if d.shown[w] == ev.Number { // this line says it again, perhaps later than another one that is ahead of it
		return nil
	}
	if before := d.o.Board.show(w, ev.Number); before != ev.Number {
		f := hall.Fact{Kind: hall.KindCall, Raw: bytes.Clone(ev.Raw), Call: &hall.Call{Number: ev.Number, Window: w}}
		if err := out.Later(ctx, f, nil); err != nil {
			d.o.Board.show(w, before)
			return fmt.Errorf("journal: %w", err)
		}
	}
	d.shown[w] = ev.Number
	return nil
}

func (d *Driver) window(address int) (hall.WindowID, bool) {
	if w, ok := d.o.Windows[address]; ok {
		return w, true
	}
	return d.o.Window, d.o.Window != "" && (len(d.o.Windows) == 0 || address < 0)
}
