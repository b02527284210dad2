// Package supervise runs the drivers of a hall: each in its own goroutine with jittered back-off, so that a device that is
// dead, silent or babbling is named within its stated time and never delays another.
package supervise

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Recorder keeps what drivers read. Fact returns when the fact is durable.
type Recorder interface {
	// Fact stores f, with the stamp it has or, where it has none, of now. driver.ErrPermanent: it can never be stored.
	Fact(ctx context.Context, f hall.Fact) error
	// Stamp gives the time of something heard now that Fact will store: until then the hall's sign of life stays behind it,
	// so that a kill in between leaves a gap that names it.
	Stamp() hall.Stamp
	Reading(s hall.Series, value float64)
}

// Metrics counts what the supervisor sees.
type Metrics interface {
	// Run tells how long a driver ran until it ended, and why.
	Run(device hall.DeviceID, took time.Duration, err error)
	// Read tells what a reading of a device took: from its word to the fact on the disk, or from the question to the answer.
	Read(device hall.DeviceID, took time.Duration, err error)
	Seen(device hall.DeviceID) // it gave evidence of life: a frame, an answer
	Refused(device hall.DeviceID)
	Health(device hall.DeviceID, h hall.Health)
}

// Device is one driver with what is expected of it.
type Device struct {
	ID     hall.DeviceID
	Driver driver.Driver
	Expect driver.Expect
	Keeps  bool // the device loses nothing while nobody reads it: Tried does not wait for it
}

// Options of a supervisor. Recorder is required.
type Options struct {
	Recorder Recorder
	Metrics  Metrics       // nil: none
	Logger   *slog.Logger  // nil: discard
	Check    time.Duration // how often health is derived; 0: 500 ms
}

// Supervisor runs devices.
type Supervisor struct {
	opts  Options
	units []*unit
	ready chan struct{}
	left  int
	mu    sync.Mutex
}

// Report is what the supervisor knows of a device beside its facts.
type Report struct {
	Device   hall.DeviceID
	LastSeen time.Time // on the system's clock
	Refused  uint64
	Refusals []Refusal // the newest, bounded
}

// Refusal is bytes that were set aside.
type Refusal struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Raw    []byte    `json:"raw"`
}

// New prepares the devices; nothing is opened before Run.
func New(opts Options, devices []Device) *Supervisor {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Metrics == nil {
		opts.Metrics = noMetrics{}
	}
	if opts.Check <= 0 {
		opts.Check = 500 * time.Millisecond
	}
	s := &Supervisor{opts: opts, ready: make(chan struct{})}
	for _, d := range devices {
		u := newUnit(s, d)
		if s.left++; d.Keeps {
			u.once.Do(func() { s.left-- })
		}
		s.units = append(s.units, u)
	}
	if s.left == 0 {
		close(s.ready)
	}
	return s
}

// Run runs every device until ctx ends and every driver returned.
func (s *Supervisor) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, u := range s.units {
		ended := make(chan struct{})
		wg.Go(func() { defer close(ended); u.run(ctx) })
		wg.Go(func() { u.watch(ctx) })
		wg.Go(func() { u.store(ctx, ended) })
	}
	wg.Wait()
}

// Tried is closed once every device that keeps nothing itself was opened or failed for the first time.
func (s *Supervisor) Tried() <-chan struct{} { return s.ready }

// Reports gives what is known of every device, in the order of New.
func (s *Supervisor) Reports() []Report {
	out := make([]Report, 0, len(s.units))
	for _, u := range s.units {
		out = append(out, u.report())
	}
	return out
}

// Queued tells how many facts of a device wait for the disk.
func (s *Supervisor) Queued(device hall.DeviceID) int {
	for _, u := range s.units {
		if u.dev.ID == device {
			return len(u.queue)
		}
	}
	return 0
}

// Suspicion is what the other devices of the hall say against one: it speaks, but what it says cannot be true.
type Suspicion struct {
	Stuck  bool // the state is hall.HealthStuck instead of hall.HealthDegraded
	Reason hall.Reason
}

// Suspect replaces all suspicions. A device's own evidence goes before: one that is down is down.
func (s *Supervisor) Suspect(all map[hall.DeviceID]Suspicion) {
	for _, u := range s.units {
		u.mu.Lock()
		u.health.suspect = nil
		if x, ok := all[u.dev.ID]; ok {
			u.health.suspect = &x
		}
		u.mu.Unlock()
	}
}

func (s *Supervisor) tried() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left--; s.left == 0 {
		close(s.ready)
	}
}

// backoff gives the wait before the n-th retry: doubling, full jitter over its upper half.
func backoff(e driver.Expect, n int) time.Duration {
	lo, hi := e.MinRetry, e.MaxRetry
	if lo <= 0 {
		lo = DefaultMinRetry
	}
	if hi <= 0 {
		hi = DefaultMaxRetry
	}
	d := lo << min(n, 16)
	if d > hi || d <= 0 {
		d = hi
	}
	return d/2 + rand.N(d/2+1)
}

// noMetrics counts nothing.
type noMetrics struct{}

func (noMetrics) Run(hall.DeviceID, time.Duration, error)  {}
func (noMetrics) Read(hall.DeviceID, time.Duration, error) {}
func (noMetrics) Seen(hall.DeviceID)                       {}
func (noMetrics) Refused(hall.DeviceID)                    {}
func (noMetrics) Health(hall.DeviceID, hall.Health)        {}
