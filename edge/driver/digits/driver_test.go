package digits_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
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

// A chip that acknowledges is missed; one that does not is never said to be there.
func TestUnplugged(t *testing.T) {
	for name, make := range map[string]func() rig{"TM1637": newTM1637, "HT16K33": newHT16K33} {
		t.Run(name, func(t *testing.T) {
			r, s := make(), &drivertest.Sink{}
			done, _ := r.run(t, s)
			r.display.SetFaults(sim.Faults{Away: true})
			if err := <-done; err == nil || !strings.HasPrefix(err.Error(), "digits: "+name) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("MAX7219", func(t *testing.T) {
		r, s := newMAX7219(), &drivertest.Sink{}
		r.display.SetFaults(sim.Faults{Away: true})
		_, stop := r.run(t, s)
		r.window.call("A001")
		stop()
		if h := s.Heard(); h.Seen > 0 || h.Opened != 1 {
			t.Errorf("%+v", h)
		}
	})
}

func TestTM1637DataIsShort(t *testing.T) {
	r, s := newTM1637(), &drivertest.Sink{}
	r.display.SetFaults(sim.Faults{Short: true})
	if err := r.driver.Run(t.Context(), s); err == nil || !strings.Contains(err.Error(), "DIO is held low") || s.Heard().Seen > 0 {
		t.Errorf("got %v", err)
	}
	r.display.SetFaults(sim.Faults{})
	r.run(t, s)
}

// An impulse on a long wire lights everything, or stops the chip; the next refresh mends it.
func TestMAX7219IsUpset(t *testing.T) {
	r, s := newMAX7219(), &drivertest.Sink{}
	r.run(t, s)
	r.window.call("A012")
	for _, u := range [][2]byte{{0x0F, 1}, {0x0C, 0}, {0x09, 0xFF}, {0x0B, 0}, {0x05, 0x42}} {
		r.shows(t, "    A012")
		r.display.(*sim.MAX7219).Upset(u[0], u[1])
	}
	r.shows(t, "    A012")
}

func TestMAX7219Denied(t *testing.T) {
	r, s := newMAX7219(), &drivertest.Sink{}
	r.display.SetFaults(sim.Faults{Forbid: fs.ErrPermission})
	if err := r.driver.Run(t.Context(), s); !errors.Is(err, fs.ErrPermission) || s.Heard().Opened > 0 {
		t.Errorf("got %v", err)
	}
	r.display.SetFaults(sim.Faults{})
	for range 3 { // the port is free again after each run
		_, stop := r.run(t, s)
		stop()
	}
}

func TestWhatCannotBeShown(t *testing.T) {
	r, s := newTM1637(), &drivertest.Sink{}
	r.run(t, s)
	for _, c := range [][2]string{{"K012", " 012"}, {"AB1234", "1234"}} {
		r.window.call(c[0])
		r.shows(t, c[1])
	}
	h := s.Until(t, "refreshes", func(h drivertest.Heard) bool { return h.Seen > 6 })
	if len(h.Refusals) != 2 || string(h.Refusals[0].Raw) != "K012" {
		t.Errorf("%+v: each number once", h.Refusals)
	}
}

func TestColumns(t *testing.T) {
	w, d := &window{number: "A01234"}, sim.NewTM1637("CLK", "DIO", []int{2, 1, 0, 5, 4, 3})
	o := options(w)
	o.Columns = []int{2, 1, 0, 5, 4, 3}
	r := rig{w, d, digits.NewTM1637(digits.TM1637Options{Options: o, Pins: d, Clock: "CLK", Data: "DIO"}), "      "}
	r.run(t, &drivertest.Sink{})
	r.shows(t, "A01234")
	o.Columns = []int{6}
	bad := digits.NewTM1637(digits.TM1637Options{Options: o, Pins: d, Clock: "CLK", Data: "DIO"})
	if err := bad.Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("a digit that the chip does not have: %v", err)
	}
}

// TestMutations calls numbers of damaged text: nothing panics, refusals are bounded, and a good number after them is shown.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	golden := []string{"A012", "8.8.8.8.", "B007"}
	bad := 0
	for range n {
		p := []byte(golden[rnd.IntN(len(golden))])
		for range 1 + rnd.IntN(4) {
			switch i := rnd.IntN(len(p) + 1); rnd.IntN(3) {
			case 0:
				p = append(p[:i:i], append([]byte{byte(rnd.Uint32())}, p[i:]...)...)
			case 1:
				p = p[:i]
			default:
				if i < len(p) {
					p[i] ^= 1 << rnd.IntN(8)
				}
			}
		}
		got, err := digits.Encode(string(p), 4)
		if len(got) != 4 {
			t.Fatalf("%q: %d digits", p, len(got))
		}
		if err != nil {
			bad++
		}
	}
	if bad == 0 || bad == n {
		t.Errorf("%d of %d refused", bad, n)
	}
	r, s := newMAX7219(), &drivertest.Sink{}
	_, stop := r.run(t, s)
	for i := range 200 {
		r.window.call(strings.Repeat("号\xFF", i))
	}
	r.window.call("A012")
	r.shows(t, "    A012")
	stop()
	h := s.Heard()
	if len(h.Refusals) > 200 {
		t.Errorf("%d refusals", len(h.Refusals))
	}
	for _, f := range h.Refusals {
		if len(f.Raw) > 32 {
			t.Fatalf("%d bytes kept", len(f.Raw))
		}
	}
}
