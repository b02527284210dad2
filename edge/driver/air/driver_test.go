package air_test

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
				test(t, k, c, k.driver(air.Options{Bus: newPort(c, k.addr)}))
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
				p := newPort(c, k.addr)
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
