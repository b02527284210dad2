package reconcile

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"hallpulse/hall"
)

// cause is an event of the equipment, found is what the county stored of it.
type cause struct {
	at    time.Time
	from  time.Time // when it began, where it takes a while
	hall  hall.HallID
	rest  string
	found *side

	unclear bool // found counts the person, and says that the direction is unknown
}

// side is a stored event.
type side struct {
	at    time.Time
	mark  hall.Mark
	rest  string // the fields that must not change
	cause *cause
}

// list holds the causes and the stored events of one identity, by time.
type list struct {
	causes  []*cause
	stored  []*side
	anyTime bool // the identity holds the device's own time: the stored time decides nothing
}

// pair is a stored event that may be a cause's.
type pair struct {
	cause *cause
	side  *side
	off   time.Duration
}

// match gives causes their stored events, the most alike and nearest pairs first. A time that the hall itself marked as
// estimated is compared last. What is left over may then take the place of a neighbour that has another one.
func (l *list) match() {
	pairs := map[*cause][]pair{}
	var all []pair
	for _, e := range l.causes {
		pairs[e] = l.near(e)
		all = append(all, pairs[e]...)
	}
	slices.SortStableFunc(all, byLikeness)
	for _, p := range all {
		if p.cause.found == nil && p.side.cause == nil {
			p.cause.found, p.side.cause = p.side, p.cause
		}
	}
	for _, e := range l.causes {
		if e.found == nil {
			makeRoom(e, pairs, map[*side]bool{}, 4)
		}
	}
}

func byLikeness(a, b pair) int {
	worth := func(p pair) int {
		n := 0
		if p.side.rest != p.cause.rest {
			n += 2
		}
		if p.side.mark == hall.Estimated {
			n++
		}
		return n
	}
	return cmp.Or(cmp.Compare(worth(a), worth(b)), cmp.Compare(a.off, b.off))
}

// near gives the stored events that may be e.
func (l *list) near(e *cause) []pair {
	var out []pair
	from := sort.Search(len(l.stored), func(i int) bool { return l.anyTime || !l.stored[i].at.Before(e.at.Add(-Near)) })
	for i, s := range l.stored {
		close := i >= from && s.at.Sub(e.at) <= Near
		if close || l.anyTime || s.mark == hall.Estimated {
			out = append(out, pair{e, s, s.at.Sub(e.at).Abs()})
		}
	}
	return out
}

// makeRoom looks for a stored event for e along at most depth neighbours that can take another one.
func makeRoom(e *cause, pairs map[*cause][]pair, seen map[*side]bool, depth int) bool {
	if depth == 0 {
		return false
	}
	for _, p := range pairs[e] {
		if p.side.rest != e.rest || seen[p.side] {
			continue
		}
		seen[p.side] = true
		if holder := p.side.cause; holder == nil || makeRoom(holder, pairs, seen, depth-1) {
			e.found, p.side.cause = p.side, e
			return true
		}
	}
	return false
}

// late finds what happened in a gap and was read when the device told it again.
func (l *list) late(gaps []span, e *cause) *side {
	for _, s := range l.stored {
		if s.cause != nil {
			continue
		}
		for _, g := range gaps {
			if g.holds(e.at) && s.at.After(g.from) && s.at.Before(g.to.Add(Refresh)) {
				s.cause = e
				return s
			}
		}
	}
	return nil
}

// wrong finds the same event with a wrong time.
func (l *list) wrong(e *cause) *side {
	for _, s := range l.stored {
		if s.cause == nil && s.rest == e.rest && s.at.Sub(e.at).Abs() <= Wrong {
			s.cause = e
			return s
		}
	}
	return nil
}

// toldAgain says whether a device told s again: terminals and keypads say a record until they are answered, also when the
// answer was lost with the gateway. The fold does not count it again; the rows derived from the facts prove that.
func (l *list) toldAgain(kind string, s *side) bool {
	within := time.Duration(0)
	switch kind {
	case hall.KindRating.String():
		within = hall.DuplicateKey
	case hall.KindPunch.String():
		within = math.MaxInt64
	}
	return slices.ContainsFunc(l.stored, func(k *side) bool {
		return k.cause != nil && k.rest == s.rest && s.at.Sub(k.at).Abs() < within
	})
}
