package clock

import (
	"sync"
	"time"

	"hallpulse/hall"
)

// Corrector mends stamps with what the journal's facts tell of each boot: the steps of its clock, where it began and how
// long it lasted. It is told facts in journal order with Note; Correct and CorrectReading may be called at any time, from
// any goroutine, and change nothing but the record they are given.
//
// A record is moved by the sum of the steps that came after it in its boot. A record of a boot whose clock was never
// right lies, counted back from the start of the next boot, as far as it lay before its boot's end: an upper bound.
type Corrector struct {
	floor time.Time

	mu    sync.RWMutex
	boots map[uint32]*boot
}

// boot is what is known of one boot.
type boot struct {
	steps   []step
	started time.Time     // wall clock at Mono 0, as the first record said; not corrected
	from    time.Duration // Mono of that record
	last    time.Duration // largest Mono seen
}

type step struct {
	mono  time.Duration
	delta time.Duration
}

// NewCorrector makes a corrector that knows nothing yet. floor is the Clock's (zero: DefaultFloor).
func NewCorrector(floor time.Time) *Corrector {
	if floor.IsZero() {
		floor = DefaultFloor
	}
	return &Corrector{floor: floor, boots: map[uint32]*boot{}}
}

// Note learns from a fact, as it stands in the journal (not corrected).
func (c *Corrector) Note(f *hall.Fact) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.see(f.At.Boot, f.At.Wall, f.At.Mono)
	if f.Kind != hall.KindClock || f.Clock == nil {
		return
	}
	s := step{f.At.Mono, f.Clock.Delta}
	for _, have := range b.steps {
		if have == s { // the journal is read again
			return
		}
	}
	b.steps = append(b.steps, s)
}

// Alive learns that a boot ran at wall, mono after its start: the journal's alive mark lies closer to the end of a boot
// than its last fact.
func (c *Corrector) Alive(id uint32, wall time.Time, mono time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.see(id, wall, mono)
}

// see notes that a boot had this instant. The caller holds mu.
func (c *Corrector) see(id uint32, wall time.Time, mono time.Duration) *boot {
	b := c.boots[id]
	if b == nil {
		b = &boot{started: wall.Add(-mono), from: mono}
		c.boots[id] = b
	}
	b.last = max(b.last, mono)
	return b
}

// borrowedWithin is how close to the gateway's wrong time the time of a punch is that was taken from it.
const borrowedWithin = 10 * time.Second

// Correct mends the stamp of a fact, the bounds of a gap and the skew of a punch. What a device said of its own clock
// stays as it is.
func (c *Corrector) Correct(f *hall.Fact) {
	delta, mark := c.find(f.At.Boot, f.At.Wall, f.At.Mono, f.At.Mark == hall.Unsure)
	if mark == hall.Sure {
		return
	}
	borrowed := f.Punch != nil && f.Punch.Skew == 0 && f.Punch.At.Sub(f.At.Wall).Abs() < borrowedWithin
	f.At.Wall, f.At.Mark = f.At.Wall.Add(delta), mark
	if borrowed { // by a reader without a clock, from this one
		p := *f.Punch
		p.At = p.At.Add(delta)
		f.Punch = &p
	}
	if f.Gap != nil {
		g := *f.Gap
		g.From, g.To = g.From.Add(delta), g.To.Add(delta)
		f.Gap = &g
	}
	if f.Punch != nil && f.Punch.Skew != 0 {
		p := *f.Punch
		p.Skew -= delta
		f.Punch = &p
	}
}

// CorrectReading mends the time of a reading, to whole milliseconds.
func (c *Corrector) CorrectReading(r *hall.Reading) {
	delta, mark := c.find(r.Boot, r.At, r.Mono, r.At.Before(c.floor))
	if mark != hall.Sure {
		r.At = r.At.Add(delta).Round(time.Millisecond)
	}
}

// find gives how far a record is to be moved, and its mark afterwards: Sure means that it stays as it is.
func (c *Corrector) find(id uint32, wall time.Time, mono time.Duration, unsure bool) (time.Duration, hall.Mark) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	b := c.boots[id]
	if b == nil {
		b = &boot{}
	}
	if delta, stepped := b.after(mono); stepped {
		return delta, hall.Corrected
	}
	if !unsure {
		return 0, hall.Sure
	}
	next, ok := c.start(id + 1)
	if !ok {
		return 0, hall.Sure // nothing better is known; the mark stays Unsure
	}
	return next.Add(-max(b.last-mono, 0)).Sub(wall).Truncate(time.Microsecond), hall.Estimated
}

// after sums the steps that came after mono.
func (b *boot) after(mono time.Duration) (sum time.Duration, stepped bool) {
	for _, s := range b.steps {
		if s.mono > mono {
			sum, stepped = sum+s.delta, true
		}
	}
	return sum, stepped
}

// start gives the corrected start of the first boot known from id on. Boots between that left no fact count as nothing,
// one whose own clock was never right is counted back from the boot after it. The caller holds mu.
func (c *Corrector) start(id uint32) (time.Time, bool) {
	newest := uint32(0)
	for n := range c.boots {
		newest = max(newest, n)
	}
	back := time.Duration(0) // how long the boots lasted that cannot tell their start
	for ; id != 0 && id <= newest; id++ {
		b := c.boots[id]
		if b == nil {
			continue
		}
		delta, _ := b.after(b.from)
		if at := b.started.Add(delta); !at.Before(c.floor) {
			return at.Add(-back), true
		}
		back += b.last
	}
	return time.Time{}, false
}
