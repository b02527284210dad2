package air

import (
	"errors"
	"math"
	"testing"
	"time"

	"periph.io/x/conn/v3/i2c/i2ctest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/devices/v3/bmxx80"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bus is the I2C bus of one chip.
type bus struct {
	i2ctest.Record
	chip interface{ Tx(w, r []byte) error }
}

func (b *bus) Tx(_ uint16, w, r []byte) error { return b.chip.Tx(w, r) }

// The simulated chip is checked with periph's driver, which knows nothing of it.
func TestBME280WithPeriph(t *testing.T) {
	for _, a := range []Air{Hall(), {Temperature: -12.5, Humidity: 20, Pressure: 62_000}, {Temperature: 38.4, Humidity: 91, Pressure: 103_900}} {
		for _, chip := range []*BME280{NewBME280(a), NewBMP280(a)} {
			d, err := bmxx80.NewI2C(&bus{chip: chip}, 0x76, &bmxx80.DefaultOpts)
			must(t, err)
			var e physic.Env
			must(t, d.Sense(&e))
			if got := e.Temperature.Celsius(); math.Abs(got-a.Temperature) > 0.02 {
				t.Errorf("%.2f °C, want %.2f", got, a.Temperature)
			}
			if got := float64(e.Pressure) / float64(physic.Pascal); math.Abs(got-a.Pressure) > 20 {
				t.Errorf("%.0f Pa, want %.0f", got, a.Pressure)
			}
			if got := float64(e.Humidity) / float64(physic.PercentRH); chip.id == 0x60 && math.Abs(got-a.Humidity) > 0.1 {
				t.Errorf("%.1f %%, want %.1f", got, a.Humidity)
			}
		}
	}
}

// An SCD4x refuses what its data sheet forbids.
func TestSCD4xIsStrict(t *testing.T) {
	s := NewSCD4x(Hall(), 0)
	now := time.Unix(0, 0)
	s.now = func() time.Time { return now }
	do := func(w []byte, n int, after time.Duration) ([]byte, error) {
		err := s.Tx(w, nil)
		now = now.Add(after)
		r := make([]byte, n)
		if err == nil && n > 0 {
			err = s.Tx(nil, r)
		}
		return r, err
	}
	read := []byte{0xEC, 0x05}
	for name, f := range map[string]func() error{
		"measurement before one is there": func() error { _, err := do(read, 9, time.Millisecond); return err },
		"both in one transaction":         func() error { return s.Tx([]byte{0xE4, 0xB8}, make([]byte, 3)) },
		"wrong checksum of a setting":     func() error { return s.Tx([]byte{0x24, 0x27, 0, 1, 0}, nil) },
		"unknown":                         func() error { return s.Tx([]byte{1, 2}, nil) },
		"nothing asked":                   func() error { return s.Tx(nil, make([]byte, 3)) },
	} {
		now = now.Add(time.Second)
		if err := f(); !errors.Is(err, ErrNACK) {
			t.Errorf("%s: %v", name, err)
		}
	}
	now = now.Add(time.Second)
	_, err := do([]byte{0x21, 0xB1}, 0, 5*time.Second)
	must(t, err)
	if err := s.Tx([]byte{0x36, 0x82}, nil); !errors.Is(err, ErrNACK) {
		t.Errorf("serial number while it measures: %v", err)
	}
	now = now.Add(time.Second)
	r, err := do(read, 9, time.Millisecond)
	if err != nil || sum(r[:2]) != r[2] || int(r[0])<<8|int(r[1]) != 619 {
		t.Errorf("% X, %v", r, err)
	}
	now = now.Add(time.Second)
	_, err = do([]byte{0x3F, 0x86}, 0, stopTime-1)
	must(t, err)
	if err := s.Tx([]byte{0x36, 0x82}, nil); !errors.Is(err, ErrNACK) {
		t.Errorf("serial number before the end of the measurement: %v", err)
	}
	if sum([]byte{0xBE, 0xEF}) != 0x92 {
		t.Error("checksum")
	}
}

func TestSHTAnswersLate(t *testing.T) {
	for _, c := range []struct {
		s    *SHT
		ask  []byte
		time time.Duration
	}{{NewSHT3x(Hall()), []byte{0x24, 0}, sht3Time}, {NewSHT4x(Hall()), []byte{0xFD}, sht4Time}} {
		now := time.Unix(0, 0)
		c.s.now = func() time.Time { return now }
		must(t, c.s.Tx(c.ask, nil))
		r := make([]byte, 6)
		if err := c.s.Tx(nil, r); !errors.Is(err, ErrNACK) {
			t.Errorf("too early: %v", err)
		}
		now = now.Add(c.time)
		must(t, c.s.Tx(nil, r))
		if got := -45 + 175*float64(int(r[0])<<8|int(r[1]))/65535; math.Abs(got-Hall().Temperature) > 0.01 {
			t.Errorf("%.2f °C", got)
		}
		if err := c.s.Tx([]byte{0x30, 0x99}, nil); !errors.Is(err, ErrNACK) || c.s.Measured() != 1 {
			t.Errorf("unknown command: %v", err)
		}
	}
}
