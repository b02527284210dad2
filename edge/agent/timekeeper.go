package agent

import (
	"context"
	"sync"
	"time"

	"hallpulse/edge/uplink"
	"hallpulse/hall"
)

var _ uplink.Clock = (*timekeeper)(nil)

// timekeeper journals what the clock finds and lets the state follow. It stands between the uplink and the clock so that no
// batch leaves between a step of the clock and its record.
type timekeeper struct {
	a    *Agent
	mu   sync.Mutex
	owed []hall.Fact // steps that the journal could not take yet
}

// Now stamps this moment.
func (t *timekeeper) Now() hall.Stamp { return t.a.clock.Now() }

// Observe tells the clock the county's time. Steps of the system's clock that it found on the way are journalled first.
func (t *timekeeper) Observe(hub time.Time, rtt time.Duration) *hall.Fact {
	f := t.a.clock.Observe(hub, rtt)
	_ = t.check() // what could not be journalled is kept and tried again every second
	return f
}

// check journals steps of the system's clock, exactly as the clock gives them.
func (t *timekeeper) check() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.owed = append(t.owed, t.a.clock.Check()...)
	stepped := false
	var err error
	for len(t.owed) > 0 && err == nil {
		if err = t.a.rec.record(t.owed[0]); err == nil {
			t.owed, stepped = t.owed[1:], true
		}
	}
	if stepped {
		t.a.stepped()
	}
	return err
}

// record is what the uplink journals: steps of the clock and refusals.
func (t *timekeeper) record(ctx context.Context, f hall.Fact) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.a.rec.record(f); err != nil {
		return err
	}
	if f.Kind == hall.KindClock {
		t.a.stepped()
	}
	return nil
}

// stepped makes the state anew: the times of facts before a step have changed.
func (a *Agent) stepped() {
	if err := a.rebuild(); err != nil {
		a.log.Error("the state could not be rebuilt after a step of the clock", "err", err)
	}
}

// settleGaps journals gaps whose place in time is known by now.
func (a *Agent) settleGaps() error {
	return a.outages.settle(a.clock.Now(), a.link == nil || a.clock.Anchored(), a.rec.record)
}
