package tof

import (
	"slices"

	"hallpulse/hall"
)

// keep is how many distances of a half are looked at together: somebody under the sensor is as near as their nearest part. ST's
// reference keeps ten at its pace; three at ours, 96 ms apart, are the same third of a second. More would make one of two
// people who follow each other.
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
type path struct {
	begin, now int // occupied first, and now
	both       bool
}

// take adds what is occupied now and gives the direction of a passage that has just ended: In from the first half to the
// second, Out the other way, 0 none. Nobody goes who was never under both halves: that were two people, or one too fast.
func (p *path) take(occupied int) hall.Direction {
	if occupied != 0 {
		if p.begin == 0 {
			p.begin = occupied
		}
		p.now, p.both = occupied, p.both || occupied == first|second
		return 0
	}
	was := *p
	*p = path{}
	switch {
	case was.both && was.begin == first && was.now == second:
		return hall.In
	case was.both && was.begin == second && was.now == first:
		return hall.Out
	}
	return 0
}
