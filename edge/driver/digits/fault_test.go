package digits_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/digits"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/digits"
)

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

// An acknowledgement that is lost is an error, though the number is shown; writing it again harms nothing.
func TestTM1637AcknowledgementIsLost(t *testing.T) {
	r, s := newTM1637(), &drivertest.Sink{}
	r.window.call("A012")
	r.display.SetFaults(sim.Faults{Mute: true})
	if err := r.driver.Run(t.Context(), s); err == nil || !strings.Contains(err.Error(), "does not acknowledge") || s.Heard().Opened > 0 {
		t.Errorf("got %v", err)
	}
	r.display.SetFaults(sim.Faults{})
	r.run(t, s)
	r.shows(t, "A012")
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
