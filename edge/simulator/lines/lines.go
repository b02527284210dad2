// Package lines is simulated lines whose changes are stamped: push buttons and a Wiegand reader. It is safe for concurrent use.
package lines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"hallpulse/edge/driver"
)

// Faults of the lines; the zero value is lines that work.
type Faults struct {
	Away     bool  // the chip is gone
	Forbid   error // opening fails with it
	Overflow bool  // the next change is told as lost ones
}

// Errors of the lines.
var (
	ErrAway  = errors.New("lines: the chip is gone")
	ErrInUse = errors.New("lines: in use")
)

// Chip is the lines of a machine. It opens lines as the kernel's character device does.
type Chip struct {
	mu     sync.Mutex
	high   map[string]bool
	taken  map[string]bool
	open   []*edges
	faults Faults
	begun  time.Time
}

// New gives lines that are high.
func New(names ...string) *Chip {
	c := &Chip{high: map[string]bool{}, taken: map[string]bool{}, begun: time.Now()}
	for _, n := range names {
		c.high[n] = true
	}
	return c
}

// SetFaults says what is wrong. A chip that goes away ends what is open.
func (c *Chip) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults = f; f.Away {
		for _, e := range c.open {
			e.end()
		}
		c.open = nil
		clear(c.taken)
	}
}

// OpenEdges takes lines.
func (c *Chip) OpenEdges(o driver.EdgeOptions) (driver.Edges, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.faults.Forbid != nil:
		return nil, c.faults.Forbid
	case c.faults.Away:
		return nil, ErrAway
	}
	for _, n := range o.Lines {
		if _, ok := c.high[n]; !ok {
			return nil, fmt.Errorf("lines: %s: %w", n, fs.ErrNotExist)
		}
		if c.taken[n] {
			return nil, fmt.Errorf("%w: %s", ErrInUse, n)
		}
	}
	for _, n := range o.Lines {
		c.taken[n] = true
	}
	e := &edges{c: c, o: o, waiting: make(chan driver.Edge, 4096), lost: make(chan struct{}, 1), gone: make(chan struct{})}
	c.open = append(c.open, e)
	return e, nil
}

// Set sets a line now.
func (c *Chip) Set(name string, high bool) { c.set(name, high, time.Since(c.begun)) }

func (c *Chip) set(name string, high bool, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, ok := c.high[name]; !ok || was == high {
		return
	}
	c.high[name] = high
	for _, e := range c.open {
		e.change(name, high, at, c.faults.Overflow)
	}
	c.faults.Overflow = false
}

// Press presses a button (wired to ground) for a while of the lines' own clock, and bounces n times at each end.
func (c *Chip) Press(name string, lasts time.Duration, bounces int) {
	at := time.Since(c.begun)
	for i := range 2*bounces + 1 {
		c.set(name, i%2 == 1, at+time.Duration(i)*200*time.Microsecond)
	}
	at += lasts
	for i := range 2*bounces + 1 {
		c.set(name, i%2 == 0, at+time.Duration(i)*200*time.Microsecond)
	}
}

// Wiegand sends bits on two lines: a pulse on d0 is a 0, one on d1 a 1. They come as fast as they are sent; their stamps are
// those of a reader, one each 2 ms.
func (c *Chip) Wiegand(d0, d1 string, bits string) {
	at := time.Since(c.begun)
	for i, b := range bits {
		name := d0
		if b == '1' {
			name = d1
		}
		c.set(name, false, at+time.Duration(i)*2*time.Millisecond)
		c.set(name, true, at+time.Duration(i)*2*time.Millisecond+50*time.Microsecond)
	}
}

// Noise makes n pulses anywhere.
func (c *Chip) Noise(rnd *rand.Rand, n int, names ...string) {
	at := time.Since(c.begun)
	for i := range n {
		name := names[rnd.IntN(len(names))]
		at += time.Duration(rnd.IntN(3000)) * time.Microsecond
		c.set(name, false, at)
		c.set(name, true, at+time.Duration(i%7)*10*time.Microsecond)
	}
}

// edges is lines that somebody has.
type edges struct {
	c       *Chip
	o       driver.EdgeOptions
	waiting chan driver.Edge
	lost    chan struct{}
	gone    chan struct{}
	once    sync.Once
}

func (e *edges) end() { e.once.Do(func() { close(e.gone) }) }

// change tells a change; the chip's lock is held.
func (e *edges) change(name string, high bool, at time.Duration, overflow bool) {
	i := slices.Index(e.o.Lines, name)
	if i < 0 || high && !e.o.Rising || !high && !e.o.Falling {
		return
	}
	if !overflow {
		select {
		case e.waiting <- driver.Edge{Line: i, Rising: high, At: at}:
			return
		default:
		}
	}
	select {
	case e.lost <- struct{}{}:
	default:
	}
}

// Next gives the next change.
func (e *edges) Next(ctx context.Context) (driver.Edge, error) {
	select {
	case ev := <-e.waiting:
		return ev, nil
	default:
	}
	select {
	case ev := <-e.waiting:
		return ev, nil
	case <-e.lost:
		return driver.Edge{}, driver.ErrEdgesLost
	case <-e.gone:
		return driver.Edge{}, ErrAway
	case <-ctx.Done():
		return driver.Edge{}, ctx.Err()
	}
}

// High reads a line.
func (e *edges) High(line int) (bool, error) {
	e.c.mu.Lock()
	defer e.c.mu.Unlock()
	if e.c.faults.Away {
		return false, ErrAway
	}
	return e.c.high[e.o.Lines[line]], nil
}

// Close gives the lines back.
func (e *edges) Close() error {
	e.end()
	e.c.mu.Lock()
	defer e.c.mu.Unlock()
	if i := slices.Index(e.c.open, e); i >= 0 {
		e.c.open = slices.Delete(e.c.open, i, i+1)
		for _, n := range e.o.Lines {
			delete(e.c.taken, n)
		}
	}
	return nil
}
