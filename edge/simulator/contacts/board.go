// Package contacts is GPIO lines in memory with what hangs on them: door contacts, smoke detectors, relays with their loads and
// feedback contacts. A [Board] is a driver.Pins, so that real drivers run on it.
package contacts

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
)

var _ driver.Pins = (*Board)(nil)

// Errors of a line.
var (
	ErrInUse = errors.New("contacts: the line has an owner")
	ErrAway  = errors.New("contacts: the line is gone")
)

// Board is lines by name. It is safe for concurrent use.
type Board struct {
	mu    sync.Mutex
	lines map[string]*wire
}

// Faults of a line.
type Faults struct {
	Away   bool  // its chip is unplugged: it cannot be opened, and fails where it is open
	Forbid error // opening it fails with this
	Stuck  bool  // it stays at the level that it has
}

// New gives a board with lines on which nothing hangs.
func New(names ...string) *Board {
	b := &Board{lines: map[string]*wire{}}
	for _, n := range names {
		b.lines[n] = &wire{name: n}
	}
	return b
}

// wire is one line; the board's lock guards it.
type wire struct {
	name   string
	pull   gpio.Pull
	driven *gpio.Level // by the gateway; nil: not
	held   *gpio.Level // by what hangs on it; nil: open
	stuck  *gpio.Level
	faults Faults
	owner  *Pin
	load   func(gpio.Level) // hears changes
	last   gpio.Level
}

// level is what is on the line: a contact wins over a driver, as a short circuit would.
func (w *wire) level() gpio.Level {
	for _, l := range []*gpio.Level{w.stuck, w.held, w.driven} {
		if l != nil {
			return *l
		}
	}
	return w.pull == gpio.PullUp
}

// settle tells a change to who listens; the caller holds the lock.
func (w *wire) settle() {
	now := w.level()
	if now == w.last {
		return
	}
	w.last = now
	if w.owner != nil {
		w.owner.edge(now)
	}
	if w.load != nil {
		w.load(now)
	}
}

// change does something with a line and lets it settle.
func (b *Board) change(name string, do func(w *wire)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.lines[name]
	if w == nil {
		return fmt.Errorf("contacts: no line %q: %w", name, fs.ErrNotExist)
	}
	do(w)
	w.settle()
	return nil
}

// Close closes the contact on a line (to ground, or to 3.3 V where high), or opens it.
func (b *Board) Close(name string, closed, high bool) error {
	return b.change(name, func(w *wire) {
		w.held = nil
		if l := gpio.Level(high); closed {
			w.held = &l
		}
	})
}

// Load hangs a load on a relay's line, with an auxiliary contact to ground on another one: it is closed while the load is on. A
// load stuck by its Faults (those of the feedback line) does not move, as a welded contactor.
func (b *Board) Load(relay, feedback string, activeLow bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	w, aux := b.lines[relay], b.lines[feedback]
	if w == nil || aux == nil {
		return fmt.Errorf("contacts: no line %q or %q: %w", relay, feedback, fs.ErrNotExist)
	}
	w.load = func(l gpio.Level) {
		aux.held = nil
		if low := gpio.Low; bool(l) != activeLow {
			aux.held = &low
		}
		aux.settle()
	}
	w.load(w.level())
	return nil
}

// SetFaults changes what is wrong with a line.
func (b *Board) SetFaults(name string, f Faults) error {
	return b.change(name, func(w *wire) {
		w.faults = f
		if l := w.level(); f.Stuck {
			w.stuck = &l
		} else {
			w.stuck = nil
		}
		if f.Away && w.owner != nil {
			w.owner.fail(ErrAway)
		}
	})
}

// Level gives what is on a line; Low where there is none.
func (b *Board) Level(name string) gpio.Level {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.lines[name]
	return gpio.Level(w != nil) && w.level()
}

// Pin takes a line to read it.
func (b *Board) Pin(name string) (gpio.PinIn, error) { return b.Out(name) }

// Out takes a line to drive it.
func (b *Board) Out(name string) (gpio.PinIO, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.lines[name]
	switch {
	case w == nil:
		return nil, fmt.Errorf("contacts: no line %q: %w", name, fs.ErrNotExist)
	case w.faults.Forbid != nil:
		return nil, fmt.Errorf("contacts: line %s: %w", name, w.faults.Forbid)
	case w.faults.Away:
		return nil, fmt.Errorf("%w: %s", ErrAway, name)
	case w.owner != nil:
		return nil, fmt.Errorf("%w: %s", ErrInUse, name)
	}
	p := newPin(b, w)
	w.owner = p
	return p, nil
}
