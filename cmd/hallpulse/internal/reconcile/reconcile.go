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
)

// Count is the outcome for one kind of event.
type Count struct {
	Kind       string `json:"kind"`
	Truth      int    `json:"truth"`
	Stored     int    `json:"stored"`
	Missing    int    `json:"missing"`
	InGap      int    `json:"missing_in_recorded_gap"`
	Duplicated int    `json:"duplicated"` // stored without a cause: told twice, or invented
	Altered    int    `json:"altered"`
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
	Problems []Problem `json:"problems,omitempty"`
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
	return !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.What == "gap" })
}

// memory says which kinds come from equipment that keeps its records: a gap excuses nothing there.
func memory(kind string) bool { return kind == hall.KindPunch.String() }

// Kinds that are compared, in the order they are printed.
func kinds() []string { return []string{"ticket", "call", "invite", "rating", "punch", "passage"} }

// Compare holds truth against stored facts. horizon ends the comparison: events after it are not expected yet.
func Compare(events []truth.Event, facts []store.FactRow, horizon time.Time) Result {
	gaps := gapsOf(facts)
	var res Result
	for _, kind := range kinds() {
		c, problems := compareKind(kind, events, facts, gaps, horizon)
		res.Counts = append(res.Counts, c)
		res.Problems = append(res.Problems, problems...)
	}
	res.addGaps(gaps, events)
	return res
}

type side struct {
	at   time.Time
	mark hall.Mark
	rest string // the fields that must not change
	used bool
}

func compareKind(kind string, events []truth.Event, facts []store.FactRow, gaps map[hall.HallID][]span, horizon time.Time) (Count, []Problem) {
	c := Count{Kind: kind}
	stored := map[string][]*side{}
	for i := range facts {
		f := &facts[i]
		if f.Kind.String() != kind {
			continue
		}
		c.Stored++
		key, rest := factKey(f)
		stored[key] = append(stored[key], &side{at: factTime(f), mark: f.At.Mark, rest: rest})
	}
	for _, s := range stored {
		slices.SortFunc(s, func(a, b *side) int { return a.at.Compare(b.at) })
	}
	var problems []Problem
	note := func(what, detail string) { problems = append(problems, Problem{kind, what, detail}) }
	var late []truth.Event
	for _, e := range events {
		if e.Kind != kind || e.At.After(horizon) {
			continue
		}
		c.Truth++
		key, rest := truthKey(&e)
		if s := nearest(stored[key], e.At, rest); s != nil {
			s.used = true
			if s.rest != rest {
				c.Altered++
				note("altered", fmt.Sprintf("%s %s: %s became %s", key, e.At.Format(time.RFC3339Nano), rest, s.rest))
			}
			continue
		}
		late = append(late, e)
	}
	for _, e := range late {
		key, rest := truthKey(&e)
		inGap := inside(gaps[e.Hall], e.At)
		if s := foundLate(kind, stored[key], gaps[e.Hall], e.At); s != nil && inGap {
			s.used = true
			continue
		}
		if inGap && !memory(kind) {
			c.InGap++
			continue
		}
		c.Missing++
		note("missing", fmt.Sprintf("%s %s %s", key, e.At.Format(time.RFC3339Nano), rest))
	}
	for key, list := range stored {
		for _, s := range list {
			if !s.used && s.at.Before(horizon) {
				c.Duplicated++
				note("duplicated", fmt.Sprintf("%s %s %s", key, s.at.Format(time.RFC3339Nano), s.rest))
			}
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Detail, b.Detail) })
	return c, problems
}

// nearest gives the unused stored event nearest to at, one with the same fields first. A time that the hall itself
// marked as estimated is not compared.
func nearest(list []*side, at time.Time, rest string) *side {
	var best *side
	better := func(s *side) bool {
		if best == nil {
			return true
		}
		if (s.rest == rest) != (best.rest == rest) {
			return s.rest == rest
		}
		return s.at.Sub(at).Abs() < best.at.Sub(at).Abs()
	}
	for _, s := range list {
		if s.used || (s.mark != hall.Estimated && s.at.Sub(at).Abs() > Near) {
			continue
		}
		if better(s) {
			best = s
		}
	}
	return best
}

// foundLate finds a call that happened in a gap and was read from the display's next refresh.
func foundLate(kind string, list []*side, gaps []span, at time.Time) *side {
	if kind != hall.KindCall.String() {
		return nil
	}
	for _, s := range list {
		if s.used {
			continue
		}
		for _, g := range gaps {
			if g.holds(at) && s.at.After(g.from) && s.at.Before(g.to.Add(Refresh)) {
				return s
			}
		}
	}
	return nil
}
