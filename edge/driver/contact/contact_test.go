package contact_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/contact"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start runs a driver inside a bubble of time.
func start(t *testing.T, d driver.Driver) (s *drivertest.Sink, done chan error, stop func()) {
	t.Helper()
	s = &drivertest.Sink{}
	ctx, cancel := context.WithCancel(t.Context())
	done = make(chan error, 1)
	go func() { done <- d.Run(ctx, s) }()
	synctest.Wait()
	return s, done, func() {
		cancel()
		begin := time.Now()
		if err := <-done; err != nil || time.Since(begin) > time.Second {
			t.Errorf("asked to end: %v, after %v", err, time.Since(begin))
		}
	}
}

func passes(d time.Duration) {
	time.Sleep(d) // time of the bubble
	synctest.Wait()
}

// told gives the values of a metric.
func told(s *drivertest.Sink, m hall.Metric) (out []float64) {
	for _, r := range s.Heard().Readings {
		if r.Metric == m {
			out = append(out, r.Value)
		}
	}
	return out
}

func rigOf(b *contacts.Board, d driver.Driver, line string, event func() error) *drivertest.Rig {
	plug := func(in bool) error { return b.SetFaults(line, contacts.Faults{Away: !in}) }
	return &drivertest.Rig{
		Driver: d, Says: drivertest.Readings, Asked: true, Plug: plug, Event: event,
		Forbid: func(err error) { _ = b.SetFaults(line, contacts.Faults{Forbid: err}) },
	}
}

func TestConformanceContact(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		b, closed := contacts.New("door"), false
		must(t, b.SetFaults("door", contacts.Faults{Away: true}))
		return rigOf(b, contact.New(contact.Options{Pins: b, Line: "door"}), "door", func() error {
			closed = !closed
			return b.Close("door", closed, false)
		})
	}})
}

func TestConformanceRelay(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		b := contacts.New("relay", "aux")
		must(t, b.Load("relay", "aux", false))
		must(t, b.SetFaults("aux", contacts.Faults{Away: true}))
		r := contact.NewRelay(contact.RelayOptions{Pins: b, Line: "relay", Feedback: "aux"})
		on := false
		return rigOf(b, r, "aux", func() error { on = !on; return r.Switch(t.Context(), on) })
	}})
}

// A door opens and closes; each minute its state is told again. Only a closed contact, or one that moves, is a sign of life.
func TestDoor(t *testing.T) {
	for name, c := range map[string]struct {
		o     contact.Options
		first int // signs of life while the door is closed
	}{
		"closed at rest":         {contact.Options{}, 2},
		"open at rest":           {contact.Options{OpenAtRest: true}, 0},
		"closed at rest to 3.3V": {contact.Options{ClosedIsHigh: true}, 2},
		"open at rest to 3.3V":   {contact.Options{OpenAtRest: true, ClosedIsHigh: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := contacts.New("door")
				door := func(open bool) { must(t, b.Close("door", open == c.o.OpenAtRest, c.o.ClosedIsHigh)) }
				c.o.Pins, c.o.Line, c.o.Channel = b, "door", "back"
				door(false)
				s, _, stop := start(t, contact.New(c.o))
				passes(time.Minute + time.Second)
				if h := s.Heard(); h.Opened != 1 || h.Seen != c.first || !slices.Equal(told(s, hall.MetricOpen), []float64{0, 0}) || h.Readings[0].Part != "back" {
					t.Errorf("opened %d, seen %d, told %v", h.Opened, h.Seen, h.Readings)
				}
				door(true)
				passes(time.Second)
				door(false)
				passes(time.Second)
				if h := s.Heard(); h.Seen != c.first+2 || !slices.Equal(told(s, hall.MetricOpen), []float64{0, 0, 1, 0}) {
					t.Errorf("seen %d, told %v", h.Seen, h.Readings)
				}
				stop()
			})
		})
	}
}

func TestSmokeAndACutWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := contacts.New("smoke")
		must(t, b.Close("smoke", true, false))
		s, _, stop := start(t, contact.New(contact.Options{Pins: b, Line: "smoke", Smoke: true, Debounce: time.Second}))
		must(t, b.Close("smoke", false, false)) // an impulse, shorter than the debounce
		passes(900 * time.Millisecond)
		must(t, b.Close("smoke", true, false))
		passes(5 * time.Second)
		if got := told(s, hall.MetricSmoke); !slices.Equal(got, []float64{0}) {
			t.Errorf("an impulse is smoke: %v", got)
		}
		must(t, b.Close("smoke", false, false)) // the wire is cut
		passes(2 * time.Second)
		if got := told(s, hall.MetricSmoke); !slices.Equal(got, []float64{0, 1}) {
			t.Errorf("a cut wire: %v", got)
		}
		stop()
	})
}

func TestBounceAndChatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := contacts.New("door")
		s, _, stop := start(t, contact.New(contact.Options{Pins: b, Line: "door"}))
		bounce := func(n int, d time.Duration, end bool) {
			for i := range n {
				must(t, b.Close("door", (i%2 == 0) == end, false))
				passes(d)
			}
		}
		bounce(9, 5*time.Millisecond, true)
		passes(time.Second)
		if h := s.Heard(); len(h.Readings) != 2 || h.Degraded != nil {
			t.Errorf("told %v, degraded %+v", h.Readings, h.Degraded)
		}
		bounce(81, 100*time.Millisecond, false)
		if h := s.Heard(); h.Degraded == nil || h.Degraded.Code != "chatter" || h.Stuck {
			t.Errorf("degraded %+v", h.Degraded)
		}
		passes(90 * time.Second)
		if h := s.Heard(); h.Degraded != nil {
			t.Errorf("still degraded: %+v", h.Degraded)
		}
		stop()
	})
}

// deaf is lines that never wait, as one that was taken away does.
type deaf struct{ *contacts.Board }

type deafPin struct{ gpio.PinIn }

func (deafPin) WaitForEdge(time.Duration) bool { return false }

func (d deaf) Pin(name string) (gpio.PinIn, error) {
	p, err := d.Board.Pin(name)
	return deafPin{p}, err
}

func TestLineThatDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := contact.New(contact.Options{Pins: deaf{contacts.New("door")}, Line: "door"}).Run(t.Context(), &drivertest.Sink{})
		if err == nil || !strings.Contains(err.Error(), "does not wait") {
			t.Errorf("got %v", err)
		}
	})
}
