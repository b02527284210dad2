package display_test

import (
	"context"
	"errors"
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
	sim "hallpulse/edge/simulator/display"
	"hallpulse/edge/simulator/line"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wire(t *testing.T) (*line.Line, driver.PortOpener) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "bus"))
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

func TestConformance(t *testing.T) {
	for _, name := range []string{"led-display", "caller-display"} {
		t.Run(name, func(t *testing.T) {
			event := []byte("$001,A012#")
			if name == "caller-display" {
				event = []byte("\xFF\x68\x06\x06\x68\x01\x01A012\xD6\x16")
			}
			drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
				l, port := wire(t)
				r, err := drivertest.Serial{Wire: l, Opener: port, Event: event, Driver: func(p driver.PortOpener) driver.Driver {
					return display.New(display.Options{Port: p, Profile: load(t, name), Window: "1"})
				}}.Rig()
				if err != nil {
					t.Fatal(err)
				}
				return r
			}})
		})
	}
}

// start runs a driver and gives its end.
func start(t *testing.T, d *display.Driver, s *drivertest.Sink) (stop func() error) {
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

func calls(h drivertest.Heard) (out []string) {
	for _, f := range h.Facts {
		out = append(out, string(f.Call.Window)+" "+f.Call.Number)
	}
	return out
}

// seen waits for so many more frames.
func seen(t *testing.T, s *drivertest.Sink, more int) drivertest.Heard {
	t.Helper()
	n := s.Heard().Seen
	return s.Until(t, "frames", func(h drivertest.Heard) bool { return h.Seen >= n+more })
}

func expect(t *testing.T, s *drivertest.Sink, want ...string) {
	t.Helper()
	s.Until(t, strings.Join(want, ", "), func(h drivertest.Heard) bool { return len(h.Facts) >= len(want) })
	if got := calls(seen(t, s, 6)); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestCallsOfAQueueSystem(t *testing.T) {
	for name, layout := range map[string]sim.Layout{"led-display": sim.ASCII, "caller-display": sim.Caller} {
		t.Run(name, func(t *testing.T) {
			l, port := wire(t)
			master := sim.New(sim.Options{Line: l, Layout: layout, Addresses: map[hall.WindowID]int{"1": 1, "2": 7}, Refresh: 20 * time.Millisecond})
			s := &drivertest.Sink{}
			d := display.New(display.Options{Port: port, Profile: load(t, name), Windows: map[int]hall.WindowID{1: "1", 7: "2"}})
			stop := start(t, d, s)
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() { master.Run(ctx) })
			t.Cleanup(func() { cancel(); wg.Wait() })
			call := func(w hall.WindowID, number string) {
				t.Helper()
				if err := master.Call(w, number); err != nil {
					t.Fatal(err)
				}
			}
			seen(t, s, 4) // dark displays
			call("1", "A012")
			expect(t, s, "1 A012")
			call("2", "B003")
			expect(t, s, "1 A012", "2 B003")
			call("1", "A013")
			call("1", "A012") // the clerk takes back a call
			expect(t, s, "1 A012", "2 B003", "1 A013", "1 A012")
			call("1", "") // dark, then shown again
			seen(t, s, 4)
			call("1", "A012")
			if err := master.Say("2", "12:30"); err != nil {
				t.Fatal(err)
			}
			if err := master.Say("2", "8.8.8.8."); err != nil {
				t.Fatal(err)
			}
			expect(t, s, "1 A012", "2 B003", "1 A013", "1 A012")
			if h := s.Heard(); len(h.Refusals) > 0 {
				t.Errorf("refused %+v", h.Refusals)
			}
			if err := stop(); err != nil { // the line is opened again
				t.Fatal(err)
			}
			start(t, d, s)
			call("2", "B004")
			expect(t, s, "1 A012", "2 B003", "1 A013", "1 A012", "2 B004")
		})
	}
}

func TestWhatIsShownAtTheStartIsNoCall(t *testing.T) {
	l, port := wire(t)
	master := sim.New(sim.Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1}})
	s := &drivertest.Sink{}
	start(t, display.New(display.Options{Port: port, Profile: load(t, "led-display"), Window: "1", Board: display.NewBoard(func(w hall.WindowID) string {
		return map[hall.WindowID]string{"1": "A012"}[w]
	})}), s)
	for _, n := range []string{"A012", "A013", "A013", "A012"} { // the last comes while the disk has not even A013
		if err := master.Call("1", n); err != nil {
			t.Fatal(err)
		}
	}
	h := s.Until(t, "four frames", func(h drivertest.Heard) bool { return h.Seen == 4 })
	if got := calls(h); !slices.Equal(got, []string{"1 A013", "1 A012"}) {
		t.Errorf("got %q", got)
	}
	if string(h.Facts[0].Raw) != "$001,A013#" {
		t.Errorf("raw %q", h.Facts[0].Raw)
	}
}

