package occupancy

import (
	"time"

	"hallpulse/hall"
)

// Beam names one of the pair.
type Beam uint8

// The beams.
const (
	Outer Beam = 0
	Inner Beam = 1
)

// String gives the beam's name.
func (b Beam) String() string {
	if b == Outer {
		return "outer"
	}
	return "inner"
}

// EventKind says what the machine found.
type EventKind uint8

// The kinds of event.
const (
	Passed EventKind = iota + 1 // one person; Direction is set
	Short                       // a break too short for a person: an insect, flicker, sunlight
	Stuck                       // Beam has been broken for Times.Stuck
	Freed                       // no beam is stuck any more
)

// Event is what the machine found.
type Event struct {
	Kind      EventKind
	Direction hall.Direction
	Beam      Beam
	At        time.Time
}

// Times of the machine; a zero gives the default.
type Times struct {
	Timeout  time.Duration // no change for this long ends a passage without count; 5 s
	Stuck    time.Duration // a beam broken for this long is stuck; 10 s
	Debounce time.Duration // after a change of a beam the next is looked at this much later; 4 ms
	Minimum  time.Duration // a shorter passage is none; 80 ms
	Together time.Duration // beams broken closer than this give no direction; 2 ms
}

func (t Times) withDefaults() Times {
	set := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	set(&t.Timeout, 5*time.Second)
	set(&t.Stuck, 10*time.Second)
	set(&t.Debounce, 4*time.Millisecond)
	set(&t.Minimum, 80*time.Millisecond)
	set(&t.Together, 2*time.Millisecond)
	return t
}
