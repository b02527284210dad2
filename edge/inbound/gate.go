package inbound

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed says that the server is not running: a driver that lives by it is run again by its supervisor.
var ErrClosed = errors.New("server does not listen")

// Gate tells drivers whether a server listens.
type Gate struct {
	mu      sync.Mutex
	open    bool
	changed chan struct{}
}

// NewGate gives a closed gate.
func NewGate() *Gate { return &Gate{changed: make(chan struct{})} }

func (g *Gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = open
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *Gate) state() (open bool, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.changed
}

// Open says whether the server listens now.
func (g *Gate) Open() bool {
	open, _ := g.state()
	return open
}

// Await gives the server a moment to listen, as the two are started together. It fails with [ErrClosed] when it does not, and
// gives nil once ctx ended.
func (g *Gate) Await(ctx context.Context, within time.Duration) error {
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		open, changed := g.state()
		if open {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-late.C:
			return ErrClosed
		case <-changed:
		}
	}
}

// Follow waits until ctx ends (nil) or the server does ([ErrClosed]).
func (g *Gate) Follow(ctx context.Context) error {
	for {
		open, changed := g.state()
		if !open {
			return ErrClosed
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}
