// Package thermal counts people with an AMG8833 (Panasonic Grid-EYE), eight by eight warm spots from the ceiling: how many are
// below it, and who crosses the middle of its picture.
//
// Known limits of the method: it sees about 3 m down; people shoulder to shoulder are one until they are larger than a person;
// in a room above 30 °C people are hardly warmer than the floor, which is told. No picture leaves the gateway.
package thermal

import (
	"bytes"
	"context"
	"errors"
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

// errBroken says that pictures are impossible.
var errBroken = errors.New("pictures are out of the sensor's range")

// watcher turns pictures into people.
type watcher struct {
	o   Options
	out driver.Sink

	n       int
	ground  background
	track   tracker
	last    []byte
	same    int
	bad     int
	now     int // people in the last pictures
	steady  int // so many pictures
	told    int
	toldAt  time.Time
	trouble string
}

func (w *watcher) take(ctx context.Context, raw []byte, at time.Time) error {
	f, err := decode(raw)
	if err != nil {
		if w.bad++; w.bad > badMost {
			return errBroken
		}
		w.out.Refused(err.Error(), raw)
		return nil
	}
	w.bad = 0
	w.out.Seen()
	w.freeze(raw)
	mask := w.ground.warm(&f, w.n)
	w.n++
	w.judge()
	if w.n < fastFrames || w.trouble == "frozen" {
		return nil
	}
	list := blobs(mask)
	crossed := w.track.step(list)
	if !w.o.Passages {
		w.count(len(list), at)
		return nil
	}
	for _, d := range crossed {
		if w.o.Swap {
			d = -d
		}
		f := hall.Fact{Kind: hall.KindPassage, Raw: bytes.Clone(raw), Passage: &hall.Passage{Zone: w.o.Zone, Direction: d}}
		if err := w.out.Later(ctx, f, nil); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

// count tells a number that has stayed for a moment, on change and now and then.
func (w *watcher) count(n int, at time.Time) {
	if n != w.now {
		w.now, w.steady = n, 0
	}
	w.steady++
	if w.steady < steadyFor || n == w.told && !w.toldAt.IsZero() && at.Sub(w.toldAt) < tellEvery {
		return
	}
	w.told, w.toldAt = n, at
	w.out.Reading(hall.MetricCounted, string(w.o.Zone), float64(n))
}

func (w *watcher) freeze(raw []byte) {
	if !bytes.Equal(raw, w.last) {
		w.last, w.same = bytes.Clone(raw), 0
		return
	}
	w.same++
}

// judge names a sensor that cannot be believed.
func (w *watcher) judge() {
	why := ""
	switch {
	case w.same >= frozenAfter:
		why = "frozen"
	case w.ground.mean() > hotRoom:
		why = "hot_background"
	}
	if why == w.trouble {
		return
	}
	if w.trouble = why; why == "" {
		w.out.Healthy()
		return
	}
	w.out.Degraded(why == "frozen", hall.Reason{Code: why, Detail: fmt.Sprintf("%.1f °C", w.ground.mean())})
}
