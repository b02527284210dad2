package camera

import (
	"fmt"
	"image"
	"math"
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
	topEdges       = 100  // the strongest hundredth of all edges tells the sharpness
	edgeRows       = 120  // rows that are looked at
	edgeColumns    = 2000 // pixels of a row
)

// gradients are the steps between neighbours of the grid, to the right and downwards, their length being 1: neither brightness
// nor contrast is in them.
type gradients [(gridW-1)*gridH + gridW*(gridH-1)]float64

func (g *grid) gradients() (out gradients) {
	n := 0
	for i, v := range g.cells {
		if i%gridW < gridW-1 {
			out[n] = g.cells[i+1] - v
			n++
		}
		if i/gridW < gridH-1 {
			out[n] = g.cells[i+gridW] - v
			n++
		}
	}
	return out.unit()
}

func (a gradients) unit() gradients {
	l := math.Sqrt(a.dot(&a))
	if l == 0 {
		return a
	}
	for i := range a {
		a[i] /= l
	}
	return a
}

func (a *gradients) dot(b *gradients) (s float64) {
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// edges gives the strength of the strongest hundredth of the steps between pixels that are two apart in a row, 0 to 255. A lens
// out of focus has none that are strong, whatever it shows.
func edges(lum func(x, y int) uint8, b image.Rectangle) float64 {
	var list [256]int
	n := 0
	down, right := max(1, b.Dy()/edgeRows), max(1, b.Dx()/edgeColumns)
	for y := b.Min.Y; y < b.Max.Y; y += down {
		for x := b.Min.X + 1; x < b.Max.X-1; x += right {
			d := int(lum(x+1, y)) - int(lum(x-1, y))
			list[max(d, -d)]++
			n++
		}
	}
	for i, left := 255, n/topEdges; i > 0; i-- {
		if left -= list[i]; left <= 0 {
			return float64(i)
		}
	}
	return 0
}

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

// like says how like the view a picture is.
func (v *view) like(g *gradients) float64 {
	u := v.sum.unit()
	return u.dot(g)
}

// streak is a verdict that needs several pictures in a row to change.
type streak struct {
	bad    bool
	run    int // pictures in a row that say otherwise
	since  time.Time
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
	need := wrongPictures
	if s.bad {
		need = rightPictures
	}
	if s.run++; s.run >= need {
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
		limit, part := m.limit(m.moved, m.turned.bad), g.sharp/max(v.sharp, math.SmallestNonzeroFloat64)
		m.turned.note(m.moved > 0 && best < limit, now, fmt.Sprintf("likeness %.2f, limit %g", best, m.moved))
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

// best gives the likeness to the most like of the usual views.
func (m *memory) best(g *gradients) float64 {
	best := -1.0
	for i := range m.views {
		if v := &m.views[i]; v.known() {
			best = max(best, v.like(g))
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
