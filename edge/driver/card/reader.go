// Package card reads cards that staff hold to a reader: Wiegand readers on two lines of the gateway, and MFRC522 readers on SPI.
// A card is a punch of the person that the configuration names for it; one that is not named is kept under its number, so that
// nothing is lost before somebody enters it.
//
// These readers have no clock: a punch has the gateway's time, by which it is interpreted like any other.
package card

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// again is how long the same card counts once: readers send it twice, and people hold it there.
const again = 3 * time.Second

// verifyCard is the terminals' number for a card (ZKTeco's list).
const verifyCard = 4

// statusNone says that nobody chose in or out.
const statusNone = 255

// Options that every reader has.
type Options struct {
	Reader string                  // the device's id, which stands where terminals have a serial number
	Cards  map[string]hall.StaffNo // staff number by card number, decimal or hexadecimal as the reader tells it
	Now    func() time.Time        // the hall's clock; nil: time.Now
}

// desk turns cards into punches.
type desk struct {
	o    Options
	last string
	at   time.Time
}

func newDesk(o Options) desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	return desk{o: o}
}

// shown tells a card; now is of the monotonic clock.
func (d *desk) shown(ctx context.Context, number string, raw []byte, now time.Time, out driver.Sink) error {
	out.Seen()
	if number == d.last && now.Sub(d.at) < again {
		d.at = now
		return nil
	}
	d.last, d.at = number, now
	pin, ok := d.o.Cards[number]
	if !ok {
		pin = hall.StaffNo("card-" + number)
	}
	at := d.o.Now()
	f := hall.Fact{Kind: hall.KindPunch, Raw: raw, Punch: &hall.Punch{Serial: d.o.Reader, PIN: pin, DeviceTime: at.UTC().Format("2006-01-02T15:04:05.000Z"),
		At: at.UTC().Truncate(time.Microsecond), Status: statusNone, Verify: verifyCard}}
	if err := out.Later(ctx, f, nil); err != nil {
		return fmt.Errorf("card: journal: %w", err)
	}
	return nil
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
