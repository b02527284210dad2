package keypad

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var (
	_ driver.Driver = (*Evdev)(nil)
	_ driver.Driver = (*Buttons)(nil)
)

// sameKey is how close two presses of one key are one: contacts bounce, and people press twice when nothing beeps.
const sameKey = 1500 * time.Millisecond

// counter numbers presses of equipment that does not count. It begins at the second of its making, so that no number comes
// again within the time in which a repeated one is the same press.
type counter struct{ n atomic.Uint32 }

func newCounter() *counter {
	c := &counter{}
	c.n.Store(uint32(time.Now().Unix()))
	return c
}

func (c *counter) next() uint32 { return c.n.Add(1) }

// EvdevOptions of a USB keypad.
type EvdevOptions struct {
	Input  driver.InputOpener
	Window hall.WindowID
	Keys   map[uint16]int // level by key code; empty: 1 to 5 of the number block and of the row above the letters
}

// Evdev reads a USB keypad of the kind that types (HID keyboard): its keys are taken for the gateway alone.
type Evdev struct {
	o     EvdevOptions
	count *counter
}

// Codes of keys (input-event-codes.h). A key is named by its code, whatever NumLock says.
const (
	keyNumLock = 69
	key1       = 2 // to key5 = 6
)

// DefaultKeys are 1 to 5 in both places, 1 the worst.
func DefaultKeys() map[uint16]int {
	keys := map[uint16]int{79: 1, 80: 2, 81: 3, 75: 4, 76: 5} // KP1, KP2, KP3, KP4, KP5
	for i := range 5 {
		keys[uint16(key1+i)] = i + 1
	}
	return keys
}

// NewEvdev prepares a driver; it opens nothing.
func NewEvdev(o EvdevOptions) *Evdev {
	if len(o.Keys) == 0 {
		o.Keys = DefaultKeys()
	}
	return &Evdev{o, newCounter()}
}

// Expect says nothing of silence: nobody may press for a day, and a pulled plug is told at once.
func (d *Evdev) Expect() driver.Expect { return driver.Expect{} }

// Run reads the keypad until ctx ends or it is unplugged.
func (d *Evdev) Run(ctx context.Context, out driver.Sink) error {
	in, err := d.o.Input.OpenInput()
	if err != nil {
		return fmt.Errorf("keypad: %w", err)
	}
	defer func() { _ = in.Close() }()
	out.Opened()
	out.Seen() // the kernel has it: it is plugged in
	p := &pressed{count: d.count, window: d.o.Window, out: out}
	for {
		e, err := in.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, driver.ErrKeysLost):
			out.Refused("keys were lost: the gateway was too slow", []byte("SYN_DROPPED"))
			continue
		case err != nil:
			return fmt.Errorf("keypad: %w", err)
		}
		if e.Value != driver.KeyDown || e.Code == keyNumLock { // some keypads press NumLock around every key
			continue
		}
		out.Seen()
		level, ok := d.o.Keys[e.Code]
		if !ok {
			out.Refused(fmt.Sprintf("key %d has no level", e.Code), e.Raw)
			continue
		}
		if err := p.press(ctx, level, e.At, e.Raw); err != nil {
			return err
		}
	}
}

// pressed tells presses; one that bounces is one.
type pressed struct {
	count  *counter
	window hall.WindowID
	out    driver.Sink

	level int
	at    time.Duration
	some  bool
}

func (p *pressed) press(ctx context.Context, level int, at time.Duration, raw []byte) error {
	if p.some && level == p.level && at > 0 && at-p.at < sameKey {
		p.at = at
		return nil
	}
	p.level, p.at, p.some = level, at, true
	f := hall.Fact{Kind: hall.KindRating, Raw: raw, Rating: &hall.Rating{Window: p.window, Level: level, Seq: p.count.next()}}
	if err := p.out.Later(ctx, f, nil); err != nil {
		return fmt.Errorf("keypad: journal: %w", err)
	}
	return nil
}
