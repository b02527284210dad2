package air_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/air"
	sim "hallpulse/edge/simulator/air"
	bus "hallpulse/edge/simulator/i2c"
	"hallpulse/hall"
)

// A value that stays the same to its last bit is no measurement; it is named and not told any more.
func TestFrozen(t *testing.T) {
	each(t, func(t *testing.T, _ kind, c chip, d *air.Driver) {
		s, _, stop := start(t, d)
		passes(time.Minute)
		c.SetFaults(sim.Faults{Frozen: true})
		passes(air.FrozenTime - time.Minute)
		if h := s.Heard(); h.Degraded != nil {
			t.Errorf("too early: %+v", h.Degraded)
		}
		passes(2 * time.Minute)
		h := s.Heard()
		if h.Degraded == nil || h.Degraded.Code != "frozen" || !h.Stuck {
			t.Fatalf("degraded %+v", h.Degraded)
		}
		passes(time.Minute)
		if more := s.Heard(); len(more.Readings) > len(h.Readings) || more.Seen == h.Seen {
			t.Error("frozen values are told, or the device is taken for silent")
		}
		c.SetFaults(sim.Faults{})
		passes(time.Minute)
		if more := s.Heard(); more.Degraded != nil || len(more.Readings) == len(h.Readings) {
			t.Errorf("still degraded: %+v", more.Degraded)
		}
		stop()
	})
}

// One reading that equals the last one before a long outage is not frozen.
func TestNotFrozenAfterAnOutage(t *testing.T) {
	each(t, func(t *testing.T, _ kind, c chip, d *air.Driver) {
		c.SetFaults(sim.Faults{Frozen: true})
		_, _, stop := start(t, d)
		passes(time.Minute)
		stop()
		passes(2 * time.Hour)
		s, _, stop := start(t, d)
		passes(10 * time.Minute)
		if h := s.Heard(); h.Degraded != nil || len(h.Readings) == 0 {
			t.Errorf("degraded %+v", h.Degraded)
		}
		stop()
	})
}

func TestOutOfRange(t *testing.T) {
	each(t, func(t *testing.T, k kind, c chip, d *air.Driver) {
		s, _, stop := start(t, d)
		passes(time.Minute)
		c.SetAir(sim.Air{CO2: 620, Temperature: 99, Humidity: 45, Pressure: 100_600})
		passes(30 * time.Second)
		h := s.Heard()
		if h.Degraded == nil || h.Degraded.Code != "out_of_range" || h.Stuck || len(h.Refusals) < 2 || len(h.Refusals[0].Raw) == 0 {
			t.Fatalf("%+v %+v", h.Degraded, h.Refusals)
		}
		if got := values(h, hall.MetricTemperature); got[len(got)-1] > 85 {
			t.Errorf("%v °C was told", got[len(got)-1])
		}
		c.SetAir(sim.Hall())
		passes(30 * time.Second)
		if h := s.Heard(); h.Degraded != nil {
			t.Errorf("still degraded: %+v", h.Degraded)
		}
		stop()
	})
}

func TestDamagedAnswers(t *testing.T) {
	each(t, func(t *testing.T, k kind, c chip, d *air.Driver) {
		if strings.HasPrefix(k.name, "BM") {
			return // no checksum
		}
		s, done, _ := start(t, d)
		passes(time.Minute)
		before := s.Heard()
		c.SetFaults(sim.Faults{Damaged: 2})
		passes(time.Minute)
		if h := s.Heard(); len(h.Refusals) != 2 || len(h.Readings) <= len(before.Readings) {
			t.Errorf("%d refusals", len(h.Refusals))
		}
		c.SetFaults(sim.Faults{Damaged: 1000})
		passes(time.Minute)
		select {
		case err := <-done:
			if !strings.HasPrefix(err.Error(), "air: "+k.name+": 3 answers") {
				t.Error(err)
			}
		default:
			t.Error("goes on with damaged answers")
		}
	})
}

