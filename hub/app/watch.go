package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/broker"
	"hallpulse/hub/store"
)

const (
	watchEvery = 2 * time.Second
	watchLimit = 5 * time.Second
)

// watch checks the credentials of gateways and follows them in the store, which another program may change. It also
// tells whether the store answers.
type watch struct {
	store *store.Store
	log   *slog.Logger
	told  changes

	mu    sync.Mutex                // also keeps a check from seeing an older store than the look it meets
	known map[hall.HallID]time.Time // when the credential in use was given
	err   error
}

// changes is who is told what became of halls' credentials. enrolled and retired are called before another gateway is let
// in; they must not block.
type changes struct {
	enrolled func(hall.HallID) // it has one now
	retired  func(hall.HallID) // it has none any more
	cut      func(hall.HallID) // the one it had is no longer good
}

var _ broker.Credentials = (*watch)(nil)

// newWatch remembers the credentials of now: what changes from here on is told.
func newWatch(ctx context.Context, s *store.Store, told changes, log *slog.Logger) (*watch, error) {
	w := &watch{store: s, log: log, told: told}
	var err error
	w.known, err = w.list(ctx)
	return w, err
}

// CheckGateway checks a credential and remembers which one it was, so that none is missed that was given, used and taken
// away between two looks. A hall that was enrolled since the last look is made known before its gateway is let in: what
// a hall says that is not waited for is not heard.
func (w *watch) CheckGateway(ctx context.Context, id hall.HallID, credential string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	given, err := w.list(ctx)
	if err != nil {
		return false, err
	}
	ok, err := w.store.CheckGateway(ctx, id, credential)
	if !ok {
		return false, err
	}
	if _, before := w.known[id]; !before {
		w.told.enrolled(id)
	}
	w.known[id] = given[id]
	return true, err
}

func (w *watch) list(ctx context.Context) (map[hall.HallID]time.Time, error) {
	gateways, err := w.store.Gateways(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[hall.HallID]time.Time, len(gateways))
	for _, g := range gateways {
		out[g.Hall] = g.Created
	}
	return out, nil
}

func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.look(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// look tells what changed since the last look.
func (w *watch) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, watchLimit)
	defer cancel()
	for _, id := range w.changed(ctx) {
		w.told.cut(id)
	}
}

// changed gives the halls whose credential is no longer good.
func (w *watch) changed(ctx context.Context) (gone []hall.HallID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, err := w.list(ctx)
	if errors.Is(err, context.Canceled) {
		return nil // the hub stops
	}
	if (err != nil) != (w.err != nil) {
		w.log.Warn("app: credentials cannot be read", "failing", err != nil, "error", err)
	}
	if w.err = err; err != nil {
		return nil
	}
	for id, given := range w.known {
		again, ok := now[id]
		if !ok {
			w.told.retired(id)
		}
		if !ok || !again.Equal(given) {
			gone = append(gone, id)
		}
	}
	for id := range now {
		if _, ok := w.known[id]; !ok {
			w.told.enrolled(id)
		}
	}
	w.known = now
	return gone
}

// health is nil while the store answers.
func (w *watch) health() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		return nil
	}
	return fmt.Errorf("app: the store does not answer: %w", w.err)
}

// cut ends the connection of a hall whose credential is no longer good.
func (a *App) cut(id hall.HallID) {
	a.log.Info("app: credential revoked or replaced", "hall", id)
	a.broker.Disconnect(id)
}

// enrolled shows a hall that is new, or is waited for again.
func (a *App) enrolled(id hall.HallID) {
	a.log.Info("app: hall enrolled", "hall", id)
	a.live.Enrol(unheard(id))
}

// unheard describes a hall of which nothing but the name is known.
func unheard(id hall.HallID) hall.Hall {
	return hall.Hall{ID: id, Name: hall.Text{ZH: string(id)}, Kind: hall.Center}
}
