package supervise

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/hall"
)

// Bounds of what is kept of refused bytes.
const (
	keepRefusals = 20
	keepRawBytes = 256
)

// unit is one device: its driver's loop, its evidence and the health last journalled.
type unit struct {
	s       *Supervisor
	dev     Device
	mu      sync.Mutex
	health  *health
	current hall.Health
	reason  hall.Reason
	kept    []Refusal
	unsent  int // refusals since the last KindRefusal fact
	opened  bool
	queue   chan queued
	once    sync.Once
	refused atomic.Uint64
}

func newUnit(s *Supervisor, d Device) *unit {
	return &unit{s: s, dev: d, health: newHealth(d.Expect, time.Now()), queue: make(chan queued, maxQueue)}
}

// run runs the driver again and again until ctx ends.
func (u *unit) run(ctx context.Context) {
	log := u.s.opts.Logger.With("device", string(u.dev.ID))
	for n := 0; ctx.Err() == nil; n++ {
		begin := time.Now()
		err := u.runOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("driver ended without being asked")
		}
		if u.fail(err) {
			n = 0
			log.Warn("device failed", "err", err)
		} else if n == 0 {
			log.Warn("device cannot be opened", "err", err)
		}
		u.s.opts.Metrics.Run(u.dev.ID, time.Since(begin), err)
		select {
		case <-ctx.Done():
		case <-time.After(backoff(u.dev.Expect, n)):
		}
	}
}

// runOnce turns a panic of a driver into a failure of its device: one bad driver never takes the rest down.
func (u *unit) runOnce(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("supervise: driver panicked: %v", p)
		}
	}()
	return u.dev.Driver.Run(ctx, u)
}

// fail notes a failed run and says whether the device had given evidence of life: only that makes the next wait short again.
func (u *unit) fail(err error) (lived bool) {
	u.mu.Lock()
	code := "open_failed"
	if u.opened {
		code = "read_failed"
		lived = u.health.seen.After(u.health.started)
	}
	u.opened = false
	u.health.failed = &hall.Reason{Code: code, Detail: clip(err.Error(), 200)}
	u.mu.Unlock()
	u.once.Do(u.s.tried)
	return lived
}

// watch derives the health and journals its changes, and the refusals at most once a minute.
func (u *unit) watch(ctx context.Context) {
	tick := time.NewTicker(u.s.opts.Check)
	defer tick.Stop()
	u.s.opts.Metrics.Health(u.dev.ID, hall.HealthUnknown)
	var lastRefusal time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			u.check(ctx, now)
			if now.Sub(lastRefusal) >= time.Minute && u.sendRefusals(ctx) {
				lastRefusal = now
			}
		}
	}
}

// check journals a change of health; a fact that could not be stored is tried again at the next check.
func (u *unit) check(ctx context.Context, now time.Time) {
	u.mu.Lock()
	to, why := u.health.state(now)
	from := u.current
	changed := to != from || why.Code != u.reason.Code
	u.mu.Unlock()
	if !changed {
		return
	}
	f := hall.Fact{Kind: hall.KindDevice, Device: u.dev.ID, Change: &hall.DeviceChange{From: from, To: to, Reason: why}}
	if err := u.s.opts.Recorder.Fact(ctx, f); err != nil {
		return
	}
	u.mu.Lock()
	u.current, u.reason = to, why
	u.mu.Unlock()
	u.s.opts.Metrics.Health(u.dev.ID, to)
}

func (u *unit) sendRefusals(ctx context.Context) bool {
	u.mu.Lock()
	n := u.unsent
	var last Refusal
	if len(u.kept) > 0 {
		last = u.kept[len(u.kept)-1]
	}
	u.mu.Unlock()
	if n == 0 {
		return false
	}
	f := hall.Fact{Kind: hall.KindRefusal, Device: u.dev.ID, Raw: last.Raw, Refusal: &hall.Refusal{Where: string(u.dev.ID), Reason: last.Reason, Count: n}}
	if err := u.s.opts.Recorder.Fact(ctx, f); err != nil {
		return false
	}
	u.mu.Lock()
	u.unsent -= n
	u.mu.Unlock()
	return true
}

func (u *unit) report() Report {
	u.mu.Lock()
	defer u.mu.Unlock()
	return Report{Device: u.dev.ID, LastSeen: u.health.seen, Refused: u.refused.Load(), Refusals: append([]Refusal(nil), u.kept...)}
}
