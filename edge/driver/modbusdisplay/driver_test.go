package modbusdisplay_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/driver/modbusdisplay"
	sim "hallpulse/edge/simulator/modbus"
	codec "hallpulse/firmware-bridge/modbus"
	"hallpulse/hall"
)

func TestCalls(t *testing.T) {
	for _, poll := range []bool{false, true} {
		t.Run(fmt.Sprint("poll ", poll), func(t *testing.T) {
			r := start(t, poll, nil)
			r.seen(4) // blank displays
			r.call("1", "A012")
			r.expect("1 A012")
			r.call("2", "B003")
			r.expect("1 A012", "2 B003")
			r.call("1", "") // dark, then shown again
			r.seen(8)
			r.call("1", "A012")
			r.call("2", "P2.3") // the temperature of the hall
			r.seen(8)
			r.call("2", "B004")
			r.expect("1 A012", "2 B003", "2 B004")
			r.clean()
		})
	}
}

func TestIntegers(t *testing.T) {
	for _, poll := range []bool{false, true} {
		for _, register := range []uint16{sim.ValueRegister, 0} {
			r := start(t, poll, func(o *modbusdisplay.Options, s *sim.Options) {
				s.Integer, s.Value = true, register
				o.Place = modbusdisplay.Place{Register: register, Encoding: modbusdisplay.Int, Prefix: "A", Digits: 3}
			})
			r.call("1", "42")
			r.call("2", "7") // its own address, but of a display that has not started anew
			if poll {
				r.expect("1 A042")
				if h := r.sink.Heard(); len(h.Refusals) != 1 {
					t.Errorf("refused %+v", h.Refusals)
				}
			} else {
				r.expect("1 A042", "2 A007")
			}
			r.call("1", "43")
			r.sink.Until(t, "a call", func(h drivertest.Heard) bool {
				return len(h.Facts) > 0 && h.Facts[len(h.Facts)-1].Call.Number == "A043"
			})
			if err := r.stop(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestOneSilentDisplay(t *testing.T) {
	for _, poll := range []bool{false, true} {
		t.Run(fmt.Sprint("poll ", poll), func(t *testing.T) {
			r := start(t, poll, nil)
			r.call("1", "A012")
			r.expect("1 A012")
			r.bus.Silence(7, true)
			r.degraded("display_silent", "7")
			r.call("1", "A013")
			r.expect("1 A012", "1 A013") // the other one does not suffer
			r.bus.Silence(7, false)
			r.healthy()
			r.call("2", "B001")
			r.expect("1 A012", "1 A013", "2 B001")
			r.bus.Silence(1, true)
			r.bus.Silence(7, true)
			r.degraded("display_silent", "1, 7")
		})
	}
}

func TestFaultsOfADisplay(t *testing.T) {
	for _, poll := range []bool{false, true} {
		for name, c := range map[string]struct {
			fault, mend  func(b *sim.Bus)
			code, detail string
		}{
			"bad CRC":     {func(b *sim.Bus) { b.BadCRC(7, true) }, func(b *sim.Bus) { b.BadCRC(7, false) }, "display_garbled", "7"},
			"duplicate":   {func(b *sim.Bus) { b.Duplicate(7, true) }, func(b *sim.Bus) { b.Duplicate(7, false) }, "display_garbled", "7"},
			"exception 2": {func(b *sim.Bus) { b.Exception(7, codec.IllegalAddress) }, func(b *sim.Bus) { b.Exception(7, 0) }, "display_fault", "7 (exception 2, illegal address)"},
			"exception 6": {func(b *sim.Bus) { b.Exception(7, codec.Busy) }, func(b *sim.Bus) { b.Exception(7, 0) }, "display_fault", "7 (exception 6, busy)"},
		} {
			t.Run(fmt.Sprint(name, ", poll ", poll), func(t *testing.T) {
				r := start(t, poll, nil)
				r.seen(4)
				c.fault(r.bus)
				r.degraded(c.code, c.detail)
				r.call("1", "A012")
				r.expect("1 A012")
				c.mend(r.bus)
				r.healthy()
				r.call("2", "B003")
				r.expect("1 A012", "2 B003")
			})
		}
	}
}

// A display that lost its power is refreshed: nothing was called.
func TestReboot(t *testing.T) {
	for _, poll := range []bool{false, true} {
		for _, own := range []bool{false, true} {
			t.Run(fmt.Sprint("poll ", poll, ", own address ", own), func(t *testing.T) {
				r := start(t, poll, func(o *modbusdisplay.Options, s *sim.Options) { s.Refresh = 300 * time.Millisecond })
				r.call("1", "A012")
				r.expect("1 A012")
				r.bus.Silence(1, true)
				r.degraded("display_silent", "1")
				r.bus.Reboot(1, own)
				r.bus.Silence(1, false)
				r.healthy()
				r.expect("1 A012")
				r.call("1", "A013")
				r.expect("1 A012", "1 A013")
			})
		}
	}
}

func TestLostReplies(t *testing.T) {
	for _, poll := range []bool{false, true} {
		r := start(t, poll, func(o *modbusdisplay.Options, _ *sim.Options) { o.Retries = 2 })
		r.bus.LoseReplies(1, 2)
		r.call("1", "A012")
		r.expect("1 A012")
		if h := r.sink.Heard(); h.Degraded != nil {
			t.Errorf("degraded: %+v", h.Degraded)
		}
		r.clean()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	}
}

func TestEcho(t *testing.T) {
	r := start(t, true, nil)
	r.bus.Echo(true)
	r.call("1", "A012")
	r.expect("1 A012")
	r.clean()
}

// A tap on the master's wire alone: its word is the sign of life.
func TestNoReplies(t *testing.T) {
	r := start(t, false, func(o *modbusdisplay.Options, _ *sim.Options) { o.NoReplies = true })
	r.bus.Silence(1, true)
	r.bus.Silence(7, true)
	r.call("1", "A012")
	r.expect("1 A012")
	if h := r.sink.Heard(); h.Degraded != nil {
		t.Errorf("degraded: %+v", h.Degraded)
	}
}

// What a master writes again, with the same bytes as an answer, long after nobody answered.
func TestRepeatedWriteIsNoAnswer(t *testing.T) {
	r := start(t, false, func(o *modbusdisplay.Options, s *sim.Options) {
		s.Integer, s.Value, s.Refresh = true, sim.ValueRegister, 150*time.Millisecond
		s.Addresses = map[hall.WindowID]int{"1": 1}
		o.Place = modbusdisplay.Place{Register: sim.ValueRegister, Encoding: modbusdisplay.Int}
		o.Timeout = 50 * time.Millisecond
	})
	r.bus.Silence(1, true)
	r.degraded("display_silent", "1")
}

func TestAnotherBusMaster(t *testing.T) {
	r := start(t, false, func(o *modbusdisplay.Options, s *sim.Options) {
		s.Addresses = map[hall.WindowID]int{"1": 1, "9": 9}
	})
	r.call("9", "C001")
	r.call("1", "A012")
	r.expect("1 A012")
	if h := r.sink.Heard(); len(h.Refusals) == 0 || h.Refusals[0].Reason != "no window has the address 9" {
		t.Errorf("refused %+v", h.Refusals)
	}
}

func TestExpect(t *testing.T) {
	for _, c := range []struct {
		o    modbusdisplay.Options
		want time.Duration
	}{
		{modbusdisplay.Options{}, 90 * time.Second}, {modbusdisplay.Options{Poll: true}, 10 * time.Second},
		{modbusdisplay.Options{Poll: true, Interval: time.Minute}, 3 * time.Minute},
	} {
		if got := modbusdisplay.New(c.o).Expect().Silence; got != c.want {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}

func TestImpossibleOptions(t *testing.T) {
	_, port := wire(t)
	o := options(port, true)
	o.Addresses = nil
	if err := modbusdisplay.New(o).Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("got %v", err)
	}
	o = options(port, true)
	o.Addresses = []byte{248}
	if err := modbusdisplay.New(o).Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("got %v", err)
	}
}

func TestCallThatIsNotStored(t *testing.T) {
	for _, poll := range []bool{false, true} {
		l, port := wire(t)
		b := sim.New(sim.Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1, "2": 7}, Gateway: poll, Refresh: 20 * time.Millisecond})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { b.Run(ctx) })
		full := errors.New("disk full")
		s := &drivertest.Sink{}
		s.Fail(full)
		if err := b.Call("1", "A012"); err != nil {
			t.Fatal(err)
		}
		if err := modbusdisplay.New(options(port, poll)).Run(t.Context(), s); !errors.Is(err, full) {
			t.Errorf("got %v", err)
		}
		cancel()
		wg.Wait()
	}
}
