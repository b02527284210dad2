package keypad_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/bus"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/driver/keypad"
	sim "hallpulse/edge/simulator/keypad"
	"hallpulse/edge/simulator/line"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wire(t *testing.T) (*line.Line, driver.PortOpener) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "keypad"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, bus.NewSerial(bus.SerialOptions{Port: l.Path()})
}

func newDriver(t *testing.T, p driver.PortOpener) *keypad.Driver {
	t.Helper()
	prof, err := profile.Load("rating-keypad")
	if err != nil {
		t.Fatal(err)
	}
	return keypad.New(keypad.Options{Port: p, Profile: prof, Windows: map[int]hall.WindowID{3: "w3", 4: "w4"}})
}

// rated1 is level 5, press 1 of keypad 3.
const rated1 = "\xAA\x55\x05\x03\x02\x05\x00\x01\x00"

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		l, port := wire(t)
		r, err := drivertest.Serial{Wire: l, Opener: port, Event: []byte(rated1), Driver: func(p driver.PortOpener) driver.Driver {
			return newDriver(t, p)
		}}.Rig()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}})
}

// run runs a driver until stop.
func run(t *testing.T, d *keypad.Driver, s *drivertest.Sink) (done chan error, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done = make(chan error, 1)
	opened := s.Heard().Opened
	go func() { done <- d.Run(ctx, s); close(done) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	s.Until(t, "the line", func(h drivertest.Heard) bool { return h.Opened > opened })
	return done, stop
}

func power(t *testing.T, l *line.Line, address int) *sim.Keypad {
	t.Helper()
	k := sim.New(sim.Options{Line: l, Address: address, Heartbeat: 100 * time.Millisecond, Resend: 50 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); k.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return k
}

func press(t *testing.T, k *sim.Keypad, level int) uint32 {
	t.Helper()
	seq, err := k.Press(level)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func drained(t *testing.T, k *sim.Keypad) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := k.Drained(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestServiceEndsWithARating(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	run(t, newDriver(t, port), s)
	k3, k4 := power(t, l, 3), power(t, l, 4)
	s.Until(t, "heartbeats", func(h drivertest.Heard) bool { return h.Seen >= 3 })
	if err := k3.Invite("A012"); err != nil {
		t.Fatal(err)
	}
	seq := press(t, k3, 5)
	drained(t, k3)
	press(t, k4, 1)
	drained(t, k4)
	h := s.Until(t, "three facts", func(h drivertest.Heard) bool { return len(h.Facts) == 3 })
	if got := *h.Facts[0].Invite; got != (hall.Invite{Number: "A012", Window: "w3"}) {
		t.Errorf("got %+v", got)
	}
	if got := *h.Facts[1].Rating; got != (hall.Rating{Window: "w3", Level: 5, Seq: seq}) || string(h.Facts[1].Raw) != rated1 {
		t.Errorf("got %+v, raw % X", got, h.Facts[1].Raw)
	}
	if got := *h.Facts[2].Rating; got != (hall.Rating{Window: "w4", Level: 1, Seq: 1}) {
		t.Errorf("got %+v", got)
	}
	if len(h.Refusals) > 0 {
		t.Errorf("refused %+v", h.Refusals)
	}
	for _, f := range h.Facts {
		if err := drivertest.Check(f); err != nil {
			t.Error(err)
		}
	}
}

func TestNothingIsAnsweredBeforeItIsStored(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	release := s.Hold()
	run(t, newDriver(t, port), s)
	k := power(t, l, 3)
	press(t, k, 4)
	s.Until(t, "the press", func(h drivertest.Heard) bool { return h.Tried == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := k.Drained(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("answered while it is not stored: %v", err)
	}
	release()
	drained(t, k)
	if h := s.Heard(); len(h.Facts) != 1 || h.Tried != 1 { // it was repeated meanwhile
		t.Errorf("%d facts, %d tries", len(h.Facts), h.Tried)
	}
}

func TestPressThatIsNotStoredIsNotAnswered(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	full := errors.New("disk full")
	s.Fail(full)
	d := newDriver(t, port)
	done, _ := run(t, d, s)
	k := power(t, l, 3)
	press(t, k, 4)
	press(t, k, 5)
	if err := <-done; !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "keypad: ") {
		t.Fatalf("got %v", err)
	}
	if k.Unacked() != 2 || s.Heard().Tried != 1 {
		t.Fatalf("%d are not answered after %d tries", k.Unacked(), s.Heard().Tried)
	}
	s.Fail(nil)
	run(t, d, s)
	drained(t, k)
	if h := s.Heard(); len(h.Facts) != 2 {
		t.Errorf("%d facts", len(h.Facts))
	}
}

func TestRepeatedPressIsStoredOnceAndAnsweredAgain(t *testing.T) {
	l, port := wire(t)
	heard := l.Heard()
	s := &drivertest.Sink{}
	d := newDriver(t, port)
	_, stop := run(t, d, s)
	answered := func(n int) {
		t.Helper()
		var got []byte
		for late := time.After(10 * time.Second); len(got) < 8*n; {
			select {
			case p := <-heard:
				got = append(got, p...)
			case <-late:
				t.Fatalf("answered % X only", got)
			}
		}
		if want := strings.Repeat("\xAA\x55\x04\x03\x82\x00\x01\x84", n); string(got) != want {
			t.Fatalf("answered % X, want % X", got, want)
		}
	}
	write := func(p string) {
		t.Helper()
		if _, err := l.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	write(rated1 + rated1)
	answered(2)
	stop()
	run(t, d, s) // the line was opened again
	write(rated1)
	answered(1)
	if h := s.Heard(); len(h.Facts) != 1 {
		t.Errorf("%d facts", len(h.Facts))
	}
	write("\xAA\x55\x05\x03\x02\x04\x00\x01\x01") // the keypad lost its power: another press with the same counter
	answered(1)
	if h := s.Heard(); len(h.Facts) != 2 {
		t.Errorf("%d facts", len(h.Facts))
	}
}

// A press that was stored and not answered before the gateway went away is answered, not stored again.
func TestPressStoredBeforeTheStart(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	prof, err := profile.Load("rating-keypad")
	if err != nil {
		t.Fatal(err)
	}
	d := keypad.New(keypad.Options{Port: port, Profile: prof, Window: "w3", Stored: []hall.Rating{{Window: "w3", Level: 5, Seq: 1}}})
	run(t, d, s)
	k := power(t, l, 3)
	press(t, k, 5)
	drained(t, k)
	press(t, k, 5)
	drained(t, k)
	if h := s.Heard(); len(h.Facts) != 1 || h.Facts[0].Rating.Seq != 2 {
		t.Errorf("stored %+v, want the second press alone", h.Facts)
	}
}

func TestForeignKeypad(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	run(t, newDriver(t, port), s)
	k := power(t, l, 9)
	press(t, k, 5)
	h := s.Until(t, "refusals", func(h drivertest.Heard) bool { return len(h.Refusals) >= 3 })
	if k.Unacked() != 1 || len(h.Facts) > 0 || h.Seen > 0 || !strings.Contains(h.Refusals[0].Reason, "9") {
		t.Errorf("not answered %d, got %+v", k.Unacked(), h)
	}
}

func TestKeypadThatSuffers(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	run(t, newDriver(t, port), s)
	k := power(t, l, 3)
	for i, f := range []sim.Faults{{Bounce: true}, {Noise: true}, {Damaged: 2}, {Bounce: true, Noise: true, Damaged: 1}} {
		k.SetFaults(f)
		press(t, k, 5-i)
		drained(t, k)
	}
	h := s.Heard()
	if len(h.Facts) != 4 || len(h.Refusals) == 0 {
		t.Errorf("%d facts, %d refusals", len(h.Facts), len(h.Refusals))
	}
}

func TestGatewayDiesAndWireIsPulled(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	d := newDriver(t, port)
	_, stop := run(t, d, s)
	k := power(t, l, 3)
	stop()
	press(t, k, 5)
	done, _ := run(t, d, s)
	drained(t, k)
	if err := l.Unplug(true); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("a pulled wire is no error")
	}
	press(t, k, 4)
	if err := l.Unplug(false); err != nil {
		t.Fatal(err)
	}
	run(t, newDriver(t, port), s) // another program: it remembers nothing
	drained(t, k)
	if h := s.Heard(); len(h.Facts) != 2 {
		t.Errorf("%d facts", len(h.Facts))
	}
}
