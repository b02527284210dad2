package drivertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// CloseTime is how long a driver may take to return after its context's end.
const CloseTime = time.Second

// run is a driver that runs.
type run struct {
	t      testing.TB
	sink   *Sink
	cancel context.CancelFunc
	done   chan error
	others goleak.Option // goroutines that were there before
	wait   time.Duration // for what must happen
}

func start(t testing.TB, r *Rig) *run {
	others := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	x := &run{t: t, sink: &Sink{}, cancel: cancel, done: make(chan error, 1), others: others, wait: r.patience}
	if x.wait == 0 {
		x.wait = Patience
	}
	go func() { x.done <- r.Driver.Run(ctx, x.sink) }()
	t.Cleanup(cancel)
	return x
}

// opened waits until the device is open.
func (x *run) opened() {
	x.t.Helper()
	x.waits(x.wait, func(h Heard) bool { return h.Opened > 0 })
	if x.sink.Heard().Opened == 0 {
		x.t.Fatal("the driver does not say that the device is open")
	}
}

// waits gives a driver that must go on running d for what it may do.
func (x *run) waits(d time.Duration, ok func(Heard) bool) {
	x.t.Helper()
	late := time.NewTimer(d)
	defer late.Stop()
	for {
		changed := x.sink.change()
		if ok(x.sink.Heard()) {
			return
		}
		select {
		case err := <-x.done:
			x.t.Fatalf("the driver returned: %v", err)
		case <-changed:
		case <-late.C:
			return
		}
	}
}

// fails waits for the driver to return by itself, with an error.
func (x *run) fails() error {
	x.t.Helper()
	select {
	case err := <-x.done:
		if err == nil {
			x.t.Fatal("the driver returned without an error and without being asked")
		}
		x.clean()
		return err
	case <-time.After(x.wait):
		x.t.Fatal("the driver does not return")
		return nil
	}
}

// until waits for what must happen.
func (x *run) until(what string, ok func(Heard) bool) Heard {
	x.t.Helper()
	return x.sink.until(x.t, x.wait, what, ok)
}

// said waits for what n events make and checks its form.
func (x *run) said(r *Rig, n int) {
	x.t.Helper()
	switch r.Says {
	case Readings:
		x.until("a reading", func(h Heard) bool { return len(h.Readings) >= n && h.Seen > 0 })
	case Life:
		x.until("a sign of life", func(h Heard) bool { return h.Seen >= n })
	case Facts:
		x.stored(n)
	}
}

// heard says whether anything that the device's events make was told.
func (r *Rig) heard(h Heard) bool {
	switch r.Says {
	case Readings:
		return len(h.Readings) > 0
	case Life:
		return h.Seen > 0
	case Facts:
	}
	return h.Tried > 0
}

// stored waits for n facts and checks their form.
func (x *run) stored(n int) {
	x.t.Helper()
	h := x.until(fmt.Sprintf("%d facts", n), func(h Heard) bool { return len(h.Facts) >= n })
	if len(h.Facts) > n {
		x.t.Errorf("%d facts, want %d", len(h.Facts), n)
	}
	for _, f := range h.Facts {
		if err := Check(f); err != nil {
			x.t.Error(err)
		}
	}
}

// stop ends the driver in time.
func (x *run) stop() error {
	x.t.Helper()
	x.cancel()
	begin := time.Now()
	select {
	case err := <-x.done:
		if d := time.Since(begin); d > CloseTime {
			x.t.Errorf("the driver took %v to return", d)
		}
		x.clean()
		return err
	case <-time.After(CloseTime + x.wait):
		x.t.Fatal("the driver does not return")
		return nil
	}
}

// ends stops the driver; an end that was asked for is no error.
func (x *run) ends() {
	x.t.Helper()
	if err := x.stop(); err != nil {
		x.t.Errorf("the driver that was asked to end gave %v", err)
	}
}

// clean fails the test when the driver left a goroutine.
func (x *run) clean() {
	x.t.Helper()
	if err := goleak.Find(x.others); err != nil {
		x.t.Errorf("left behind: %v", err)
	}
}
