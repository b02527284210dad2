package thermal

import (
	"hallpulse/hall"
)

// Tracking.
const (
	reach    = 3.0 // pixels between two pictures
	patience = 3   // pictures without a blob before somebody is gone
	middle   = (side - 1) / 2.0
	margin   = 0.75 // pixels beyond the middle on either side: who stands on the line crosses nothing
)

// walker is somebody who is followed.
type walker struct {
	at     blob
	side   int // of the line they were on for sure: -1, 1, 0 not yet
	missed int
}

// tracker follows blobs from picture to picture by the nearest centre.
type tracker struct{ walkers []*walker }

// step takes the blobs of a picture and gives who crossed the line: In downwards (rows 0 to 7), Out upwards.
func (t *tracker) step(list []blob) (crossed []hall.Direction) {
	taken := make([]bool, len(list))
	for _, w := range t.walkers {
		best, dist := -1, reach*reach
		for i, b := range list {
			if d := square(b.x-w.at.x) + square(b.y-w.at.y); !taken[i] && d <= dist {
				best, dist = i, d
			}
		}
		if best < 0 {
			w.missed++
			continue
		}
		taken[best], w.at, w.missed = true, list[best], 0
		if d := w.cross(); d != 0 {
			crossed = append(crossed, d)
		}
	}
	kept := t.walkers[:0]
	for _, w := range t.walkers {
		if w.missed <= patience {
			kept = append(kept, w)
		}
	}
	t.walkers = kept
	for i, b := range list {
		if !taken[i] {
			w := &walker{at: b}
			w.cross()
			t.walkers = append(t.walkers, w)
		}
	}
	return crossed
}

// cross says whether the walker is on the other side of the line now.
func (w *walker) cross() hall.Direction {
	now := 0
	switch {
	case w.at.y < middle-margin:
		now = -1
	case w.at.y > middle+margin:
		now = 1
	}
	if now == 0 || now == w.side {
		return 0
	}
	was := w.side
	w.side = now
	switch was {
	case 0:
		return 0
	case -1:
		return hall.In
	}
	return hall.Out
}

func square(x float64) float64 { return x * x }
