package profiled_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/bus"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/driver/profiled"
	"hallpulse/edge/simulator/line"
	sim "hallpulse/edge/simulator/profiled"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wire(t *testing.T) (*line.Line, driver.PortOpener) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "line"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, bus.NewSerial(bus.SerialOptions{Port: l.Path()})
}

func load(t *testing.T, name string) *profile.Profile {
	t.Helper()
	p, err := profile.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// address gives a loopback address of its own for something that listens later.
func address(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

var categories = []hall.Category{
	{ID: "general", Name: hall.Text{ZH: "综合业务", EN: "General"}, Prefix: "A"},
	{ID: "insurance", Name: hall.Text{ZH: "社保医保", EN: "Insurance"}, Prefix: "B"},
}

// start runs a driver and gives its end.
func start(t *testing.T, d *profiled.Driver, s *drivertest.Sink) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	opened := s.Heard().Opened
	go func() { done <- d.Run(ctx, s) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = stop() })
	s.Until(t, "the line to be open", func(h drivertest.Heard) bool { return h.Opened > opened })
	return stop
}

// powered is a device that runs.
type powered interface{ Run(context.Context) }

func power[D powered](t *testing.T, d D) D {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return d
}

// fast is a device that need not be waited for.
func fast(w sim.Wire) sim.Options {
	return sim.Options{Wire: w, Beat: 100 * time.Millisecond, Resend: 50 * time.Millisecond}
}

func drained(t *testing.T, d interface{ Drained(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := d.Drained(ctx); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
