// Package thermal counts people with an AMG8833 (Panasonic Grid-EYE), eight by eight warm spots from the ceiling: how many are
// below it, and who crosses the middle of its picture.
//
// Known limits of the method: it sees about 3 m down; people shoulder to shoulder are one until they are larger than a person;
// who keeps quite still for more than an hour, or was there when the sensor started, becomes floor; a radiator that was switched on
// is a person until then; in a room above 30 °C people are hardly warmer than the floor, which is told, and nothing is counted. A
// picture of 64 points shows nobody's face; what a passage was taken from is kept with it.
package thermal

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/i2c"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// DefaultAddress is the chip's; 0x68 with its address pin low.
const DefaultAddress = 0x69

// Registers (Panasonic, Grid-EYE specifications).
const (
	regPower  = 0x00
	regReset  = 0x01
	regRate   = 0x02
	regPixels = 0x80
)

// Times of the driver.
const (
	pictureTime = 100 * time.Millisecond
	settleTime  = 50 * time.Millisecond
	silence     = 5 * time.Second
	tellEvery   = 10 * time.Second
	frozenAfter = 100 // pictures: a quarter of a degree is less than the sensor's own noise
	steadyFor   = 5   // pictures in which a number must stay before it is told
	badMost     = 20  // pictures out of range in a row: the sensor is broken
)

// Options of a sensor.
type Options struct {
	Bus      driver.I2COpener
	Address  uint16 // 0: DefaultAddress
	Zone     hall.ZoneID
	Passages bool          // tell who crosses the middle; false: tell how many are there
	Swap     bool          // the upper edge of the picture is inside
	Period   time.Duration // between two pictures; 0: the chip's
}

// Driver reads one sensor.
type Driver struct{ o Options }

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	if o.Address == 0 {
		o.Address = DefaultAddress
	}
	if o.Period <= 0 {
		o.Period = pictureTime
	}
	return &Driver{o}
}

// Expect says how a sensor shows that it lives.
func (d *Driver) Expect() driver.Expect { return driver.Expect{Silence: silence} }

// Run looks at pictures until ctx ends or the sensor fails.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	bus, err := d.o.Bus.OpenI2C()
	if err != nil {
		return fmt.Errorf("thermal: %w", err)
	}
	defer func() { _ = bus.Close() }()
	dev := i2c.Dev{Bus: bus, Addr: d.o.Address}
	if err := begin(ctx, &dev); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("thermal: %w", err)
	}
	out.Opened()
	w := &watcher{o: d.o, out: out}
	tick := time.NewTicker(d.o.Period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		raw := make([]byte, 2*pixels)
		if err := dev.Tx([]byte{regPixels}, raw); err != nil {
			return fmt.Errorf("thermal: read: %w", err)
		}
		if err := w.take(ctx, raw, time.Now()); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("thermal: %w", err)
		}
	}
}

// begin starts the chip at ten pictures a second.
func begin(ctx context.Context, dev *i2c.Dev) error {
	for _, set := range [][]byte{{regPower, 0x00}, {regReset, 0x3F}, {regRate, 0x00}} {
		if err := dev.Tx(set, nil); err != nil {
			return fmt.Errorf("set up: %w", err)
		}
	}
	t := time.NewTimer(settleTime)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
