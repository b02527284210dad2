package camera

import (
	"crypto/sha256"
	"fmt"
	"math"
	"time"
)

// Limits of a verdict.
const (
	// noise is how far at least one cell of the grid of a live picture moves between two looks, whatever happens in the
	// hall: a sensor's noise of 2 to 3 levels is about 0.2 in the mean of a cell's samples and several times that in the
	// most moved of 576 cells. A picture that is sent again moves by 0.
	noise = 0.05
	// slack is how much better a picture must get before it is called good again, so that dusk does not flap.
	slack = 1.15
)

// finding is what is wrong with a picture.
type finding struct {
	code   string
	detail string
	stuck  bool
}

// watch judges a sequence of pictures. It reads no clock and keeps no picture.
type watch struct {
	black, covered float64
	frozen         time.Duration
	learned        *memory // what the camera usually sees; nil: neither defocused nor moved are looked for

	last   *grid // nil before the first picture
	bytes  [sha256.Size]byte
	ref    *grid     // the picture that all since then are equal to
	since  time.Time // when ref was seen first
	moved  float64   // the most that a cell differs from ref
	state  string
	copies int // in a row, byte for byte
}

func sum(b []byte) [sha256.Size]byte { return sha256.Sum256(b) }

// same says whether the last picture came again, byte for byte: then there is nothing to decode.
func (w *watch) same(s [sha256.Size]byte) bool {
	if w.last == nil || s != w.bytes {
		return false
	}
	w.copies++
	return true
}

// take notes a picture that differs in its bytes. It is compared with the first of the equal ones, not with the one before:
// so a slow dawn is a change.
func (w *watch) take(s [sha256.Size]byte, g *grid, now time.Time) {
	w.last, w.bytes, w.copies = g, s, 0
	if w.learned != nil && g.mean >= w.black && g.deviation >= w.covered {
		w.learned.take(g, now)
	}
	if w.ref != nil {
		if w.moved = w.ref.apart(g); w.moved < noise {
			return
		}
	}
	w.ref, w.since, w.moved = g, now, 0
}

// apart gives the largest difference of two cells.
func (g *grid) apart(other *grid) (most float64) {
	for i, v := range g.cells {
		most = max(most, math.Abs(v-other.cells[i]))
	}
	return most
}

// judge says what is wrong with the last picture at now, nil when nothing is. A black picture is uniform and does not
// change either, a covered one may not change either: the first that fits names the cause.
func (w *watch) judge(now time.Time) *finding {
	f := w.find(now)
	w.state = ""
	if f != nil {
		w.state = f.code
	}
	return f
}

func (w *watch) find(now time.Time) *finding {
	switch g, still := w.last, now.Sub(w.since); {
	case g.mean < w.limit("black", w.black):
		return &finding{code: "black", detail: fmt.Sprintf("luminance %.1f, limit %g", g.mean, w.black)}
	case g.deviation < w.limit("covered", w.covered):
		return &finding{code: "covered", detail: fmt.Sprintf("deviation %.1f, limit %g, luminance %.1f", g.deviation, w.covered, g.mean)}
	case w.frozen > 0 && still >= w.frozen:
		return &finding{code: "frozen", stuck: true,
			detail: fmt.Sprintf("unchanged for %v, %s, luminance %.1f", still.Round(time.Second), w.proof(), g.mean)}
	}
	if w.learned != nil {
		return w.learned.judge()
	}
	return nil
}

// limit gives the limit of a state, higher while the picture is in it.
func (w *watch) limit(state string, l float64) float64 {
	if w.state == state {
		return l * slack
	}
	return l
}

func (w *watch) proof() string {
	if w.copies > 0 {
		return fmt.Sprintf("the same bytes %d times", w.copies+1)
	}
	return fmt.Sprintf("difference %.3f", w.moved)
}
