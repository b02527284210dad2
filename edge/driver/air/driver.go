package air

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// Times and limits of the drivers.
const (
	DefaultInterval = 10 * time.Second
	FrozenTime      = 30 * time.Minute // the chips resolve more than air keeps still: the same word for this long is no measurement
	missedIntervals = 3                // silence
	damagedMost     = 3                // damaged answers in a row: the chip is started anew
)

// Options of a sensor.
type Options struct {
	Bus      driver.I2COpener
	Address  uint16        // 0: the chip's usual one
	Interval time.Duration // between two readings; 0: DefaultInterval
}

// chip is a kind of sensor.
type chip interface {
	// begin finds the chip and sets it up, in well under a second of the bus.
	begin(ctx context.Context, dev device) error
	// measure gives the bytes of a measurement.
	measure(ctx context.Context, dev device) (raw []byte, err error)
	// decode turns them into values. It fails with errChecksum, or errUnmeasured.
	decode(raw []byte) ([]quantity, error)
	// slowest is how long begin and measure may take beside the interval.
	slowest() time.Duration
}

// errUnmeasured says that a chip has nothing measured, as after a brown-out.
var errUnmeasured = errors.New("not measured")

// Driver reads one sensor. What it knows of frozen values outlives a run.
type Driver struct {
	name  string
	o     Options
	chip  chip
	watch watch
	told  string // reason code of the Degraded that holds; empty: none
	wrong int    // damaged answers in a row
}

func newDriver(name string, o Options, address uint16, c chip) *Driver {
	if o.Address == 0 {
		o.Address = address
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	return &Driver{name: name, o: o, chip: c, watch: watch{}}
}

// Expect says how a sensor shows that it lives: every measurement is an answer.
func (d *Driver) Expect() driver.Expect {
	return driver.Expect{Silence: missedIntervals*d.o.Interval + d.chip.slowest()}
}

// Run measures until ctx ends or the sensor does not answer. An answer that is damaged is refused; several in a row end the
// run, so that the chip is set up anew.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	bus, err := d.o.Bus.OpenI2C()
	if err != nil {
		return d.wrap(err)
	}
	defer func() { _ = bus.Close() }() // nothing is on its way
	dev := device{bus, d.o.Address}
	if err := d.chip.begin(ctx, dev); err != nil {
		return d.ended(ctx, err)
	}
	out.Opened()
	out.Seen()
	d.wrong = 0
	tick := time.NewTicker(d.o.Interval)
	defer tick.Stop()
	for {
		raw, err := d.chip.measure(ctx, dev)
		if err == nil {
			err = d.take(time.Now(), raw, out)
		}
		if err != nil {
			return d.ended(ctx, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// ended gives the error of a run, none where ctx ended it.
func (d *Driver) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return d.wrap(err)
}

func (d *Driver) wrap(err error) error { return fmt.Errorf("air: %s: %w", d.name, err) }

// take tells what an answer says. The error ends the run.
func (d *Driver) take(now time.Time, raw []byte, out driver.Sink) error {
	list, err := d.chip.decode(raw)
	if err != nil {
		out.Refused(err.Error(), raw)
		if d.wrong++; d.wrong >= damagedMost {
			return fmt.Errorf("%d answers in a row cannot be used: %w", d.wrong, err)
		}
		return nil
	}
	d.wrong = 0
	out.Seen()
	if q := implausible(list); q != nil {
		out.Refused(q.String()+" is out of range", raw)
		d.degraded(false, hall.Reason{Code: "out_of_range", Detail: q.String()}, out)
		return nil
	}
	if q := d.watch.frozen(now, d.Expect().Silence, list); q != nil { // an old value is not shown as one of now
		d.degraded(true, hall.Reason{Code: "frozen", Detail: string(q.metric)}, out)
		return nil
	}
	if d.told != "" {
		d.told = ""
		out.Healthy()
	}
	for _, q := range list {
		out.Reading(q.metric, "", q.value)
	}
	return nil
}

func (d *Driver) degraded(stuck bool, why hall.Reason, out driver.Sink) {
	d.told = why.Code
	out.Degraded(stuck, why)
}
