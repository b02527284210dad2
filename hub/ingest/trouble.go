package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// logEvery is how often a lasting failure is logged after its first time.
const logEvery = time.Minute

// trouble follows the failures of one lane: it waits longer after each, and logs the first, then rarely, then the end.
type trouble struct {
	what string
	log  *slog.Logger
	now  func() time.Time

	mu     sync.Mutex
	err    error
	since  time.Time
	logged time.Time
	wait   time.Duration
}

// failed notes a failure and waits; false when ctx ended meanwhile.
func (t *trouble) failed(ctx context.Context, err error) bool {
	now := t.now()
	t.mu.Lock()
	if t.err == nil {
		t.since, t.wait, t.logged = now, backoffMin, time.Time{}
	}
	t.err = err
	if now.Sub(t.logged) >= logEvery {
		t.logged = now
		t.log.Error("ingest: cannot store; halls keep what they have", "lane", t.what, "since", t.since, "error", err)
	}
	wait := t.wait/2 + rand.N(t.wait/2)
	t.wait = min(2*t.wait, backoffMax)
	t.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *trouble) passed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		return
	}
	t.log.Info("ingest: storing again", "lane", t.what, "after", t.now().Sub(t.since))
	t.err = nil
}

func (t *trouble) health() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		return nil
	}
	return fmt.Errorf("ingest: %s are not stored since %s: %w", t.what, t.since.Format(time.RFC3339), t.err)
}
