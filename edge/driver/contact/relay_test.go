package contact_test

import (
	"errors"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver/contact"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/hall"
)

func TestRelaySwitches(t *testing.T) {
	for _, low := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := contacts.New("relay", "aux")
			must(t, b.Load("relay", "aux", low))
			r := contact.NewRelay(contact.RelayOptions{Pins: b, Line: "relay", Feedback: "aux", ActiveLow: low, Initial: contact.Off})
			if err := r.Switch(t.Context(), true); !errors.Is(err, os.ErrClosed) {
				t.Errorf("switched before it runs: %v", err)
			}
			s, _, stop := start(t, r)
			for _, on := range []bool{true, false, true} {
				must(t, r.Switch(t.Context(), on))
				if b.Level("relay") != gpio.Level(on != low) || b.Level("aux") != gpio.Level(!on) {
					t.Errorf("commanded %v: %s, feedback %s", on, b.Level("relay"), b.Level("aux"))
				}
				passes(time.Second)
			}
			if h := s.Heard(); !slices.Equal(told(s, hall.MetricOn), []float64{0, 1, 0, 1}) || h.Seen == 0 || h.Degraded != nil {
				t.Errorf("told %v, seen %d, degraded %+v", h.Readings, h.Seen, h.Degraded)
			}
			stop()
			if b.Level("relay") != gpio.Level(!low) {
				t.Error("the end switched the light off")
			}
			r = contact.NewRelay(contact.RelayOptions{Pins: b, Line: "relay", Feedback: "aux", ActiveLow: low})
			s, _, stop = start(t, r) // it is kept
			if got := told(s, hall.MetricOn); !slices.Equal(got, []float64{1}) {
				t.Errorf("kept: %v", got)
			}
			stop()
		})
	}
}

// A welded contactor: the command fails, and the device is named until it follows.
func TestRelayThatDoesNotFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := contacts.New("relay", "aux")
		must(t, b.Load("relay", "aux", false))
		r := contact.NewRelay(contact.RelayOptions{Pins: b, Line: "relay", Feedback: "aux", Initial: contact.On})
		s, _, stop := start(t, r)
		passes(time.Second)
		must(t, b.SetFaults("aux", contacts.Faults{Stuck: true}))
		if err := r.Switch(t.Context(), false); !errors.Is(err, contact.ErrDiffers) {
			t.Errorf("got %v", err)
		}
		passes(time.Second)
		h := s.Heard()
		if h.Degraded == nil || h.Degraded.Code != "feedback_differs" || h.Degraded.Detail != "commanded off, is on" {
			t.Errorf("degraded %+v", h.Degraded)
		}
		if got := told(s, hall.MetricOn); got[len(got)-1] != 1 {
			t.Errorf("told %v: it is on", got)
		}
		must(t, b.SetFaults("aux", contacts.Faults{}))
		passes(time.Second)
		if h := s.Heard(); h.Degraded != nil {
			t.Errorf("still degraded: %+v", h.Degraded)
		}
		stop()
	})
}

// A relay without feedback is read back on its own line; that proves nothing about what hangs on it.
func TestRelayWithoutFeedback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := contacts.New("relay")
		r := contact.NewRelay(contact.RelayOptions{Pins: b, Line: "relay", Initial: contact.On, Channel: "lights"})
		s, done, _ := start(t, r)
		passes(90 * time.Second)
		h := s.Heard()
		if h.Seen > 0 || h.Opened != 1 || !slices.Equal(told(s, hall.MetricOn), []float64{1, 1}) || h.Readings[0].Part != "lights" {
			t.Errorf("%+v", h)
		}
		must(t, b.Close("relay", true, false)) // a short circuit
		passes(time.Second)
		if h := s.Heard(); h.Degraded == nil || h.Degraded.Code != "feedback_differs" {
			t.Errorf("degraded %+v", h.Degraded)
		}
		must(t, b.SetFaults("relay", contacts.Faults{Away: true}))
		passes(time.Second)
		if err := <-done; !errors.Is(err, contacts.ErrAway) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLinesAreGivenBack(t *testing.T) {
	b := contacts.New("relay", "aux")
	for _, o := range []contact.RelayOptions{{Line: "none"}, {Line: "relay", Feedback: "none"}, {Line: "none", Feedback: "aux"}} {
		o.Pins = b
		if err := contact.NewRelay(o).Run(t.Context(), &drivertest.Sink{}); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	for _, name := range []string{"relay", "aux"} {
		if _, err := b.Out(name); err != nil {
			t.Error(err)
		}
	}
}
