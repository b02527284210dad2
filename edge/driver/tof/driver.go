// Package tof counts people under a VL53L1X time-of-flight sensor above a door: two halves of what it sees are measured in
// turn, and the order in which they are occupied tells the direction.
//
// Mount it 2.0 to 3.0 m above the floor, the first half outwards. Known limits of the method: two people side by side, or one
// behind the other with less than half a step between them, are one; who runs may be seen by one half alone and is not counted;
// black hair and clothes send little back; sunlight on the floor, and a lid or dirty glass before it, blind it, which is told.
//
// Every VL53L1X has the address 0x29 after power-on, so that a bus has one of them. One that lost its power has lost its settings
// as well: the run ends with an error, and the next one sets it up.
package tof

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/i2c"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// DefaultAddress is the chip's after power-on.
const DefaultAddress = 0x29

// Centres of the two halves (ST, UM2555: SPAD numbers).
const (
	centreA = 167
	centreB = 231
)

// Times and limits of the driver.
const (
	pollTime      = 2 * time.Millisecond
	measureEvery  = 24 * time.Millisecond // the budget of 20 ms and 4 ms
	silence       = 5 * time.Second
	DefaultHeight = 2300 // mm
	occupiedShare = 0.8  // nearer than this share of the height is a person
	coveredBelow  = 100  // mm: a lid, a spider's web
	window        = 200  // measurements judged together
	blindShare    = 0.9  // of them without a result
	frozenAfter   = 100  // the same measurement so often: what comes back always trembles
	standTime     = time.Minute
	passageTime   = 10 * time.Second // who takes longer stood there
)

// Options of a sensor.
type Options struct {
	Bus     driver.I2COpener
	Address uint16 // 0: DefaultAddress
	Zone    hall.ZoneID
	Height  int           // of the sensor above the floor, mm; 0: DefaultHeight
	Swap    bool          // the first half is inside
	Period  time.Duration // between two measurements; 0: the chip's
}

// Driver reads one sensor.
type Driver struct{ o Options }

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	if o.Address == 0 {
		o.Address = DefaultAddress
	}
	if o.Height <= 0 {
		o.Height = DefaultHeight
	}
	if o.Period <= 0 {
		o.Period = measureEvery
	}
	return &Driver{o}
}

// Expect says how a sensor shows that it lives.
func (d *Driver) Expect() driver.Expect { return driver.Expect{Silence: silence} }

// Run measures until ctx ends or the sensor fails.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	bus, err := d.o.Bus.OpenI2C()
	if err != nil {
		return fmt.Errorf("tof: %w", err)
	}
	defer func() { _ = bus.Close() }()
	c := &chip{dev: i2c.Dev{Bus: bus, Addr: d.o.Address}}
	err = c.begin(ctx, d.o.Period)
	if err == nil {
		out.Opened()
		err = d.measure(ctx, c, out)
	}
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tof: %w", err)
	}
	return nil
}

// measure looks at the halves in turn. The first measurement after a turn is of both and worth nothing.
func (d *Driver) measure(ctx context.Context, c *chip, out driver.Sink) error {
	w := watcher{out: out, threshold: int(float64(d.o.Height) * occupiedShare)}
	centres := [2]byte{centreA, centreB}
	for turn := 0; ; turn = 1 - turn {
		if _, err := c.measure(ctx, centres[turn]); err != nil {
			return err
		}
		m, err := c.measure(ctx, centres[1-turn])
		if err != nil {
			return err
		}
		out.Seen()
		dir := w.take(turn, m, time.Now())
		if dir == 0 {
			continue
		}
		if d.o.Swap {
			dir = -dir
		}
		f := hall.Fact{Kind: hall.KindPassage, Raw: m.raw, Passage: &hall.Passage{Zone: d.o.Zone, Direction: dir}}
		if err := out.Later(ctx, f, nil); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
}
