package modbusdisplay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/modbus"
)

var _ driver.Driver = (*Driver)(nil)

// Times and counts where the options say nothing.
const (
	DefaultInterval = time.Second
	DefaultTimeout  = 300 * time.Millisecond
	DefaultGap      = 20 * time.Millisecond
	DefaultBaud     = 9600
)

// Times of the driver.
const (
	heardSilence = 90 * time.Second // masters repeat at least every 30 s
	leastSilence = 10 * time.Second // of a bus that is polled
	quiet        = 2 * time.Second  // half a frame from before such a pause will not be completed
)

// Calls is told what a display shows, as raw said; it tells new numbers of tickets to out.
type Calls interface {
	Show(ctx context.Context, address int, text string, raw []byte, out driver.Sink) error
}

// Options of a bus.
type Options struct {
	Port      driver.PortOpener
	Calls     Calls
	Addresses []byte // of the displays, 1 to 247; needed to poll. None: every address, as of a bus with one display
	Place     Place
	Poll      bool // the gateway is the master

	NoReplies bool          // overhear: the wire carries the master's word alone, which is then the sign of life
	Timeout   time.Duration // the longest time a display takes to answer; 0: DefaultTimeout
	Interval  time.Duration // poll: between two questions to a display; 0: DefaultInterval
	Gap       time.Duration // poll: the least pause between frames; 3.5 characters are kept anyway; 0: DefaultGap
	Retries   int           // poll: how often an unanswered question is repeated at once
	Baud      int           // poll: of the line; 0: DefaultBaud
}

// Driver reads one bus.
type Driver struct {
	o      Options
	echoes bool // the adapter hears what it sends
}

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	for v, d := range map[*time.Duration]time.Duration{&o.Timeout: DefaultTimeout, &o.Interval: DefaultInterval, &o.Gap: DefaultGap} {
		if *v <= 0 {
			*v = d
		}
	}
	if o.Baud <= 0 {
		o.Baud = DefaultBaud
	}
	o.Place = o.Place.complete()
	return &Driver{o: o}
}

// Expect says how a bus of displays shows that it lives.
func (d *Driver) Expect() driver.Expect {
	if d.o.Poll {
		return driver.Expect{Silence: max(leastSilence, 3*d.o.Interval)}
	}
	return driver.Expect{Silence: heardSilence}
}

// Run reads the bus until ctx ends or the line fails.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	p, err := d.o.Port.OpenPort()
	if err != nil {
		return fmt.Errorf("modbusdisplay: %w", err)
	}
	defer func() { _ = p.Close() }() // nothing written is worth keeping
	out.Opened()
	out.Healthy() // what was wrong with a display before is not known any more
	if d.o.Poll {
		err = d.poll(ctx, p, out)
	} else {
		err = d.overhear(ctx, p, out)
	}
	if err != nil {
		return fmt.Errorf("modbusdisplay: %w", err)
	}
	return nil
}

// ours says whether an address is of a display of this device.
func (d *Driver) ours(address byte) bool {
	return address != modbus.Broadcast && (len(d.o.Addresses) == 0 || slices.Contains(d.o.Addresses, address))
}
