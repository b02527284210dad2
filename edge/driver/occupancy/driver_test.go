package occupancy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

type sink struct {
	mu       sync.Mutex
	passed   []hall.Direction
	zone     hall.ZoneID
	opened   chan struct{}
	seen     int
	degraded *hall.Reason
	stuck    bool
	refused  int
	fail     error
}

var _ driver.Sink = (*sink)(nil)

func newSink() *sink { return &sink{opened: make(chan struct{}, 9)} }

func (s *sink) Fact(_ context.Context, f hall.Fact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.passed, s.zone = append(s.passed, f.Passage.Direction), f.Passage.Zone
	return nil
}
func (s *sink) Later(ctx context.Context, f hall.Fact, stored func()) error {
	err := s.Fact(ctx, f)
	if err == nil && stored != nil {
		stored()
	}
	return err
}

func (s *sink) Reading(hall.Metric, string, float64) {}
func (s *sink) Opened()                              { s.opened <- struct{}{} }
func (s *sink) Seen()                                { s.mu.Lock(); s.seen++; s.mu.Unlock() }
func (s *sink) Degraded(stuck bool, why hall.Reason) {
	s.mu.Lock()
	s.degraded, s.stuck = &why, stuck
	s.mu.Unlock()
}
func (s *sink) Healthy()               { s.mu.Lock(); s.degraded = nil; s.mu.Unlock() }
func (s *sink) Refused(string, []byte) { s.mu.Lock(); s.refused++; s.mu.Unlock() }
func (s *sink) directions() []hall.Direction {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.passed)
}

type pins map[string]gpio.PinIn

func (p pins) Pin(name string) (gpio.PinIn, error) {
	if pin, ok := p[name]; ok {
		return pin, nil
	}
	return nil, errors.New("no such line")
}

// rig runs a driver on two test pins inside a bubble of time.
type rig struct {
	pins map[string]*gpiotest.Pin
	sink *sink
	stop func() error
}

func run(o Options) *rig {
	r := &rig{pins: map[string]*gpiotest.Pin{}, sink: newSink()}
	open := pins{}
	for _, n := range []string{"outer", "inner"} {
		p := &gpiotest.Pin{N: n, EdgesChan: make(chan gpio.Level)}
		r.pins[n], open[n] = p, p
	}
	o.Opener, o.Outer, o.Inner, o.Zone = open, "outer", "inner", "waiting"
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(o).Run(ctx, r.sink) }()
	<-r.sink.opened
	r.stop = func() error { cancel(); return <-done }
	return r
}

func (r *rig) set(pin string, l gpio.Level, then time.Duration) {
	r.pins[pin].EdgesChan <- l
	time.Sleep(then) // time of the bubble
}

func TestDriverCounts(t *testing.T) {
	for _, high := range []bool{false, true} {
		t.Run(fmt.Sprint("broken high ", high), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(Options{BrokenHigh: high})
				broken, clear := gpio.Level(high), gpio.Level(!high)
				walk := func(first, second string) {
					r.set(first, broken, 60*time.Millisecond)
					r.set(second, broken, 120*time.Millisecond)
					r.set(first, clear, 60*time.Millisecond)
					r.set(second, clear, 300*time.Millisecond)
				}
				walk("outer", "inner")
				walk("inner", "outer")
				walk("outer", "inner")
				r.set("outer", broken, 30*time.Millisecond)
				r.set("outer", clear, time.Second)
				if err := r.stop(); err != nil {
					t.Fatal(err)
				}
				if want := []hall.Direction{hall.In, hall.Out, hall.In}; !slices.Equal(r.sink.passed, want) || r.sink.zone != "waiting" {
					t.Errorf("got %v in %q", r.sink.passed, r.sink.zone)
				}
				if r.sink.refused != 1 || r.sink.seen < 10 {
					t.Errorf("refused %d, seen %d", r.sink.refused, r.sink.seen)
				}
			})
		})
	}
}

func TestDriverFindsMissedEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(Options{})
		for _, s := range []struct {
			pin string
			l   gpio.Level
		}{{"outer", gpio.Low}, {"inner", gpio.Low}, {"outer", gpio.High}, {"inner", gpio.High}} {
			if err := r.pins[s.pin].Out(s.l); err != nil { // the level changes without an edge
				t.Fatal(err)
			}
			time.Sleep(2 * pollTime)
		}
		if err := r.stop(); err != nil || !slices.Equal(r.sink.passed, []hall.Direction{hall.In}) {
			t.Errorf("got %v, %v", r.sink.passed, err)
		}
	})
}

// Somebody goes through in less than a second, and of all edges the first alone is seen.
func TestDriverFindsMissedEdgesInsideAPassage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(Options{})
		time.Sleep(pollTime / 2) // of the bubble
		for range 3 {
			r.set("outer", gpio.Low, lookTime)
			for _, s := range []struct {
				pin string
				l   gpio.Level
			}{{"inner", gpio.Low}, {"outer", gpio.High}, {"inner", gpio.High}} {
				if err := r.pins[s.pin].Out(s.l); err != nil {
					t.Fatal(err)
				}
				time.Sleep(lookTime + lookTime/10)
			}
			time.Sleep(time.Minute)
		}
		if err := r.stop(); err != nil || !slices.Equal(r.sink.passed, []hall.Direction{hall.In, hall.In, hall.In}) {
			t.Errorf("got %v, %v", r.sink.passed, err)
		}
	})
}

func TestDriverTellsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(Options{})
		r.set("inner", gpio.Low, 10*time.Second+time.Millisecond)
		synctest.Wait()
		if d := r.sink.degraded; d == nil || d.Code != "beam_stuck" || d.Detail != "inner" || !r.sink.stuck {
			t.Errorf("degraded %+v", d)
		}
		r.set("inner", gpio.High, time.Millisecond)
		synctest.Wait()
		if r.sink.degraded != nil || len(r.sink.passed) != 0 {
			t.Errorf("degraded %+v, passed %v", r.sink.degraded, r.sink.passed)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// deadPin is a line that no longer waits, as one taken away does.
type deadPin struct{ gpiotest.Pin }

func (*deadPin) WaitForEdge(time.Duration) bool { return false }

func TestDriverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := &gpiotest.Pin{N: "good", EdgesChan: make(chan gpio.Level)}
		dead := &deadPin{gpiotest.Pin{N: "dead", EdgesChan: make(chan gpio.Level)}}
		open := pins{"good": good, "dead": dead}
		if err := New(Options{Opener: open, Outer: "good", Inner: "good"}).Run(t.Context(), newSink()); !errors.Is(err, driver.ErrPermanent) {
			t.Errorf("one line: %v", err)
		}
		if err := New(Options{Opener: open, Outer: "good", Inner: "none"}).Run(t.Context(), newSink()); err == nil {
			t.Error("no line: no error")
		}
		if err := New(Options{Opener: open, Outer: "good", Inner: "dead"}).Run(t.Context(), newSink()); err == nil {
			t.Error("dead line: no error")
		}
		r := run(Options{})
		r.sink.fail = errors.New("disk full")
		r.set("outer", gpio.Low, 50*time.Millisecond)
		r.set("inner", gpio.Low, 50*time.Millisecond)
		r.set("outer", gpio.High, 50*time.Millisecond)
		r.set("inner", gpio.High, 50*time.Millisecond)
		if err := r.stop(); err == nil {
			t.Error("a passage was lost without an error")
		}
	})
}
