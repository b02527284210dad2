// Package driver is the contract between a device of the hall and the gateway. A driver turns what a device says into
// facts and readings; it opens nothing before Run, keeps no state that a restart may not lose, and never retries: the
// supervisor (edge/supervise) runs it again with jittered back-off.
package driver

import (
	"context"
	"errors"
	"time"

	"hallpulse/hall"
)

// Driver reads one device. Run opens the device and reads it until ctx ends (nil) or the device fails (the error).
// It must return within a second of ctx's end and leave no goroutine behind.
type Driver interface {
	Run(ctx context.Context, out Sink) error
}

// Sink takes what a driver reads. The supervisor stamps, journals and counts; a driver never sees a clock of the hall.
// All methods may be called from any goroutine of the driver.
type Sink interface {
	// Fact journals f (Kind, body and Raw set by the driver; Device, At and Seq by the sink) and returns when it is
	// durable. An error means the fact is not stored: a device with a memory must not be told otherwise.
	Fact(ctx context.Context, f hall.Fact) error
	// Later is Fact for a device that waits for no answer: it takes the time of this call and returns at once, so that the
	// device is read on while the disk is slow. What one driver gives keeps its order. stored is called once f is durable,
	// from another goroutine, perhaps after Run has ended; nil: nobody asks. A fact that no record can hold is refused. An
	// error means that f was not taken: ctx ended while the journal was full and very many facts waited.
	Later(ctx context.Context, f hall.Fact, stored func()) error
	// Readings takes measured values of now; they are journalled soon. part is a zone, category, window or empty.
	Reading(metric hall.Metric, part string, value float64)
	// Opened says that the device is open and being read from now on (the gateway's gap ends here).
	Opened()
	// Seen says that the device itself gave evidence of life: a valid frame, a heartbeat, an answer. Resets degraded
	// unless Degraded is called again.
	Seen()
	// Degraded says that the device lives but cannot be trusted (frozen picture, beam stuck, clock off). stuck selects
	// hall.HealthStuck instead of hall.HealthDegraded. The state holds until Healthy.
	Degraded(stuck bool, why hall.Reason)
	// Healthy ends a Degraded.
	Healthy()
	// Refused counts and keeps (bounded) bytes that could not be understood, with the reason.
	Refused(reason string, raw []byte)
}

// Expect is what the supervisor expects of a device when the configuration does not say otherwise.
type Expect struct {
	Silence  time.Duration // no Seen for this long: down, reason "silent". 0: silence proves nothing
	Babble   int           // more refusals than this a minute: degraded, reason "babble". 0: 120
	MinRetry time.Duration // first back-off after a failed Run; 0: 500 ms
	MaxRetry time.Duration // longest back-off; 0: 30 s
}

// ErrPermanent marks an error that trying again cannot mend: a setting that is impossible, a fact that no record can hold.
var ErrPermanent = errors.New("permanent")
