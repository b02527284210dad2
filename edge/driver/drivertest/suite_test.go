package drivertest

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

func TestSuitePassesAGoodDriver(t *testing.T) {
	Run(t, Setup{New: func(t *testing.T) *Rig { return newToy(sins{}).rig() }})
}

// witness is a test that may fail.
type witness struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (w *witness) Helper()                   {}
func (w *witness) Cleanup(f func())          { w.cleanups = append(w.cleanups, f) }
func (w *witness) Error(a ...any)            { w.failures = append(w.failures, fmt.Sprint(a...)) }
func (w *witness) Errorf(f string, a ...any) { w.failures = append(w.failures, fmt.Sprintf(f, a...)) }
func (w *witness) Fatal(a ...any)            { w.Error(a...); runtime.Goexit() }
func (w *witness) Fatalf(f string, a ...any) { w.Errorf(f, a...); runtime.Goexit() }

func TestSuiteFailsBadDrivers(t *testing.T) {
	for name, c := range map[string]struct {
		sins sins
		fail string // the case that must notice
	}{
		"late":         {sins{lazy: true}, "close"},
		"leaks":        {sins{leaks: true}, "close"},
		"deaf":         {sins{deaf: true}, "babble"},
		"eager":        {sins{eager: true}, "half a frame, then the rest"},
		"makes facts":  {sins{chatty: true}, "silence"},
		"bare facts":   {sins{bare: true}, "plug in"},
		"waits":        {sins{stubborn: true}, "cold start unplugged"},
		"hides errors": {sins{opaque: true}, "permission denied"},
		"tough":        {sins{tough: true}, "unplug while reading"},
		"never opens":  {sins{forgetful: true}, "plug in"},
	} {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(suite(), func(s testCase) bool { return s.name == c.fail })
			w := &witness{TB: t}
			toy := newToy(c.sins)
			done := make(chan struct{})
			go func() { defer close(done); suite()[i].run(w, toy.rig()) }()
			<-done
			for _, f := range w.cleanups {
				f()
			}
			close(toy.leak)
			if len(w.failures) == 0 {
				t.Errorf("%q did not notice", c.fail)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		change func(f *hall.Fact)
		wrong  string
	}{
		{func(*hall.Fact) {}, ""},
		{func(f *hall.Fact) { f.Passage = nil }, "bodies"},
		{func(f *hall.Fact) { f.Call = &hall.Call{} }, "bodies"},
		{func(f *hall.Fact) { f.Kind = hall.KindCall }, "bodies"},
		{func(f *hall.Fact) { f.Raw = nil }, "without"},
		{func(f *hall.Fact) { f.Device = "d" }, "device"},
		{func(f *hall.Fact) { f.At.Wall = time.Unix(1, 0) }, "device"},
	} {
		f := fact("E")
		c.change(&f)
		err := Check(f)
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestSink(t *testing.T) {
	var s Sink
	s.Degraded(true, hall.Reason{Code: "beam_stuck"})
	s.Reading(hall.MetricPeople, "z", 3)
	if h := s.Heard(); h.Degraded == nil || !h.Stuck || len(h.Readings) != 1 {
		t.Errorf("got %+v", h)
	}
	s.Healthy()
	if h := s.Heard(); h.Degraded != nil || h.Stuck {
		t.Errorf("got %+v", h)
	}
	s.Fail(fs.ErrInvalid)
	if err := s.Fact(t.Context(), fact("E")); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	s.Fail(nil)
	release := s.Hold()
	done := make(chan error, 1)
	go func() { done <- s.Fact(t.Context(), fact("E")) }()
	s.Until(t, "two tries", func(h Heard) bool { return h.Tried == 2 })
	if len(done) > 0 || len(s.Heard().Facts) > 0 {
		t.Error("a fact was stored while facts are held")
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if h := s.Heard(); len(h.Facts) != 1 {
		t.Errorf("got %+v", h)
	}
}
