// Package profiled reads whatever a serial profile describes (firmware-bridge/profile): displays, dispensers and keypads, on a
// serial line or over TCP, as serial device servers offer it. One line may carry calls, invitations, ratings and tickets together.
//
// A device that repeats what it says until it is answered is answered once that is durable, and never otherwise. What it repeats
// is told once: by its counter where it has one, else by the pause between two presses.
package profiled

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// Options of a line. Profile is required, and one of Port and TCP.
type Options struct {
	Profile    *profile.Profile
	Port       driver.PortOpener     // a serial line
	TCP        *TCP                  // nil: Port
	Windows    map[int]hall.WindowID // by address on the line
	Window     hall.WindowID         // of a line with one device: any address
	Categories []hall.Category       // of tickets
	Board      Board                 // of the hall's displays; nil: one of its own that knows nothing
	// Stored are the frames of ratings and tickets that the journal got in the last RepeatTime before the program ended, as
	// they were on the line. A device that was not answered any more says them again now, however long the gateway was away.
	Stored [][]byte
}

// Driver reads one line.
type Driver struct {
	o      Options
	memory *memory
	shown  map[hall.WindowID]string // the last number seen on this line; it outlives an unplugged one
	mu     sync.Mutex
	seq    uint32 // for presses of keypads that do not count
}

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	if o.Board == nil {
		o.Board = NewShown(nil)
	}
	d := &Driver{o: o, memory: newMemory(), shown: map[hall.WindowID]string{}, seq: rand.Uint32()}
	for _, raw := range o.Stored {
		d.memory.settle(string(raw), time.Now(), true)
	}
	return d
}

// Expect says how the profile's devices show that they live.
func (d *Driver) Expect() driver.Expect {
	e := driver.Expect{Silence: d.o.Profile.Silence()}
	if d.o.TCP != nil && d.o.TCP.Listen != "" {
		e.MaxRetry = listenRetry // a device that calls must find somebody who listens
	}
	return e
}

// Run reads and answers the line until ctx ends, the line fails or a fact cannot be stored.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	l, err := d.open(ctx)
	if ctx.Err() != nil {
		if err == nil {
			_ = l.Close()
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("profiled: %w", err)
	}
	defer func() { _ = l.Close() }() // an answer that is lost is asked for again
	out.Opened()
	if err := d.listen(ctx, l, out); err != nil {
		return fmt.Errorf("profiled: %w", err)
	}
	return nil
}

// listen reads l until ctx ends (nil), the line fails or a fact cannot be stored.
func (d *Driver) listen(ctx context.Context, l line, out driver.Sink) (err error) {
	dec := d.o.Profile.NewDecoder()
	quiet := d.o.Profile.Line().Quiet
	last := time.Now()
	buf := make([]byte, 1024)
	for err == nil && ctx.Err() == nil {
		n, fresh, failed := l.read(buf)
		if now := time.Now(); fresh || n > 0 {
			if fresh || now.Sub(last) >= quiet {
				dec.Flush(out.Refused)
			}
			last = now
		}
		dec.Feed(buf[:n], func(ev profile.Event) {
			if err == nil { // a fact that cannot be stored ends the run: the next one must not overtake it
				err = d.event(ctx, ev, l, out)
			}
		}, out.Refused)
		if err == nil && failed != nil && ctx.Err() == nil {
			err = fmt.Errorf("read: %w", failed)
		}
	}
	return err
}

// event tells what a frame means.
func (d *Driver) event(ctx context.Context, ev profile.Event, l line, out driver.Sink) error {
	w, ok := d.window(ev.Address)
	mine := ok || ev.Address < 0 || d.o.Profile.Family() != hall.Keypad // another gateway's keypad is none of ours
	if mine && d.alive(ev) {
		out.Seen()
	}
	f := hall.Fact{Kind: ev.Kind, Raw: bytes.Clone(ev.Raw)}
	switch ev.Kind {
	case hall.KindTicket:
		f.Ticket = &hall.TicketIssued{Number: ev.Number, Category: d.category(ev), Text: ev.Category, Ahead: ev.Ahead}
		return d.once(ctx, ev, f, l, out)
	case hall.KindCall, hall.KindInvite, hall.KindRating:
		if !ok { // it keeps its presses
			out.Refused("no window has the address "+strconv.Itoa(ev.Address), ev.Raw)
			return nil
		}
	default:
		if mine {
			return answer(l, ev.Answer)
		}
		return nil
	}
	switch ev.Kind {
	case hall.KindCall:
		return d.call(ctx, ev, f, w, l, out)
	case hall.KindInvite:
		f.Invite = &hall.Invite{Number: ev.Number, Window: w}
		return d.later(ctx, f, ev.Answer, l, out)
	}
	f.Rating = &hall.Rating{Window: w, Level: ev.Level, Seq: ev.Seq}
	if !ev.Counted {
		f.Rating.Seq = d.next()
	}
	return d.once(ctx, ev, f, l, out)
}

// alive says whether a frame is evidence of the device's life: what a window's PC sends to a keypad proves nothing of the
// keypad, but what a master sends to its displays is all that can be heard of them.
func (d *Driver) alive(ev profile.Event) bool {
	return ev.Beat || ev.Kind == hall.KindRating || ev.Kind == hall.KindTicket || d.o.Profile.Family() == hall.Display
}

// call tells a number that a window shows, unless it shows it already.
func (d *Driver) call(ctx context.Context, ev profile.Event, f hall.Fact, w hall.WindowID, l line, out driver.Sink) error {
	if d.shown[w] == ev.Number { // this line says it again, perhaps later than another one that is ahead of it
		return answer(l, ev.Answer)
	}
	before := d.o.Board.Show(w, ev.Number)
	if before == ev.Number {
		d.shown[w] = ev.Number
		return answer(l, ev.Answer)
	}
	f.Call = &hall.Call{Number: ev.Number, Window: w}
	if err := d.later(ctx, f, ev.Answer, l, out); err != nil {
		d.o.Board.Show(w, before)
		return err
	}
	d.shown[w] = ev.Number
	return nil
}

// later stores a fact and answers it once it is durable.
func (d *Driver) later(ctx context.Context, f hall.Fact, reply []byte, l line, out driver.Sink) error {
	if err := out.Later(ctx, f, func() { _ = answer(l, reply) }); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// once stores what a device may repeat, and answers it once it is durable; what was stored before is answered alone. An
// answer that cannot be written is no matter: the device says it again.
func (d *Driver) once(ctx context.Context, ev profile.Event, f hall.Fact, l line, out driver.Sink) error {
	key, forget := string(f.Raw), repeatPause
	if ev.Counted {
		forget = RepeatTime
	}
	switch d.memory.hear(key, forget, time.Now()) {
	case done:
		return answer(l, ev.Answer)
	case waiting:
		return nil
	}
	err := out.Later(ctx, f, func() {
		d.memory.settle(key, time.Now(), true)
		_ = answer(l, ev.Answer)
	})
	if err != nil {
		d.memory.settle(key, time.Now(), false)
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// next numbers a press of a keypad that does not count itself. It begins anywhere: after a restart it must not count again
// what it counted before.
func (d *Driver) next() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seq++
	return d.seq
}

// answer writes what the profile gives for a frame, if anything.
func answer(l line, reply []byte) error {
	if len(reply) == 0 {
		return nil
	}
	if _, err := l.Write(reply); err != nil {
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
