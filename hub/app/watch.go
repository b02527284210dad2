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
	store    *store.Store
	log      *slog.Logger
	revoked  func(hall.HallID) // its credential was taken away or replaced
	enrolled func(hall.HallID) // it has one now

	mu    sync.Mutex                // also keeps a check from seeing an older store than the look it meets
	known map[hall.HallID]time.Time // when the credential in use was given
	err   error
}

var _ broker.Credentials = (*watch)(nil)

// newWatch remembers the credentials of now: what changes from here on is told.
func newWatch(ctx context.Context, s *store.Store, revoked, enrolled func(hall.HallID), log *slog.Logger) (*watch, error) {
	w := &watch{store: s, log: log, revoked: revoked, enrolled: enrolled}
	var err error
	w.known, err = w.list(ctx)
	return w, err
}

// CheckGateway checks a credential and remembers which one it was, so that none is missed that was given, used and taken
// away between two looks.
func (w *watch) CheckGateway(ctx context.Context, id hall.HallID, credential string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	given, err := w.list(ctx)
	if err != nil {
		return false, err
	}
	ok, err := w.store.CheckGateway(ctx, id, credential)
	if ok {
		w.known[id] = given[id]
	}
	return ok, err
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
	gone, fresh := w.changes(ctx)
	for _, id := range gone {
		w.revoked(id)
	}
	for _, id := range fresh {
		w.enrolled(id)
	}
}

func (w *watch) changes(ctx context.Context) (gone, fresh []hall.HallID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, err := w.list(ctx)
	if errors.Is(err, context.Canceled) {
		return nil, nil // the hub stops
	}
	if (err != nil) != (w.err != nil) {
		w.log.Warn("app: credentials cannot be read", "failing", err != nil, "error", err)
	}
	if w.err = err; err != nil {
		return nil, nil
	}
	for id, given := range w.known {
		if again, ok := now[id]; !ok || !again.Equal(given) {
			gone = append(gone, id)
		}
	}
	for id := range now {
		if _, ok := w.known[id]; !ok {
			fresh = append(fresh, id)
		}
	}
	w.known = now
	return gone, fresh
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

// revoked ends the connection of a hall whose credential is no longer good.
func (a *App) revoked(id hall.HallID) {
	a.log.Info("app: credential revoked or replaced", "hall", id)
	a.broker.Disconnect(id)
}

// enrolled shows a hall that is new; of one that was revoked before more is known.
func (a *App) enrolled(id hall.HallID) {
	a.log.Info("app: hall enrolled", "hall", id)
	if _, ok := a.live.Get(id); ok {
		return
	}
	a.live.Describe(unheard(id))
}

// unheard describes a hall of which nothing but the name is known.
func unheard(id hall.HallID) hall.Hall {
	return hall.Hall{ID: id, Name: hall.Text{ZH: string(id)}, Kind: hall.Center}
}
