package air_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/air"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/air"
	"hallpulse/hall"
)

// kind is a kind of sensor, with its chip.
type kind struct {
	name    string
	addr    uint16
	chip    func() chip
	driver  func(air.Options) *air.Driver
	metrics []hall.Metric
}

func kinds(period time.Duration) []kind {
	th := []hall.Metric{hall.MetricTemperature, hall.MetricHumidity}
	return []kind{
		{"SCD4x", 0x62, func() chip { return sim.NewSCD4x(sim.Hall(), period) },
			func(o air.Options) *air.Driver { return air.NewSCD4x(air.SCD4xOptions{Options: o, Offset: 4}) },
			append(th, hall.MetricCO2)},
		{"SHT3x", 0x44, func() chip { return sim.NewSHT3x(sim.Hall()) },
			func(o air.Options) *air.Driver { return air.NewSHT(air.SHTOptions{Options: o}) }, th},
		{"SHT4x", 0x44, func() chip { return sim.NewSHT4x(sim.Hall()) },
			func(o air.Options) *air.Driver { return air.NewSHT(air.SHTOptions{Options: o, Model: air.SHT4x}) }, th},
		{"BME280", 0x76, func() chip { return sim.NewBME280(sim.Hall()) },
			func(o air.Options) *air.Driver { return air.NewBME280(o) }, append(th, hall.MetricPressure)},
		{"BMP280", 0x76, func() chip { return sim.NewBMP280(sim.Hall()) },
			func(o air.Options) *air.Driver { return air.NewBME280(o) }, []hall.Metric{hall.MetricTemperature, hall.MetricPressure}},
	}
}

// each runs a test on every kind inside a bubble of time.
func each(t *testing.T, test func(t *testing.T, k kind, c chip, d *air.Driver)) {
	for _, k := range kinds(0) {
		t.Run(k.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := k.chip()
				test(t, k, c, k.driver(air.Options{Bus: &port{chip: c, addr: k.addr}}))
			})
		})
	}
}

func TestConformance(t *testing.T) {
	const period = 20 * time.Millisecond
	for _, k := range kinds(period) {
		t.Run(k.name, func(t *testing.T) {
			drivertest.Run(t, drivertest.Setup{New: func(*testing.T) *drivertest.Rig {
				c := k.chip()
				p := &port{chip: c, addr: k.addr}
				c.SetFaults(sim.Faults{Away: true})
				r := &drivertest.Rig{
					Driver: k.driver(air.Options{Bus: p, Interval: period}), Says: drivertest.Readings, Asked: true,
					Plug:   func(in bool) error { c.SetFaults(sim.Faults{Away: !in}); return nil },
					Event:  func() error { return nil }, // it measures by itself
					Forbid: p.setForbid,
				}
				if !strings.HasPrefix(k.name, "BM") { // they have no checksum
					r.Babble = func() (int, error) { c.SetFaults(sim.Faults{Damaged: 2}); return 2 * 9, nil }
				}
				return r
			}})
		})
	}
}

func TestAMorning(t *testing.T) {
	each(t, func(t *testing.T, k kind, c chip, d *air.Driver) {
		s, _, stop := start(t, d)
		passes(10 * time.Minute)
		now := sim.Air{CO2: 1450, Temperature: 26.2, Humidity: 61, Pressure: 99_800}
		c.SetAir(now)
		passes(time.Minute)
		stop()
		h := s.Heard()
		if h.Opened != 1 || len(h.Refusals) > 0 || h.Degraded != nil {
			t.Errorf("opened %d, refused %+v, degraded %+v, %d readings", h.Opened, h.Refusals, h.Degraded, len(h.Readings))
		}
		want := map[hall.Metric]float64{hall.MetricCO2: now.CO2, hall.MetricTemperature: now.Temperature, hall.MetricHumidity: now.Humidity, hall.MetricPressure: now.Pressure}
		near := map[hall.Metric]float64{hall.MetricCO2: 2, hall.MetricTemperature: 0.02, hall.MetricHumidity: 0.1, hall.MetricPressure: 5}
		for _, m := range k.metrics {
			list := values(h, m)
			if n := len(list); n < 60 || n > 70 {
				t.Fatalf("%d readings of %s in 11 minutes", n, m)
			}
			if got := list[len(list)-1]; math.Abs(got-want[m]) > near[m] {
				t.Errorf("%s is %.3f, want %.3f", m, got, want[m])
			}
		}
	})
}

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
		d := air.NewSCD4x(air.SCD4xOptions{Options: air.Options{Bus: &port{chip: c, addr: 0x62}}, NoASC: true, Offset: 2, Altitude: 1800})
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
		p := &port{chip: c, addr: k.addr}
		_, _, stop := start(t, k.driver(air.Options{Bus: p}))
		passes(200 * time.Millisecond) // an SCD4x waits for the end of an earlier measurement
		stop()
		if p.open != 0 {
			t.Errorf("open %d times", p.open)
		}
	})
}
