// Package contact reads door contacts and smoke detectors on GPIO lines, and switches relays.
//
// A contact connects its line to ground (or to 3.3 V) when it is closed; a pull resistor holds the line otherwise. Only a closed
// contact is evidence of a device: an open one and a cut wire look the same. So a door or detector whose contact is closed at
// rest is known to live, and one whose contact is open at rest is known to live when it moves; its health is unknown until then.
// Use contacts that are closed at rest where there is a choice: a cut wire then reads as an open door, or as smoke.
package contact

import (
	"context"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Times of the package.
const (
	pollTime   = 250 * time.Millisecond // a level is read at least this often, so that a missed edge is found
	reportTime = time.Minute            // a state is told this often though it is the same
	fastTime   = pollTime / 4           // a wait that ends without an edge sooner than this did not wait
	fastMost   = 50                     // such waits in a row mean that the line is dead
)

// faulty is what a line may implement that knows whether it can be read; gpio.PinIn itself has no way to say.
type faulty interface{ Err() error }

// lineError gives why a line cannot be read, where it can tell.
func lineError(p gpio.PinIn) error {
	if f, ok := p.(faulty); ok {
		return f.Err()
	}
	return nil
}

// rest waits for d or for the end of ctx.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
