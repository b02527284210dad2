package modbusdisplay_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/bus"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/display"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/driver/modbusdisplay"
	"hallpulse/edge/simulator/line"
	sim "hallpulse/edge/simulator/modbus"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var windows = map[int]hall.WindowID{1: "1", 7: "2"}

func wire(t *testing.T) (*line.Line, driver.PortOpener) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "bus"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, bus.NewSerial(bus.SerialOptions{Port: l.Path()})
}

func calls() *display.Calls { return display.NewCalls(display.CallsOptions{Windows: windows}) }

// options of a quick driver.
func options(p driver.PortOpener, poll bool) modbusdisplay.Options {
	return modbusdisplay.Options{Port: p, Calls: calls(), Addresses: []byte{1, 7}, Place: modbusdisplay.Place{Register: sim.TextRegister}, Poll: poll,
		Interval: 20 * time.Millisecond, Timeout: 100 * time.Millisecond, Gap: time.Millisecond, Baud: 115200}
}

// rig is a driver that runs and its bus.
type rig struct {
	t    *testing.T
	line *line.Line
	bus  *sim.Bus
	sink *drivertest.Sink
	stop func() error
}

func start(t *testing.T, poll bool, change func(*modbusdisplay.Options, *sim.Options)) *rig {
	t.Helper()
	l, port := wire(t)
	o := options(port, poll)
	s := sim.Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1, "2": 7}, Gateway: poll, Refresh: 20 * time.Millisecond}
	if change != nil {
		change(&o, &s)
	}
	r := &rig{t: t, line: l, bus: sim.New(s), sink: &drivertest.Sink{}}
	r.run(modbusdisplay.New(o))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { r.bus.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return r
}

func (r *rig) run(d *modbusdisplay.Driver) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, r.sink) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-done })
	r.t.Cleanup(func() { _ = r.stop() })
	r.sink.Until(r.t, "the line", func(h drivertest.Heard) bool { return h.Opened == 1 })
}

func (r *rig) call(w hall.WindowID, number string) {
	r.t.Helper()
	if err := r.bus.Call(w, number); err != nil {
		r.t.Fatal(err)
	}
}

// expect waits for calls, and then for more answers.
func (r *rig) expect(want ...string) {
	r.t.Helper()
	h := r.sink.Until(r.t, strings.Join(want, ", "), func(h drivertest.Heard) bool { return len(h.Facts) >= len(want) })
	r.seen(6)
	h = r.sink.Heard()
	var got []string
	for _, f := range h.Facts {
		if err := drivertest.Check(f); err != nil {
			r.t.Error(err)
		}
		got = append(got, string(f.Call.Window)+" "+f.Call.Number)
	}
	if !slices.Equal(got, want) {
		r.t.Fatalf("got %q, want %q", got, want)
	}
}

// seen waits for so many more answers.
func (r *rig) seen(more int) {
	r.t.Helper()
	n := r.sink.Heard().Seen
	r.sink.Until(r.t, "answers", func(h drivertest.Heard) bool { return h.Seen >= n+more })
}

func (r *rig) degraded(code, detail string) {
	r.t.Helper()
	r.sink.Until(r.t, code, func(h drivertest.Heard) bool {
		return h.Degraded != nil && h.Degraded.Code == code && h.Degraded.Detail == detail && !h.Stuck
	})
}

func (r *rig) healthy() {
	r.t.Helper()
	r.sink.Until(r.t, "health", func(h drivertest.Heard) bool { return h.Degraded == nil })
}

func (r *rig) clean() {
	r.t.Helper()
	if h := r.sink.Heard(); len(h.Refusals) > 0 {
		r.t.Errorf("refused %q: % X", h.Refusals[0].Reason, h.Refusals[0].Raw)
	}
}
