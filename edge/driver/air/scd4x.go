package air

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"hallpulse/hall"
)

// Commands of the SCD4x (data sheet 3.5 to 3.10).
const (
	scdStart     = 0x21B1 // measure every 5 s
	scdStop      = 0x3F86
	scdReady     = 0xE4B8
	scdRead      = 0xEC05
	scdSerial    = 0x3682
	scdSetOffset = 0x241D
	scdGetOffset = 0x2318
	scdSetHeight = 0x2427
	scdGetHeight = 0x2322
	scdSetASC    = 0x2416
	scdGetASC    = 0x2313
)

// Times of the SCD4x.
const (
	scdAddress  = 0x62
	scdStopTime = 500 * time.Millisecond // until a chip that was measuring takes another command
	scdTime     = 5 * time.Millisecond   // for the others; the data sheet says 1 ms
	scdPoll     = 500 * time.Millisecond
	scdLongest  = 12 * time.Second // two measurements; a chip without one after that does not measure
	scdReadyAny = 0x07FF           // bits of the answer to scdReady that say that there is a measurement
)

// SCD4xOptions are those of an SCD40 or SCD41. Its settings are written at each start: the chip forgets them with its power.
type SCD4xOptions struct {
	Options
	NoASC    bool    // no automatic self-calibration: it takes the least of a week for fresh air, which a hall that never empties does not have
	Offset   float64 // °C that the chip warms itself, 0 to 20; it is subtracted from the temperature. The chip's own is 4
	Altitude int     // metres above the sea, 0 to 3000
}

// NewSCD4x prepares the driver of a sensor of carbon dioxide; it opens nothing.
func NewSCD4x(o SCD4xOptions) *Driver { return newDriver("SCD4x", o.Options, scdAddress, scd4x{o}) }

type scd4x struct{ o SCD4xOptions }

func (c scd4x) slowest() time.Duration { return scdLongest }

// begin stops a measurement that an earlier run left, for nothing else is allowed meanwhile, asks who is there, and starts.
func (c scd4x) begin(ctx context.Context, dev device) error {
	if err := rest(ctx, scdTime); err != nil { // an earlier run may have asked just now
		return err
	}
	_ = dev.tx(command(scdStop), nil) // a chip that sleeps does not acknowledge; one that is away fails at the next command
	if err := rest(ctx, scdStopTime); err != nil {
		return err
	}
	raw, err := dev.ask(ctx, command(scdSerial), scdTime, 3*wordSize)
	if err == nil {
		_, err = words(raw, 3)
	}
	if err != nil {
		return fmt.Errorf("serial number: %w", err)
	}
	asc := uint16(1)
	if c.o.NoASC {
		asc = 0
	}
	offset := uint16(math.Round(min(max(c.o.Offset, 0), 20) * 65535 / 175))
	for _, s := range []struct {
		what     string
		set, get uint16
		word     uint16
	}{
		{"temperature offset", scdSetOffset, scdGetOffset, offset},
		{"altitude", scdSetHeight, scdGetHeight, uint16(min(max(c.o.Altitude, 0), 3000))},
		{"self-calibration", scdSetASC, scdGetASC, asc},
	} {
		if err := c.set(ctx, dev, s.set, s.get, s.word); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	if err := dev.tx(command(scdStart), nil); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return rest(ctx, scdTime)
}

// set writes a setting and reads it back.
func (scd4x) set(ctx context.Context, dev device, set, get, word uint16) error {
	if err := dev.tx(withWord(set, word), nil); err != nil {
		return err
	}
	if err := rest(ctx, scdTime); err != nil {
		return err
	}
	raw, err := dev.ask(ctx, command(get), scdTime, wordSize)
	if err != nil {
		return err
	}
	got, err := words(raw, 1)
	if err == nil && got[0] != word {
		err = fmt.Errorf("set to %d, but is %d", word, got[0])
	}
	return err
}

// measure waits for the next measurement. A chip that lost its power has none any more, and answers nevertheless.
func (scd4x) measure(ctx context.Context, dev device) ([]byte, error) {
	for end := time.Now().Add(scdLongest); ; {
		raw, err := dev.ask(ctx, command(scdReady), scdTime, wordSize)
		if err != nil {
			return nil, err
		}
		ready, err := words(raw, 1)
		if err != nil {
			return raw, nil // decode refuses it
		}
		if ready[0]&scdReadyAny != 0 {
			return dev.ask(ctx, command(scdRead), scdTime, 3*wordSize)
		}
		if time.Now().After(end) {
			return nil, errors.New("no measurement: the chip answers, but has lost its settings")
		}
		if err := rest(ctx, scdPoll); err != nil {
			return nil, err
		}
	}
}

func (scd4x) decode(raw []byte) ([]quantity, error) {
	w, err := words(raw, 3)
	if err != nil {
		return nil, err
	}
	return []quantity{
		{hall.MetricCO2, float64(w[0]), uint32(w[0])},
		{hall.MetricTemperature, celsius(w[1]), uint32(w[1])},
		{hall.MetricHumidity, 100 * float64(w[2]) / 65535, uint32(w[2])},
	}, nil
}

// celsius is the temperature of every Sensirion chip here (SCD4x data sheet 3.5.2, SHT3x 4.13, SHT4x 4.6).
func celsius(w uint16) float64 { return -45 + 175*float64(w)/65535 }
