package tof

import (
	"slices"

	"hallpulse/hall"
)

// keep is how many distances of a half are looked at together: somebody under the sensor is as near as their nearest part.
const keep = 3

// farAway is the distance of nothing, in millimetres.
const farAway = 1 << 15

// half is one half of what the sensor sees.
type half struct {
	last []int
}

// take adds a distance and says whether somebody is under this half.
func (h *half) take(distance, threshold int) bool {
	if h.last = append(h.last, distance); len(h.last) > keep {
		h.last = h.last[1:]
	}
	return slices.Min(h.last) < threshold
}

// Halves of the path, as bits: nobody, first half, second half, both.
const (
	first  = 1
	second = 2
)

// path follows who goes from one half to the other, by the maker's reference method: nobody, first, both, second, nobody is a
// passage, and so is the other way round; whoever turns back is none.
type path struct{ steps []int }

// take adds what is occupied now and gives the direction of a passage that has just ended: 1 from the first half to the
// second, -1 the other way, 0 none.
func (p *path) take(occupied int) hall.Direction {
	if len(p.steps) > 0 && p.steps[len(p.steps)-1] == occupied {
		return 0
	}
	if occupied != 0 {
		if len(p.steps) < 16 { // somebody who sways back and forth is no passage anyway
			p.steps = append(p.steps, occupied)
		}
		return 0
	}
	steps := p.steps
	p.steps = nil
	if len(steps) == 0 || !slices.Contains(steps, first|second) {
		return 0 // two people, or somebody too fast to be seen under both
	}
	switch from, to := steps[0], steps[len(steps)-1]; {
	case from == first && to == second:
		return hall.In
	case from == second && to == first:
		return hall.Out
	}
	return 0
}
