package reconcile

import (
	"fmt"
	"slices"
	"time"

	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
	"hallpulse/hub/store"
)

// edgeSlack widens a recorded gap's bounds when an event is looked up: gap and truth are on two clocks of one machine,
// and an event on the wire at the moment of death belongs to the outage.
const edgeSlack = 250 * time.Millisecond

// span is a stretch of time.
type span struct{ from, to time.Time }

func (s span) holds(t time.Time) bool {
	return !t.Before(s.from.Add(-edgeSlack)) && !t.After(s.to.Add(edgeSlack))
}

func (s span) length() time.Duration { return s.to.Sub(s.from) }

// overlap gives how much of s lies within o, whose clock may differ by Near.
func (s span) overlap(o span) time.Duration {
	from, to := o.from.Add(-Near), o.to.Add(Near)
	if from.Before(s.from) {
		from = s.from
	}
	if to.After(s.to) {
		to = s.to
	}
	return min(to.Sub(from), o.length())
}

func inside(list []span, t time.Time) bool {
	return slices.ContainsFunc(list, func(s span) bool { return s.holds(t) })
}

// gapsOf gives the gaps that the gateways themselves recorded. Records that a journal lost are no excuse.
func gapsOf(facts []store.FactRow) map[hall.HallID][]span {
	out := map[hall.HallID][]span{}
	for i := range facts {
		if g := facts[i].Gap; g != nil && g.Reason != store.ReasonLost {
			out[facts[i].Hall] = append(out[facts[i].Hall], span{g.From, g.To})
		}
	}
	return out
}

// addGaps checks that no gap claims more than the outages inside it, plus the slack for each. A gap that ends after the
// horizon is not judged: the end of its outage may not be written yet.
func (r *Result) addGaps(gaps map[hall.HallID][]span, events []truth.Event, horizon time.Time) {
	outages := map[hall.HallID][]span{}
	for _, e := range events {
		if e.Kind == truth.KindOutage {
			outages[e.Hall] = append(outages[e.Hall], span{e.From, e.To})
			r.Outages++
			r.OutTime += e.To.Sub(e.From).Seconds()
		}
	}
	for id, list := range gaps {
		for _, g := range list {
			r.Gaps++
			r.GapTime += g.length().Seconds()
			covered, allowed := time.Duration(0), time.Duration(0)
			for _, o := range outages[id] {
				if both := g.overlap(o); both >= 0 {
					covered += both
					allowed += GapSlack
				}
			}
			if g.length()-covered > allowed && !g.to.After(horizon) {
				r.Problems = append(r.Problems, Problem{"gap", "gap", fmt.Sprintf("%s %s: recorded %v, outages inside %v", id, stamp(g.from), g.length(), covered)})
			}
		}
	}
}
