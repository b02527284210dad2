package hall

import (
	"slices"
	"time"
)

// DuplicateKey is how long a keypad's counter value stands for the same press: keypads say a press again until they are
// answered, and their counters wrap.
const DuplicateKey = 10 * time.Minute

// DoublePunch is how close two punches of one person are one.
const DoublePunch = time.Minute

// Book folds facts into what they mean. It holds one business day – the hall's local day of the facts – and is made again
// from the day's facts after a restart. It reads no clock: the same facts in the same order give the same book. It is not
// safe for concurrent use.
type Book struct {
	desc  Hall
	loc   *time.Location
	epoch uint64
	day   string
	start time.Time // of the day
	end   time.Time

	queue   queueBook
	zones   map[ZoneID]*ZoneState
	devices map[DeviceID]*DeviceState // survives the day
	staff   staffBook
	ratings RatingsState
	keys    map[pressKey]time.Time
	gaps    []Gap
}

type pressKey struct {
	device DeviceID
	window WindowID // several keypads may share a line
	seq    uint32
	level  int
}

// NewBook gives an empty book for a hall's journal of the given epoch.
func NewBook(desc Hall, epoch uint64) *Book {
	b := &Book{epoch: epoch, devices: map[DeviceID]*DeviceState{}}
	b.SetDesc(desc)
	b.empty()
	return b
}

// SetDesc takes a new description; figures of the day stay.
func (b *Book) SetDesc(desc Hall) { b.desc, b.loc = desc, desc.Location() }

// SetEpoch tells that facts now come from another journal: a replacement gateway goes on with the same day.
func (b *Book) SetEpoch(epoch uint64) { b.epoch = epoch }

// Day is the business day of the book, YYYY-MM-DD; empty before the first fact.
func (b *Book) Day() string { return b.day }

func (b *Book) empty() {
	b.queue = newQueueBook()
	b.zones, b.staff, b.ratings = map[ZoneID]*ZoneState{}, newStaffBook(), RatingsState{}
	b.keys, b.gaps = map[pressKey]time.Time{}, nil
}

// Apply folds one fact. Facts come in the journal's order; nonsense is ignored.
func (b *Book) Apply(f Fact) Changes {
	var c Changes
	if f.At.Mark != Unsure {
		b.rollover(f.At.Wall, &c)
	}
	switch {
	case f.Kind == KindTicket && f.Ticket != nil:
		b.issue(&f, &c)
	case f.Kind == KindCall && f.Call != nil:
		b.call(&f, &c)
	case f.Kind == KindInvite && f.Invite != nil:
		b.invite(&f, &c)
	case f.Kind == KindRating && f.Rating != nil:
		b.rate(&f, &c)
	case f.Kind == KindPunch && f.Punch != nil:
		b.punch(&f, &c)
	case f.Kind == KindPassage && f.Passage != nil:
		b.pass(&f, &c)
	case f.Kind == KindDevice && f.Change != nil:
		b.device(&f, &c)
	case f.Kind == KindRecount && f.Recount != nil:
		b.recount(f.Recount, &c)
	case f.Kind == KindGap && f.Gap != nil:
		b.gap(f.Gap, &c)
	}
	return c
}

// touch notes that a section changed, once.
func (c *Changes) touch(sections ...Section) {
	for _, s := range sections {
		if !slices.Contains(c.Sections, s) {
			c.Sections = append(c.Sections, s)
		}
	}
}

// rollover begins a new business day when a fact of a later day comes. A fact of an earlier day belongs to the book's day:
// a clock that went back must not empty a queue.
func (b *Book) rollover(at time.Time, c *Changes) {
	if at.Before(b.end) {
		return
	}
	for _, t := range b.queue.tickets {
		switch t.Outcome {
		case OutcomeWaiting:
			t.Outcome = OutcomeExpired
		case OutcomeCalled:
			t.Outcome = OutcomeServed // when it ended was not seen
		default:
			continue
		}
		c.Tickets = append(c.Tickets, *t)
	}
	b.day, b.start, b.end = dayOf(at, b.loc)
	b.empty()
	c.touch(SectionQueue, SectionZones, SectionStaff, SectionRatings)
}

// dayOf gives the local day of at and its bounds. A day may have 23 or 25 hours.
func dayOf(at time.Time, loc *time.Location) (day string, start, end time.Time) {
	y, m, d := at.In(loc).Date()
	start = time.Date(y, m, d, 0, 0, 0, 0, loc)
	return start.Format(time.DateOnly), start, time.Date(y, m, d+1, 0, 0, 0, 0, loc)
}

func (b *Book) gap(g *Gap, c *Changes) {
	if g.To.Before(b.start) || g.To.Before(g.From) {
		return
	}
	b.gaps = append(b.gaps, *g)
	for _, z := range b.zones {
		z.Estimated = true
	}
	c.touch(SectionQueue, SectionZones)
}

func (b *Book) pass(f *Fact, c *Changes) {
	p := f.Passage
	z := b.zones[p.Zone]
	if z == nil {
		z = &ZoneState{ID: p.Zone, Estimated: len(b.gaps) > 0}
		b.zones[p.Zone] = z
	}
	switch p.Direction {
	case In:
		z.In++
		z.People++
	case Out:
		z.Out++
		if z.People == 0 {
			z.Estimated = true // somebody came in unseen
		} else {
			z.People--
		}
	default:
		z.Ambiguous++
		z.Estimated = true
	}
	z.Last = f.At.Wall
	c.Passages = append(c.Passages, PassageEntry{Seq: f.Seq, Device: f.Device, Passage: *p, At: f.At.Wall, Mark: f.At.Mark})
	c.touch(SectionZones)
}

// recount puts the people of a zone right; what is taken away stays visible.
func (b *Book) recount(r *Recount, c *Changes) {
	z := b.zones[r.Zone]
	if z == nil || r.To < 0 {
		return
	}
	z.Drift += z.People - r.To
	z.People = r.To
	c.touch(SectionZones)
}

// rate books a key press. First press wins: a second rating of one service is not counted (一次一评).
func (b *Book) rate(f *Fact, c *Changes) {
	r := f.Rating
	if r.Level < 1 || r.Level > 5 {
		return
	}
	key := pressKey{f.Device, r.Window, r.Seq, r.Level}
	if last, ok := b.keys[key]; ok && f.At.Wall.Sub(last).Abs() < DuplicateKey {
		return
	}
	b.keys[key] = f.At.Wall
	entry := RatingEntry{Seq: f.Seq, Device: f.Device, Window: r.Window, Level: r.Level, KeySeq: r.Seq, At: f.At.Wall, Mark: f.At.Mark}
	if t := b.queue.rated(r.Window, f.At.Wall); t != nil {
		if t.Level != 0 {
			return
		}
		if t.Outcome == OutcomeCalled { // the rating also ends a service whose end nobody keyed
			b.queue.end(t, f.At.Wall)
			c.touch(SectionQueue)
		}
		t.Level, entry.Ticket = r.Level, t.ID
		t.Mark = max(t.Mark, f.At.Mark)
		c.Tickets = append(c.Tickets, *t)
	}
	b.ratings.Counts[r.Level-1]++
	b.ratings.Last, b.ratings.Level, b.ratings.Window = f.At.Wall, r.Level, r.Window
	c.Ratings = append(c.Ratings, entry)
	c.touch(SectionRatings)
}
