// Package clock gives the hall its time. Gateways have no battery for their clock and may boot in 1970; the county's
// time is learnt at every connect. A [Clock] stamps what happens with the best it knows; a [Corrector] mends, once and in
// the hall, the stamps that were made before it knew better.
package clock

import (
	"sync"
	"time"

	"hallpulse/hall"
)

// Limits of the clock.
const (
	// MaxOffBy is how far the clock may be from the county's before it steps.
	MaxOffBy = 2 * time.Second
	// MaxJump is how far wall and monotonic time may drift apart between two looks before it counts as a step of the system.
	MaxJump = 500 * time.Millisecond
)

// Sources of a step, as [hall.ClockStep] names them.
const (
	SourceHub    = "hub"
	SourceSystem = "system"
)

// DefaultFloor is the earliest time a gateway's clock can rightly show: it was not built before.
var DefaultFloor = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Options of a clock. Boot is required.
type Options struct {
	Boot  uint32               // the journal's boot counter
	Wall  func() time.Time     // the system's clock; nil: time.Now
	Mono  func() time.Duration // monotonic time since the start; nil: since New
	Floor time.Time            // zero: DefaultFloor
}

// Clock is the hall's clock. All methods may be called from any goroutine.
type Clock struct {
	opts Options

	mu       sync.Mutex
	offset   time.Duration // hall's time minus system's
	anchored bool          // the county confirmed or set the clock in this boot
	lastWall time.Time     // system time at the last look
	lastMono time.Duration // monotonic time at the last look
	stamped  time.Duration // largest Mono given away
	pending  []hall.Fact   // steps of the system that Check has to hand out
}

// New makes a clock that trusts the system until told otherwise.
func New(opts Options) *Clock {
	if opts.Wall == nil {
		opts.Wall = time.Now
	}
	if opts.Mono == nil {
		start := time.Now()
		opts.Mono = func() time.Duration { return time.Since(start) }
	}
	if opts.Floor.IsZero() {
		opts.Floor = DefaultFloor
	}
	c := &Clock{opts: opts}
	c.lastWall, c.lastMono = opts.Wall().Round(0), opts.Mono()
	return c
}

// Now stamps this moment.
func (c *Clock) Now() hall.Stamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return c.stamp()
}

// Anchored tells whether the county confirmed or set the clock since the program started.
func (c *Clock) Anchored() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.anchored
}

// Observe tells the clock the county's time: hub was read at the county within the last rtt. If the clock is further off
// than MaxOffBy (and than rtt can explain) it steps, and the step is given as a fact that must be journalled exactly as
// it is: its stamp says which records it corrects.
func (c *Clock) Observe(hub time.Time, rtt time.Duration) *hall.Fact {
	c.mu.Lock()
	defer c.mu.Unlock()
	if hub.Before(c.opts.Floor) {
		return nil // the county's clock is not right either
	}
	c.look()
	c.anchored = true
	rtt = max(rtt, 0)
	delta := hub.Add(rtt / 2).Sub(c.lastWall.Add(c.offset))
	if delta.Abs() <= MaxOffBy+rtt/2 {
		return nil
	}
	delta = delta.Truncate(time.Microsecond)
	c.offset += delta
	f := c.step(delta, SourceHub)
	return &f
}

// Check looks for a step of the system's clock; call it every second. Once the county set the clock such a step is
// absorbed. Before, it is given as facts that must be journalled exactly as they are.
func (c *Clock) Check() []hall.Fact {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	out := c.pending
	c.pending = nil
	return out
}

// look reads both clocks and settles a step of the system between this look and the last.
func (c *Clock) look() {
	wall, mono := c.opts.Wall().Round(0), c.opts.Mono()
	jump := (wall.Sub(c.lastWall) - (mono - c.lastMono)).Truncate(time.Microsecond)
	c.lastWall, c.lastMono = wall, mono
	if jump.Abs() <= MaxJump {
		return
	}
	if c.anchored {
		c.offset -= jump
		return
	}
	c.pending = append(c.pending, c.step(jump, SourceSystem))
}

// step makes the fact of a step. No other stamp has its Mono: what was made before has a smaller one.
func (c *Clock) step(delta time.Duration, source string) hall.Fact {
	c.stamped += time.Microsecond
	return hall.Fact{Kind: hall.KindClock, At: c.stamp(), Clock: &hall.ClockStep{Delta: delta, Source: source}}
}

// stamp makes a stamp of the last look. Mono never falls, and grows with each step.
func (c *Clock) stamp() hall.Stamp {
	c.stamped = max(c.stamped, c.lastMono.Truncate(time.Microsecond))
	s := hall.Stamp{Wall: c.lastWall.Add(c.offset).UTC().Truncate(time.Microsecond), Boot: c.opts.Boot, Mono: c.stamped}
	if !c.anchored && s.Wall.Before(c.opts.Floor) {
		s.Mark = hall.Unsure
	}
	return s
}
