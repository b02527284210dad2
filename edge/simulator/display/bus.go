// Package display is a simulated queue system: the master of a bus of number displays. It shows a number when a clerk calls
// it and repeats what every display shows, so that one that lost its power shows it again. Displays do not answer.
package display

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"hallpulse/edge/simulator/line"
	"hallpulse/hall"
)

// Times of the master.
const (
	DefaultRefresh = 10 * time.Second
	babbleTime     = 100 * time.Millisecond
)

// Errors of a call that was not shown.
var (
	ErrMuted   = errors.New("display: the master is off")
	ErrBabbles = errors.New("display: the master sends noise")
)

// Options of a bus.
type Options struct {
	Line      *line.Line
	Layout    Layout
	Addresses map[hall.WindowID]int // 1 to 247
	Refresh   time.Duration         // 0: DefaultRefresh
	Width     int                   // characters of a display; 0: 4
}

// Bus is the master. It is safe for concurrent use.
type Bus struct {
	o       Options
	windows []hall.WindowID // in the order of the bus's round

	mu     sync.Mutex
	shown  map[hall.WindowID]string
	muted  bool
	babble bool
}

// New gives a master; it is silent before Run or Call.
func New(o Options) *Bus {
	if o.Refresh <= 0 {
		o.Refresh = DefaultRefresh
	}
	if o.Width <= 0 {
		o.Width = 4
	}
	return &Bus{o: o, windows: slices.Sorted(maps.Keys(o.Addresses)), shown: map[hall.WindowID]string{}}
}

// Call shows number at the window w and returns when the last byte is on the wire. An error means that it is not shown
// and will not be. An empty number darkens the display.
func (b *Bus) Call(w hall.WindowID, number string) error {
	if _, ok := b.o.Addresses[w]; !ok {
		return fmt.Errorf("display: no display at window %q", w)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.muted:
		return ErrMuted
	case b.babble:
		return ErrBabbles
	}
	if err := b.send(w, number); err != nil {
		return err
	}
	b.shown[w] = number
	return nil
}

// Say puts a text on the display of w that is not remembered, as the queue system's clock or a test picture is.
func (b *Bus) Say(w hall.WindowID, text string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.send(w, text)
}

// Mute turns the master off or on: the bus is silent.
func (b *Bus) Mute(on bool) { b.mu.Lock(); defer b.mu.Unlock(); b.muted = on }

// Babble makes the master send noise, and no frames, until it is called with false.
func (b *Bus) Babble(on bool) { b.mu.Lock(); defer b.mu.Unlock(); b.babble = on }

// Run repeats what is shown until ctx ends. A wire that is unplugged is no error.
func (b *Bus) Run(ctx context.Context) {
	refresh := time.NewTicker(b.o.Refresh)
	defer refresh.Stop()
	noise := time.NewTicker(babbleTime)
	defer noise.Stop()
	b.refresh()
	for {
		select {
		case <-ctx.Done():
			return
		case <-refresh.C:
			b.refresh()
		case <-noise.C:
			b.noise()
		}
	}
}

// refresh holds the lock for the whole round: a repeated number must not overtake a new one.
func (b *Bus) refresh() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.muted || b.babble {
		return
	}
	for _, w := range b.windows {
		_ = b.send(w, b.shown[w]) // an unplugged wire is repeated into, too
	}
}

func (b *Bus) send(w hall.WindowID, text string) error {
	frame := b.o.Layout.frame(b.o.Addresses[w], fmt.Sprintf("%-*s", b.o.Width, text))
	if _, err := b.o.Line.Write(frame); err != nil {
		return fmt.Errorf("display: %w", err)
	}
	return nil
}

// noise is what a bus with swapped wires sounds like. It holds no byte that starts a frame: a frame after it is whole.
func (b *Bus) noise() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.muted || !b.babble {
		return
	}
	p := make([]byte, 1+rand.IntN(24))
	for i := range p {
		p[i] = 0x80 | byte(rand.IntN(0x20))
	}
	_, _ = b.o.Line.Write(p) // noise on an unplugged wire is heard by nobody
}
