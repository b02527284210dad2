package keypad

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Times of buttons.
const (
	DefaultDebounce = 30 * time.Millisecond
	shortest        = 30 * time.Millisecond // a press; shorter is noise on the line
	stuckAfter      = 30 * time.Second
	lookEvery       = time.Second
)

// ButtonsOptions of buttons on lines of the gateway, wired to ground unless said otherwise.
type ButtonsOptions struct {
	Edges    driver.EdgeOpener
	Lines    []string // of level 1, 2 … in their order
	Levels   []int    // of the lines; empty: 1, 2, 3 …
	Window   hall.WindowID
	High     bool // pressed is high; false: low, with pull-up
	Debounce time.Duration
}

// Buttons reads push buttons.
type Buttons struct {
	o     ButtonsOptions
	count *counter
}

// NewButtons prepares a driver; it opens nothing.
func NewButtons(o ButtonsOptions) *Buttons {
	if o.Debounce <= 0 {
		o.Debounce = DefaultDebounce
	}
	for i := len(o.Levels); i < len(o.Lines); i++ {
		o.Levels = append(o.Levels, i+1)
	}
	return &Buttons{o, newCounter()}
}

// Expect says nothing of silence: a button that nobody presses gives no sign of life.
func (d *Buttons) Expect() driver.Expect { return driver.Expect{} }

// Run reads the buttons until ctx ends or the lines fail.
func (d *Buttons) Run(ctx context.Context, out driver.Sink) error {
	e, err := d.o.Edges.OpenEdges(driver.EdgeOptions{Lines: d.o.Lines, PullUp: !d.o.High, Rising: true, Falling: true, Debounce: d.o.Debounce})
	if err != nil {
		return fmt.Errorf("keypad: buttons: %w", err)
	}
	defer func() { _ = e.Close() }()
	b := &buttons{d: d, held: make([]held, len(d.o.Lines)), p: &pressed{count: d.count, window: d.o.Window, out: out}}
	if err := b.reread(e, time.Now()); err != nil {
		return fmt.Errorf("keypad: buttons: %w", err)
	}
	out.Opened()
	for {
		limited, cancel := context.WithTimeout(ctx, lookEvery)
		ev, err := e.Next(limited)
		timeout := errors.Is(err, context.DeadlineExceeded)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case timeout:
			b.look(time.Now())
			continue
		case errors.Is(err, driver.ErrEdgesLost):
			out.Refused("changes of the lines were lost", []byte("overflow"))
			if err := b.reread(e, time.Now()); err != nil {
				return fmt.Errorf("keypad: buttons: %w", err)
			}
			continue
		case err != nil:
			return fmt.Errorf("keypad: buttons: %w", err)
		}
		if err := b.edge(ctx, ev, time.Now()); err != nil {
			return err
		}
	}
}

// held is one button.
type held struct {
	down    bool
	at      time.Duration // of the kernel's clock
	since   time.Time
	ignored bool // until it is released
}

// buttons follows all of them.
type buttons struct {
	d     *Buttons
	held  []held
	p     *pressed
	stuck bool
}

// reread reads every button anew. One that is down then is no press: when it went down was not seen.
func (b *buttons) reread(e driver.Edges, now time.Time) error {
	for i := range b.held {
		high, err := e.High(i)
		if err != nil {
			return err
		}
		b.held[i] = held{down: high == b.d.o.High, since: now, ignored: true}
	}
	return nil
}

// edge takes a change. A press counts when it is released, so that a short glitch and a jammed button are none.
func (b *buttons) edge(ctx context.Context, e driver.Edge, now time.Time) error {
	if e.Line < 0 || e.Line >= len(b.held) {
		return nil
	}
	h := &b.held[e.Line]
	down := e.Rising == b.d.o.High
	if down == h.down {
		return nil // its other change was lost, or noise
	}
	was := *h
	*h = held{down: down, at: e.At, since: now}
	if down {
		return nil
	}
	b.look(now)
	if was.ignored || e.At-was.at < shortest {
		return nil
	}
	b.p.out.Seen()
	raw := fmt.Appendf(nil, "%s down for %v", b.d.o.Lines[e.Line], (e.At - was.at).Round(time.Millisecond))
	return b.p.press(ctx, b.d.o.Levels[e.Line], e.At, raw)
}

// look names a button that does not come up again.
func (b *buttons) look(now time.Time) {
	stuck := ""
	for i := range b.held {
		if h := &b.held[i]; h.down && now.Sub(h.since) > stuckAfter {
			h.ignored = true
			stuck = b.d.o.Lines[i]
		}
	}
	switch {
	case stuck != "" && !b.stuck:
		b.p.out.Degraded(true, hall.Reason{Code: "button_stuck", Detail: stuck})
	case stuck == "" && b.stuck:
		b.p.out.Healthy()
	}
	b.stuck = stuck != ""
}
