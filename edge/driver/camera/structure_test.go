package camera

import (
	"image"
	"math/rand/v2"
	"testing"
	"time"
)

// Sizes of a drawn hall and of what a camera sees of it.
const (
	hallW, hallH = 960, 540
	seenW, seenH = 640, 360
)

// drawHall draws walls, windows and desks.
func drawHall(rnd *rand.Rand) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, hallW, hallH))
	for i := range m.Pix {
		m.Pix[i] = byte(150 + i/hallW/12)
	}
	for range 25 {
		w, h, v := 30+rnd.IntN(200), 20+rnd.IntN(120), byte(40+rnd.IntN(200))
		x0, y0 := rnd.IntN(hallW-w), rnd.IntN(hallH-h)
		for y := y0; y < y0+h; y++ {
			for x := x0; x < x0+w; x++ {
				m.Pix[y*hallW+x] = v
			}
		}
	}
	return m
}

// sight is what a camera sees.
type sight struct {
	off    int // turned so many pixels to the right, and half as many down
	people int
	light  float64
	blur   int // half the width of a lens out of focus, in pixels
}

// see draws what a camera sees, with a sensor's noise.
func see(m *image.Gray, rnd *rand.Rand, s sight) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, seenW, seenH))
	for y := range seenH {
		copy(out.Pix[y*seenW:(y+1)*seenW], m.Pix[(y+90+s.off/2)*hallW+160+s.off:])
	}
	for range s.people {
		const wide, high = 22, 60
		cx, cy, v := rnd.IntN(seenW), seenH/3+rnd.IntN(2*seenH/3), byte(20+rnd.IntN(120))
		for y := max(0, cy-high); y < min(seenH, cy+high); y++ {
			for x := max(0, cx-wide); x < min(seenW, cx+wide); x++ {
				if a, b := float64(x-cx)/wide, float64(y-cy)/high; a*a+b*b <= 1 {
					out.Pix[y*seenW+x] = v
				}
			}
		}
	}
	if s.blur > 0 {
		soften(out.Pix, seenH, seenW, 1, s.blur)
		soften(out.Pix, seenW, 1, seenW, s.blur)
	}
	for i, v := range out.Pix {
		out.Pix[i] = byte(min(255, max(0, float64(v)*s.light+float64(rnd.IntN(7))-3)))
	}
	return out
}

// soften averages lines over a window: so many lines, whose beginnings and pixels are apart by these steps.
func soften(pix []byte, lines, apart, step, half int) {
	n := len(pix) / lines
	line := make([]int, n+1)
	for l := range lines {
		for i := range n {
			line[i+1] = line[i] + int(pix[l*apart+i*step])
		}
		for i := range n {
			from, to := max(0, i-half), min(n, i+half+1)
			pix[l*apart+i*step] = byte((line[to] - line[from]) / (to - from))
		}
	}
}

// TestCrowd: with what was learned with few people, a full hall and little light are no trouble, a camera that was turned by a
// twelfth of the picture and a lens out of focus are, whoever stands in the hall.
func TestCrowd(t *testing.T) {
	const halls, looks = 3, 15
	for seed := range uint64(halls) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		m, learned, now := drawHall(rnd), newMemory(0.5, 0.25, 0), newClock()
		for range 2 * learnPictures {
			learned.take(reduce(see(m, rnd, sight{people: rnd.IntN(8), light: 1})), now.at)
		}
		for _, c := range []struct {
			name string
			sight
			want string
		}{
			{"empty", sight{light: 1}, ""},
			{"full", sight{light: 1, people: 40}, ""},
			{"dim", sight{light: 0.6, people: 5}, ""},
			{"nudged", sight{light: 1, people: 5, off: 6}, ""},
			{"turned", sight{light: 1, people: 5, off: seenW / 12}, "moved"},
			{"away", sight{light: 1, people: 5, off: seenW / 5}, "moved"},
			{"soft", sight{light: 1, people: 5, blur: 5}, "defocused"},
			{"very soft", sight{light: 1, people: 20, blur: 15}, "defocused"},
		} {
			own, got, detail := *learned, "", ""
			for range looks {
				now.forth(10 * time.Second)
				own.take(reduce(see(m, rnd, c.sight)), now.at)
				if f := own.judge(); f != nil {
					got, detail = f.code, f.detail
				}
			}
			if got != c.want {
				t.Errorf("hall %d, %s: %q %s", seed, c.name, got, detail)
			}
		}
	}
}

// TestFlatView: of a view without edges nothing can be said, so nothing is.
func TestFlatView(t *testing.T) {
	learned, now := newMemory(0.5, 0, 0), newClock()
	for range 2 * learnPictures {
		now.forth(10 * time.Second)
		g := flat(100, 5)
		learned.take(g, now.at)
	}
	if f := learned.judge(); f != nil {
		t.Errorf("%+v", f)
	}
	if g := (gradients{}); g.within(&gradients{}) != 0 {
		t.Error("nothing is like nothing")
	}
}

// TestPasserBy: somebody who stands before the lens for less than a minute moved no camera, however often it is looked.
func TestPasserBy(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	m, learned, now := drawHall(rnd), newMemory(0, 0.25, time.Hour), newClock()
	look := func(s sight, n int) *finding {
		for range n {
			now.forth(time.Second)
			learned.take(reduce(see(m, rnd, s)), now.at)
		}
		return learned.judge()
	}
	look(sight{light: 1}, learnPictures)
	if f := look(sight{light: 1, off: 150}, int(wrongFor/time.Second)); f != nil {
		t.Errorf("%+v", f)
	}
	if f := look(sight{light: 1}, 1); f != nil {
		t.Errorf("%+v", f)
	}
	if f := look(sight{light: 1, off: 150}, int(wrongFor/time.Second)+1); f == nil || f.code != "moved" {
		t.Errorf("%+v", f)
	}
}
