package camera

import (
	"fmt"
	"time"
)

// Times and numbers of learning, in pictures.
const (
	learnPictures  = 30  // before a view can be judged by
	adaptPictures  = 500 // a usual view follows over so many
	wrongPictures  = 5   // in a row before something is wrong
	rightPictures  = 3   // in a row before it is right again
	defaultRelearn = 24 * time.Hour
	bands          = 3 // of luminance: a hall by night is another picture than by day
	bandWidth      = 256 / bands
	leastSharp     = 0.1         // of a usual view; there are no edges to judge by in less
	wrongFor       = time.Minute // and for so long: somebody stands before the lens
)

// view is what the camera usually sees in one band of luminance.
type view struct {
	n     int // pictures learned
	sum   gradients
	sharp float64
}

func (v *view) known() bool { return v.n >= learnPictures }

// learn takes a picture into the usual view. People are averaged away.
func (v *view) learn(g *gradients, sharp float64) {
	v.n = min(v.n+1, adaptPictures)
	part := 1 / float64(v.n)
	for i, x := range g {
		v.sum[i] += part * (x - v.sum[i])
	}
	v.sharp += part * (sharp - v.sharp)
}

// streak is a verdict that needs several pictures in a row to change.
type streak struct {
	bad    bool
	run    int       // pictures in a row that say otherwise
	from   time.Time // the first of them
	since  time.Time // when the verdict changed
	detail string
}

func (s *streak) note(bad bool, now time.Time, detail string) {
	if bad {
		s.detail = detail
	}
	if bad == s.bad {
		s.run = 0
		return
	}
	need, long := wrongPictures, wrongFor
	if s.bad {
		need, long = rightPictures, 0
	}
	if s.run++; s.run == 1 || now.Before(s.from) {
		s.from = now
	}
	if s.run >= need && now.Sub(s.from) >= long {
		s.bad, s.run, s.since = bad, 0, now
	}
}

// memory is what a camera usually sees. It learns from pictures that are right only. What stays wrong for relearn becomes the
// usual view: somebody wanted it so. It reads no clock and keeps no picture.
type memory struct {
	defocused, moved float64
	relearn          time.Duration
	views            [bands]view
	blurred, turned  streak
}

func newMemory(defocused, moved float64, relearn time.Duration) *memory {
	if relearn <= 0 {
		relearn = defaultRelearn
	}
	return &memory{defocused: defocused, moved: moved, relearn: relearn}
}

// take compares a picture with the usual ones and learns from it.
func (m *memory) take(g *grid, now time.Time) {
	v, grad := &m.views[min(int(g.mean)/bandWidth, bands-1)], g.gradients()
	if v.known() {
		best := m.best(&grad)
		limit, part := m.limit(m.moved, m.turned.bad), 1.0
		if v.sharp >= leastSharp {
			part = g.sharp / v.sharp
		}
		m.turned.note(m.moved > 0 && best < limit, now, fmt.Sprintf("%.2f of the usual edges, limit %g", best, m.moved))
		limit = m.limit(m.defocused, m.blurred.bad)
		m.blurred.note(m.defocused > 0 && part < limit, now, fmt.Sprintf("sharpness %.2f of the usual, limit %g", part, m.defocused))
		if m.blurred.run > 0 && !m.blurred.bad || m.turned.run > 0 && !m.turned.bad {
			return // it may be wrong
		}
	}
	switch {
	case m.blurred.bad || m.turned.bad:
		if m.stays(&m.blurred, now) || m.stays(&m.turned, now) {
			*m = *newMemory(m.defocused, m.moved, m.relearn)
		}
	default:
		v.learn(&grad, g.sharp)
	}
}

func (m *memory) stays(s *streak, now time.Time) bool { return s.bad && now.Sub(s.since) >= m.relearn }

// limit is higher while the picture is wrong, so that it does not flap.
func (m *memory) limit(l float64, bad bool) float64 {
	if bad {
		return l * slack
	}
	return l
}

// best gives how much of the most like of the usual views is there.
func (m *memory) best(g *gradients) float64 {
	best := -1.0
	for i := range m.views {
		if v := &m.views[i]; v.known() {
			best = max(best, v.sum.within(g))
		}
	}
	return best
}

// judge says what is wrong. Another view has other edges: it comes first.
func (m *memory) judge() *finding {
	switch {
	case m.turned.bad:
		return &finding{code: "moved", detail: m.turned.detail}
	case m.blurred.bad:
		return &finding{code: "defocused", detail: m.blurred.detail}
	}
	return nil
}
