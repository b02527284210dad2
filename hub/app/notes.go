package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/hub/broker"
	"hallpulse/hub/store"
)

const (
	noteEvery = time.Second
	noteLimit = 5 * time.Second // to store a report
	maxNotes  = 256             // different refusals of one report; further ones are counted under "others"
)

// notes gathers what was turned away and stores it about once a second, so that a flood costs little. What cannot be
// stored, as on a full disk, is kept for the next time.
type notes struct {
	store   *store.Store
	log     *slog.Logger
	refused atomic.Uint64 // messages of gateways that could not be read

	mu      sync.Mutex
	waiting map[store.Refusal]*store.Refusal // by everything but the count and the times
	failing bool
}

var _ broker.Refusals = (*notes)(nil)

func newNotes(s *store.Store, log *slog.Logger) *notes {
	return &notes{store: s, log: log, waiting: map[store.Refusal]*store.Refusal{}}
}

// add notes a refused message of a gateway.
func (n *notes) add(r store.Refusal) {
	n.refused.Add(1)
	n.keep(r)
}

// NoteRefusals takes the report of the broker.
func (n *notes) NoteRefusals(_ context.Context, list []broker.Refusal) error {
	for _, r := range list {
		n.keep(store.Refusal(r))
	}
	return nil
}

func (n *notes) keep(r store.Refusal) {
	key := store.Refusal{What: r.What, Who: r.Who, Remote: r.Remote, Topic: r.Topic, Reason: r.Reason}
	n.mu.Lock()
	defer n.mu.Unlock()
	have, ok := n.waiting[key]
	if !ok && len(n.waiting) >= maxNotes {
		key = store.Refusal{What: r.What, Reason: "others"}
		have, ok = n.waiting[key]
	}
	if !ok {
		have = &store.Refusal{What: key.What, Who: key.Who, Remote: key.Remote, Topic: key.Topic, Reason: key.Reason, First: r.First}
		n.waiting[key] = have
	}
	have.Count += max(r.Count, 1)
	if r.First.Before(have.First) {
		have.First = r.First
	}
	if r.Last.After(have.Last) {
		have.Last = r.Last
	}
}

// depth is how many different refusals wait to be stored.
func (n *notes) depth() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.waiting)
}

// run stores reports until ctx ends. The last report is close's.
func (n *notes) run(ctx context.Context) {
	tick := time.NewTicker(noteEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			n.report()
		case <-ctx.Done():
			return
		}
	}
}

// close stores what came last.
func (n *notes) close() error {
	if err := n.flush(); err != nil {
		return fmt.Errorf("refusals of the last moment are not kept: %w", err)
	}
	return nil
}

// report logs the first failure and the end of the failures.
func (n *notes) report() {
	err := n.flush()
	if n.failing != (err != nil) {
		n.failing = err != nil
		n.log.Warn("app: refusals cannot be kept", "failing", n.failing, "error", err)
	}
}

func (n *notes) flush() error {
	list := n.take()
	if len(list) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), noteLimit)
	defer cancel()
	err := n.store.NoteRefusals(ctx, list)
	if err != nil {
		for _, r := range list {
			n.keep(r)
		}
	}
	return err
}

func (n *notes) take() []store.Refusal {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]store.Refusal, 0, len(n.waiting))
	for _, r := range n.waiting {
		list = append(list, *r)
	}
	clear(n.waiting)
	return list
}
