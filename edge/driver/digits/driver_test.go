package digits_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/digits"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/digits"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// window is what one window calls.
type window struct {
	mu      sync.Mutex
	number  string
	changed chan struct{}
}

func (w *window) call(number string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.number = number
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

func (w *window) Showing(id hall.WindowID) (string, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	if id != "w1" {
		return "", w.changed
	}
	return w.number, w.changed
}

// display is what the simulators have in common.
type display interface {
	Text() string
	Await(ctx context.Context, text string) error
	SetFaults(sim.Faults)
	Reset()
}

// rig is a display with its driver.
type rig struct {
	window  *window
	display display
	driver  driver.Driver
	dark    string
}

const refresh = 20 * time.Millisecond

func options(w *window) digits.Options {
	return digits.Options{Window: "w1", Numbers: w, Brightness: 5, Refresh: refresh}
}

func newTM1637() rig {
	w, d := &window{}, sim.NewTM1637("CLK", "DIO", nil)
	return rig{w, d, digits.NewTM1637(digits.TM1637Options{Options: options(w), Pins: d, Clock: "CLK", Data: "DIO"}), "    "}
}

func newMAX7219() rig {
	w, d := &window{}, sim.NewMAX7219()
	return rig{w, d, digits.NewMAX7219(digits.MAX7219Options{Options: options(w), Port: d}), "        "}
}

// run runs a driver until stop, which gives its error.
func (r rig) run(t *testing.T, s *drivertest.Sink) (done chan error, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done = make(chan error, 1)
	go func() { done <- r.driver.Run(ctx, s); close(done) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("asked to end: %v", err)
		}
	}
	t.Cleanup(func() { cancel(); <-done })
	s.Until(t, "the display", func(h drivertest.Heard) bool { return h.Opened > 0 })
	return done, stop
}

// again is a driver that is run again after a failure, as the supervisor does.
type again struct{ driver.Driver }

func (a again) Run(ctx context.Context, out driver.Sink) error {
	for {
		if err := a.Driver.Run(ctx, out); err == nil {
			return nil
		}
	}
}

func (r rig) shows(t *testing.T, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
	defer cancel()
	if err := r.display.Await(ctx, text); err != nil {
		t.Fatal(err)
	}
}

func (r rig) conformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(*testing.T) *drivertest.Rig {
		r.display.SetFaults(sim.Faults{Away: true})
		return &drivertest.Rig{
			Driver: r.driver, Says: drivertest.Life, Asked: true,
			Plug:   func(in bool) error { r.display.SetFaults(sim.Faults{Away: !in}); return nil },
			Event:  func() error { r.window.call("A001"); return nil },
			Forbid: func(err error) { r.display.SetFaults(sim.Faults{Forbid: err}) },
		}
	}})
}

func TestConformanceTM1637(t *testing.T)  { newTM1637().conformance(t) }
func TestConformanceHT16K33(t *testing.T) { newHT16K33().conformance(t) }

// A display shows the number of its window, comes back after it lost its power, and is dark at the end.
func TestADay(t *testing.T) {
	for name, c := range map[string]struct {
		make func() rig
		pad  string
	}{"TM1637": {newTM1637, ""}, "MAX7219": {newMAX7219, "    "}, "HT16K33": {newHT16K33, ""}} {
		t.Run(name, func(t *testing.T) {
			r, s := c.make(), &drivertest.Sink{}
			expect := r.driver.(interface{ Expect() driver.Expect }).Expect()
			r.driver = again{r.driver} // power may be lost within a byte
			_, stop := r.run(t, s)
			r.shows(t, r.dark)
			for _, number := range []string{"A012", "B7", "A013"} {
				r.window.call(number)
				r.shows(t, c.pad+strings.Repeat(" ", 4-len(number))+number)
			}
			r.display.Reset()
			r.shows(t, c.pad+"A013")
			r.window.call("")
			r.shows(t, r.dark)
			r.window.call("A014")
			r.shows(t, c.pad+"A014")
			stop()
			if r.display.Text() != r.dark {
				t.Errorf("after the end it shows %q", r.display.Text())
			}
			if h := s.Heard(); len(h.Refusals) > 0 || h.Degraded != nil || (h.Seen > 0) == (name == "MAX7219") {
				t.Errorf("%+v", h)
			}
			if (expect.Silence > 0) == (name == "MAX7219") {
				t.Errorf("%+v", expect)
			}
		})
	}
}
