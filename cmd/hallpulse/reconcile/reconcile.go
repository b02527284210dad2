// Package reconcile compares what simulated equipment did (truth) with what the county stored, event by event.
package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
	"hallpulse/hub/store"
)

// Tolerances of the comparison.
const (
	Near     = 2 * time.Second  // an event's stored time may differ this much from its true time
	GapSlack = 2 * time.Second  // a recorded gap may be this much longer than the outages inside it, for each outage
	Refresh  = 40 * time.Second // a display tells its number again within this after a gap: the call is found late
	Wrong    = time.Minute      // an event stored at most this far from its true time is that event with a wrong time
)

// Count is the outcome for one kind of event.
type Count struct {
	Kind       string `json:"kind"`
	Truth      int    `json:"truth"`
	Stored     int    `json:"stored"` // without those after the horizon and without what was told again
	Missing    int    `json:"missing"`
	InGap      int    `json:"missing_in_recorded_gap"`
	Duplicated int    `json:"duplicated"` // stored without a cause: told twice, or invented
	Altered    int    `json:"altered"`
	Unclear    int    `json:"unclear"`    // passages that were counted and marked as of unknown direction
	ToldAgain  int    `json:"told_again"` // the same record of a device, told again by the device and not counted again
}

// Problem is one event that is not as it should be.
type Problem struct {
	Kind   string `json:"kind"`
	What   string `json:"what"` // missing, duplicated, altered, gap
	Detail string `json:"detail"`
}