// What lost its power is set up again, and never tells a value that was not measured.
func TestReset(t *testing.T) {
	each(t, func(t *testing.T, k kind, c chip, d *air.Driver) {
		s, done, stop := start(t, d)
		passes(time.Minute)
		c.Reset()
		passes(30 * time.Second)
		select {
		case err := <-done: // as the supervisor does
			if k.name != "SCD4x" || !strings.Contains(err.Error(), "lost its settings") {
				t.Error(err)
			}
			s, _, stop = start(t, d)
		default:
			if k.name == "SCD4x" {
				t.Error("an SCD4x that does not measure is not missed")
			}
		}
		before := s.Heard()
		passes(time.Minute)
		stop()
		if h := s.Heard(); len(h.Readings) <= len(before.Readings) || len(h.Refusals) > 1 { // one that was cut off
			t.Errorf("%d readings, refused %+v", len(h.Readings), h.Refusals)
		}
	})
}

func TestSettingsOfTheSCD4x(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := sim.NewSCD4x(sim.Hall(), 0)
		d := air.NewSCD4x(air.SCD4xOptions{Options: air.Options{Bus: newPort(c, 0x62)}, NoASC: true, Offset: 2, Altitude: 1800})
		for range 2 { // the second time it measures already
			_, _, stop := start(t, d)
			passes(7 * time.Second)
			stop()
		}
		if c.Setting(0x2318) != 749 || c.Setting(0x2322) != 1800 || c.Setting(0x2313) != 0 || c.Measured() < 2 {
			t.Errorf("offset %d, altitude %d, self-calibration %d, %d measurements", c.Setting(0x2318), c.Setting(0x2322), c.Setting(0x2313), c.Measured())
		}
	})
}

// Another chip at the address, a stuck bus, a chip without an end: errors, no values.
func TestWrongDevices(t *testing.T) {
	for name, f := range map[string]sim.Faults{"wrong id": {WrongID: true}, "bus low": {Low: true}, "hang": {Hang: true}, "away": {Away: true}} {
		each(t, func(t *testing.T, k kind, c chip, d *air.Driver) {
			if f.Hang && strings.HasPrefix(k.name, "SHT") {
				return
			}
			c.SetFaults(f)
			s, done, stop := start(t, d)
			passes(30 * time.Second)
			select {
			case err := <-done:
				if err == nil || errors.Is(err, driver.ErrPermanent) {
					t.Errorf("%s: %v", name, err)
				}
			default:
				t.Errorf("%s: no error", name)
				stop()
			}
			if h := s.Heard(); len(h.Readings) > 0 {
				t.Errorf("%s: %+v", name, h.Readings)
			}
		})
	}
}

func TestBusIsGivenBack(t *testing.T) {
	each(t, func(t *testing.T, k kind, c chip, _ *air.Driver) {
		p := newPort(c, k.addr)
		_, _, stop := start(t, k.driver(air.Options{Bus: p}))
		passes(200 * time.Millisecond) // an SCD4x waits for the end of an earlier measurement
		stop()
		if _, err := p.OpenI2C(); err != nil {
			t.Error(err)
		}
	})
}

// A bus whose data line is held low, and a chip that shares its address with another device of the gateway.
func TestBusFails(t *testing.T) {
	each(t, func(t *testing.T, k kind, c chip, _ *air.Driver) {
		p := newPort(c, k.addr)
		d := k.driver(air.Options{Bus: p})
		_, done, _ := start(t, d)
		passes(20 * time.Second)
		p.bus.Stick(true)
		passes(20 * time.Second)
		if err := <-done; !errors.Is(err, bus.ErrStuck) {
			t.Errorf("got %v", err)
		}
		p.bus.Stick(false)
		if _, err := p.OpenI2C(); err != nil {
			t.Fatal(err)
		}
		_, done, _ = start(t, d)
		if err := <-done; !errors.Is(err, bus.ErrInUse) {
			t.Errorf("got %v", err)
		}
	})
}
