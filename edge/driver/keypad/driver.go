// Package keypad reads rating keypads (评价器) on a serial line that they may share with their window's PC: invitations to
// rate, and ratings. A keypad repeats a press until it is answered; the driver answers once the press is durable, and
// never otherwise.
package keypad

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
	silence = 30 * time.Second // keypads beat every 5 to 10 s
	quiet   = 2 * time.Second  // half a frame from before such a pause will not be completed
)

// Options of a line of keypads.
type Options struct {
	Port    driver.PortOpener
	Profile *profile.Profile
	Windows map[int]hall.WindowID // by address on the line
	Window  hall.WindowID         // of a line with one keypad: any address
	// Stored are the presses that the journal got in the last RepeatTime before the program ended. A keypad that was not
	// answered any more says them again now, however long the gateway was away.
	Stored []hall.Rating
}

// Driver reads one line of keypads.
type Driver struct {
	o       Options
	presses *ledger
}

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	d := &Driver{o: o, presses: newLedger()}
	for _, r := range o.Stored {
		d.presses.settle(press{r.Window, r.Seq, r.Level}, time.Now(), true)
	}
	return d
}

// Expect says how a keypad shows that it lives.
func (d *Driver) Expect() driver.Expect { return driver.Expect{Silence: silence} }

// Run reads and answers the line until ctx ends, the line fails or a press cannot be stored.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	p, err := d.o.Port.OpenPort()
	if err != nil {
		return fmt.Errorf("keypad: %w", err)
	}
	defer func() { _ = p.Close() }() // an answer that is lost is asked for again
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
				err = d.event(ctx, ev, p, out)
			}
		}, out.Refused)
		return err
	})
	if err != nil {
		return fmt.Errorf("keypad: %w", err)
	}
	return nil
}

// event tells what a frame means.
func (d *Driver) event(ctx context.Context, ev profile.Event, p driver.Port, out driver.Sink) error {
	w, ok := d.window(ev.Address)
	if !ok { // another gateway's, or one that the configuration forgot: it keeps its presses
		out.Refused("no window has the address "+strconv.Itoa(ev.Address), ev.Raw)
		return nil
	}
	out.Seen()
	f := hall.Fact{Kind: ev.Kind, Raw: bytes.Clone(ev.Raw)}
	switch ev.Kind {
	case hall.KindInvite:
		f.Invite = &hall.Invite{Number: ev.Number, Window: w}
	case hall.KindRating:
		f.Rating = &hall.Rating{Window: w, Level: ev.Level, Seq: ev.Seq}
		return d.pressed(ctx, press{w, ev.Seq, ev.Level}, f, ev.Answer, p, out)
	default:
		return answer(p, ev.Answer)
	}
	if err := out.Later(ctx, f, func() { _ = answer(p, ev.Answer) }); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// pressed stores a press and answers it once it is durable; one that was stored before is answered alone. An answer that
// cannot be written is no matter: the keypad says the press again.
func (d *Driver) pressed(ctx context.Context, key press, f hall.Fact, reply []byte, p driver.Port, out driver.Sink) error {
	switch d.presses.hear(key, time.Now()) {
	case done:
		return answer(p, reply)
	case waiting:
		return nil
	}
	err := out.Later(ctx, f, func() {
		d.presses.settle(key, time.Now(), true)
		_ = answer(p, reply)
	})
	if err != nil {
		d.presses.settle(key, time.Now(), false)
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// answer writes what the profile gives for a frame, if anything.
func answer(p driver.Port, reply []byte) error {
	if len(reply) == 0 {
		return nil
	}
	if _, err := p.Write(reply); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

func (d *Driver) window(address int) (hall.WindowID, bool) {
	if w, ok := d.o.Windows[address]; ok {
		return w, true
	}
	return d.o.Window, d.o.Window != "" && (len(d.o.Windows) == 0 || address < 0)
}