// Result is the outcome of a comparison.
type Result struct {
	Counts   []Count   `json:"counts"`
	Rows     []Rows    `json:"rows,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
	Shown    int       `json:"shown"` // facts of devices whose truth nobody writes down: not compared
	Gaps     int       `json:"gaps"`
	GapTime  float64   `json:"gap_seconds"`
	Outages  int       `json:"outages"`
	OutTime  float64   `json:"outage_seconds"`
}

// OK says whether nothing but events inside recorded gaps is missing.
func (r Result) OK() bool {
	for _, c := range r.Counts {
		if c.Missing+c.Duplicated+c.Altered > 0 {
			return false
		}
	}
	for _, c := range r.Rows {
		if c.Rows != c.Want {
			return false
		}
	}
	return !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.What == "gap" })
}

// kinds that are compared, in the order they are printed.
func kinds() []string { return []string{"ticket", "call", "invite", "rating", "punch", "passage"} }

// memory says which kinds carry the device's own time: what was kept and told late still says when it happened.
func memory(kind string) bool { return kind == hall.KindPunch.String() }

// keeps says which kinds come from equipment that keeps its records until they are answered: a gap excuses nothing there.
func keeps(kind string) bool { return memory(kind) || kind == hall.KindRating.String() }

// repeats says which kinds are told again without a time of their own, so that after a gap they are read late.
func repeats(kind string) bool {
	return kind == hall.KindCall.String() || kind == hall.KindRating.String()
}

// named says which kinds name what happened, so that an event with a wrong time is known to be the same.
func named(kind string) bool { return kind != hall.KindPassage.String() }

// Compare holds truth against stored facts. horizon ends the comparison: events after it are not expected yet.
func Compare(events []truth.Event, facts []store.FactRow, horizon time.Time) Result {
	gaps := gapsOf(facts)
	facts, shown := told(events, facts)
	res := Result{Shown: shown}
	for _, kind := range kinds() {
		c := compared{kind: kind, gaps: gaps, horizon: horizon, count: Count{Kind: kind}}
		c.run(events, facts)
		res.Counts = append(res.Counts, c.count)
		res.Problems = append(res.Problems, c.problems...)
	}
	res.addGaps(gaps, events, horizon)
	return res
}

// told leaves out the facts of devices whose truth nobody writes down, and counts them.
func told(events []truth.Event, facts []store.FactRow) (rest []store.FactRow, shown int) {
	type device struct {
		hall hall.HallID
		id   hall.DeviceID
	}
	skip := map[device]bool{}
	for _, e := range events {
		if e.Kind == truth.KindShown {
			skip[device{e.Hall, e.Device}] = true
		}
	}
	for _, f := range facts {
		if skip[device{f.Hall, f.Device}] && slices.Contains(kinds(), f.Kind.String()) {
			shown++
			continue
		}
		rest = append(rest, f)
	}
	return rest, shown
}

// compared is the comparison of one kind.
type compared struct {
	kind     string
	gaps     map[hall.HallID][]span
	horizon  time.Time
	count    Count
	problems []Problem
}

func (c *compared) note(what, format string, args ...any) {
	c.problems = append(c.problems, Problem{c.kind, what, fmt.Sprintf(format, args...)})
}

func (c *compared) run(events []truth.Event, facts []store.FactRow) {
	lists := c.lists(events, facts)
	for _, l := range lists {
		l.match()
	}
	if c.kind == hall.KindPassage.String() {
		unclear(lists)
	}
	for key, l := range lists {
		for _, e := range l.causes {
			if e.at.After(c.horizon) {
				continue
			}
			c.count.Truth++
			c.settle(key, l, e)
		}
		for _, s := range l.stored {
			c.leftover(key, l, s)
		}
	}
	slices.SortFunc(c.problems, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Detail, b.Detail)) })
}

// lists sorts causes and stored events of the kind by what identifies them.
func (c *compared) lists(events []truth.Event, facts []store.FactRow) map[string]*list {
	lists := map[string]*list{}
	at := func(key string) *list {
		l := lists[key]
		if l == nil {
			l = &list{}
			lists[key] = l
		}
		return l
	}
	for i := range events {
		if e := &events[i]; e.Kind == c.kind {
			key, rest := truthKey(e)
			at(key).causes = append(at(key).causes, &cause{at: e.At, from: e.From, hall: e.Hall, rest: rest})
		}
	}
	for i := range facts {
		f := &facts[i]
		if f.Kind.String() == c.kind {
			key, rest := factKey(f)
			at(key).stored = append(at(key).stored, &side{at: factTime(f), mark: f.At.Mark, rest: rest})
		}
	}
	for _, l := range lists {
		slices.SortStableFunc(l.causes, func(a, b *cause) int { return a.at.Compare(b.at) })
		slices.SortStableFunc(l.stored, func(a, b *side) int { return a.at.Compare(b.at) })
		l.anyTime = memory(c.kind)
	}
	return lists
}

// settle books the outcome of one cause.
func (c *compared) settle(key string, l *list, e *cause) {
	gaps := c.gaps[e.hall]
	inGap := inside(gaps, e.at) || inside(gaps, e.from) // what began in a gap was not seen whole
	if e.found == nil && inGap && repeats(c.kind) {
		e.found = l.late(gaps, e)
	} else if e.found == nil && named(c.kind) {
		if e.found = l.wrong(e); e.found != nil {
			c.count.Altered++
			c.note("altered", "%s %s: stored at %s", key, stamp(e.at), stamp(e.found.at))
			return
		}
	}
	switch {
	case e.found != nil && e.unclear:
		c.count.Unclear++
	case e.found != nil && e.found.rest != e.rest:
		c.count.Altered++
		c.note("altered", "%s %s: %s became %s", key, stamp(e.at), e.rest, e.found.rest)
	case e.found != nil:
	case inGap && !keeps(c.kind):
		c.count.InGap++
	default:
		c.count.Missing++
		c.note("missing", "%s %s %s", key, stamp(e.at), e.rest)
	}
}

// leftover books a stored event: one that no cause took was told twice, or invented.
func (c *compared) leftover(key string, l *list, s *side) {
	switch {
	case s.cause != nil && s.cause.at.After(c.horizon), s.cause == nil && !s.at.Before(c.horizon):
		return
	case s.cause == nil && l.toldAgain(c.kind, s):
		c.count.ToldAgain++
		return
	case s.cause == nil:
		c.count.Duplicated++
		c.note("duplicated", "%s %s %s", key, stamp(s.at), s.rest)
	}
	c.count.Stored++
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
