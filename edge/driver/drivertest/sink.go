package drivertest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Sink = (*Sink)(nil)

// Patience is how long a test waits for what must happen.
const Patience = 10 * time.Second

// Refusal is bytes a driver could not understand.
type Refusal struct {
	Reason string
	Raw    []byte
}

// Reading is a value a driver measured.
type Reading struct {
	Metric hall.Metric
	Part   string
	Value  float64
}

// Heard is everything a sink was told so far.
type Heard struct {
	Facts    []hall.Fact // stored ones
	Tried    int         // calls of Fact, stored or not
	Refusals []Refusal
	Readings []Reading
	Opened   int
	Seen     int
	Degraded *hall.Reason // nil: healthy
	Stuck    bool
}

// Sink keeps what a driver reads, as the supervisor's sink would take it. The zero value is ready.
type Sink struct {
	mu      sync.Mutex
	heard   Heard
	fail    error
	held    chan struct{} // nil: facts are stored at once
	changed chan struct{}
}

// Heard gives what was told so far.
func (s *Sink) Heard() Heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.heard
	h.Facts, h.Refusals, h.Readings = slices.Clone(h.Facts), slices.Clone(h.Refusals), slices.Clone(h.Readings)
	return h
}

// Fail makes every further Fact give err; nil ends it.
func (s *Sink) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// Hold makes every further Fact wait, as for a slow disk, until release is called or its context ends.
func (s *Sink) Hold() (release func()) {
	held := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held
	return sync.OnceFunc(func() {
		s.mu.Lock()
		s.held = nil
		s.mu.Unlock()
		close(held)
	})
}

// Until waits until ok, for Patience at most; what it waits for stands in the failure.
func (s *Sink) Until(t testing.TB, what string, ok func(Heard) bool) Heard {
	t.Helper()
	return s.until(t, Patience, what, ok)
}

func (s *Sink) until(t testing.TB, patience time.Duration, what string, ok func(Heard) bool) Heard {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		changed := s.change()
		h := s.Heard()
		if ok(h) {
			return h
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("waited in vain for %s; heard %+v", what, h)
			return h
		}
	}
}

// change is closed when something new is heard.
func (s *Sink) change() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// note changes what was heard and wakes who waits.
func (s *Sink) note(change func(h *Heard)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.heard)
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Fact stores f, or fails as Fail and Hold say.
func (s *Sink) Fact(ctx context.Context, f hall.Fact) error {
	f.Raw = bytes.Clone(f.Raw)
	s.note(func(h *Heard) { h.Tried++ })
	s.mu.Lock()
	held, err := s.held, s.fail
	s.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err != nil {
		return err
	}
	s.note(func(h *Heard) { h.Facts = append(h.Facts, f) })
	return nil
}

// Later is Fact: what a test holds back or lets fail is told to the driver at once.
func (s *Sink) Later(ctx context.Context, f hall.Fact, stored func()) error {
	err := s.Fact(ctx, f)
	if err == nil && stored != nil {
		stored()
	}
	return err
}

// Reading keeps a value.
func (s *Sink) Reading(metric hall.Metric, part string, value float64) {
	s.note(func(h *Heard) { h.Readings = append(h.Readings, Reading{metric, part, value}) })
}

// Opened counts.
func (s *Sink) Opened() { s.note(func(h *Heard) { h.Opened++ }) }

// Seen counts.
func (s *Sink) Seen() { s.note(func(h *Heard) { h.Seen++ }) }

// Degraded keeps the reason.
func (s *Sink) Degraded(stuck bool, why hall.Reason) {
	s.note(func(h *Heard) { h.Degraded, h.Stuck = &why, stuck })
}

// Healthy forgets the reason.
func (s *Sink) Healthy() { s.note(func(h *Heard) { h.Degraded, h.Stuck = nil, false }) }

// Refused keeps a copy of the bytes.
func (s *Sink) Refused(reason string, raw []byte) {
	s.note(func(h *Heard) { h.Refusals = append(h.Refusals, Refusal{reason, bytes.Clone(raw)}) })
}
