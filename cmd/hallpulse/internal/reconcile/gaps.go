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

func inside(list []span, t time.Time) bool {
	return slices.ContainsFunc(list, func(s span) bool { return s.holds(t) })
}

// gapsOf gives the gaps that the gateways themselves recorded.
func gapsOf(facts []store.FactRow) map[hall.HallID][]span {
	out := map[hall.HallID][]span{}
	for i := range facts {
		if g := facts[i].Gap; g != nil {
			out[facts[i].Hall] = append(out[facts[i].Hall], span{g.From, g.To})
		}
	}
	return out
}

// addGaps checks that no gap claims more than the outages inside it, plus the slack for each.
func (r *Result) addGaps(gaps map[hall.HallID][]span, events []truth.Event) {
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
			r.GapTime += g.to.Sub(g.from).Seconds()
			covered, allowed := time.Duration(0), time.Duration(0)
			for _, o := range outages[id] {
				if o.to.Before(g.from) || o.from.After(g.to) {
					continue
				}
				covered += o.to.Sub(o.from)
				allowed += GapSlack
			}
			if over := g.to.Sub(g.from) - covered; over > allowed {
				r.Problems = append(r.Problems, Problem{"gap", "gap", fmt.Sprintf("%s: recorded %v, outages inside %v", id, g.to.Sub(g.from), covered)})
			}
		}
	}
}