// A window with a display on each of two lines makes one call of a number, also while the disk is slow.
func TestTwoLinesOneCall(t *testing.T) {
	board := display.NewBoard(nil)
	var said []string
	for _, numbers := range [][]string{{"A012", "A013"}, {"A012", "A013"}} {
		l, port := wire(t)
		master := sim.New(sim.Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1}})
		s := &drivertest.Sink{}
		start(t, display.New(display.Options{Port: port, Profile: load(t, "led-display"), Window: "1", Board: board}), s)
		if len(said) > 0 {
			numbers = numbers[1:] // it shows what the other line shows
		}
		for _, n := range numbers {
			if err := master.Call("1", n); err != nil {
				t.Fatal(err)
			}
		}
		said = append(said, calls(s.Until(t, "frames", func(h drivertest.Heard) bool { return h.Seen == len(numbers) }))...)
	}
	if want := []string{"1 A012", "1 A013"}; !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}

func TestUnknownAddress(t *testing.T) {
	l, port := wire(t)
	master := sim.New(sim.Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1, "9": 9}})
	s := &drivertest.Sink{}
	start(t, display.New(display.Options{Port: port, Profile: load(t, "led-display"), Windows: map[int]hall.WindowID{1: "1"}}), s)
	for _, w := range []hall.WindowID{"9", "1"} {
		if err := master.Call(w, "A012"); err != nil {
			t.Fatal(err)
		}
	}
	h := s.Until(t, "a call", func(h drivertest.Heard) bool { return len(h.Facts) == 1 })
	if len(h.Refusals) != 1 || !strings.Contains(h.Refusals[0].Reason, "9") || string(h.Refusals[0].Raw) != "$009,A012#" {
		t.Errorf("refused %+v", h.Refusals)
	}
}

func TestCallThatIsNotStoredIsTriedAgain(t *testing.T) {
	l, port := wire(t)
	master := sim.New(sim.Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1}})
	s := &drivertest.Sink{}
	d := display.New(display.Options{Port: port, Profile: load(t, "led-display"), Window: "1"})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	full := errors.New("disk full")
	s.Fail(full)
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, s) }()
	s.Until(t, "the line", func(h drivertest.Heard) bool { return h.Opened == 1 })
	if err := master.Call("1", "A012"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
	s.Fail(nil)
	start(t, d, s)
	if err := master.Call("1", "A012"); err != nil { // the master repeats
		t.Fatal(err)
	}
	s.Until(t, "a call", func(h drivertest.Heard) bool { return len(h.Facts) == 1 })
}

// Half a frame, a pause, and a whole frame that a decoder would take for the half's end.
func TestPauseEndsAFrame(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	start(t, display.New(display.Options{Port: port, Profile: load(t, "led-display"), Window: "1"}), s)
	write := func(p string) {
		t.Helper()
		if _, err := l.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	write("$001,A0")
	<-time.After(2200 * time.Millisecond) // longer than the pause that ends a frame
	write("12#$001,B001#")
	h := s.Until(t, "a call", func(h drivertest.Heard) bool { return len(h.Facts) > 0 })
	if got := calls(h); !slices.Equal(got, []string{"1 B001"}) || len(h.Refusals) == 0 {
		t.Errorf("got %q, refused %+v", got, h.Refusals)
	}
}
