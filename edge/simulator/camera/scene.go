package camera

import (
	"encoding/binary"
	"image"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
)

// Size and quality of the picture: small, because twenty cameras may share a machine with what they test.
const (
	width   = 320
	height  = 180
	quality = 80
	people  = 4
	turned  = 70*width + 30 // how far the picture is off after the camera was turned, in pixels
)

// Luminances of the scenes.
const (
	dark     = 5
	backside = 90 // of what covers the lens
	clothes  = 60 // darker than all of the hall
)

// scene draws what the camera sees. It reuses its image and must not be used by two goroutines at once.
type scene struct {
	rng   *rand.Rand
	hall  []byte // the luminance of the empty hall
	img   *image.YCbCr
	frame int
	light float64
	walk  [people]walker
}

// walker is a person who walks to and fro on a line.
type walker struct{ x, y, pace float64 }

func newScene(seed uint64) *scene {
	s := &scene{rng: rand.New(rand.NewPCG(seed, 0x5CE7E)), hall: emptyHall(), light: 1,
		img: image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)}
	for i := range s.img.Cb {
		s.img.Cb[i], s.img.Cr[i] = 128, 128
	}
	for i := range s.walk {
		s.walk[i] = walker{x: s.rng.Float64() * width, y: height/2 + s.rng.Float64()*height/3, pace: 2 + 5*s.rng.Float64()}
	}
	return s
}

// emptyHall is a bright room with a row of windows and a darker floor.
func emptyHall() []byte {
	b := make([]byte, width*height)
	for y := range height {
		for x := range width {
			l := 110 + x/8
			switch {
			case y > 2*height/3:
				l = 95 + x/16
			case y > height/4 && y < height/2 && x%64 > 16:
				l = 200
			}
			b[y*width+x] = byte(l)
		}
	}
	return b
}

// encode draws the next picture and writes it as JPEG.
func (s *scene) encode(w io.Writer, p Picture) error {
	s.frame++
	switch p {
	case Black:
		fill(s.img.Y, dark)
	case Covered:
		fill(s.img.Y, backside)
	default:
		s.look(p)
	}
	s.noise()
	return jpeg.Encode(w, s.img, &jpeg.Options{Quality: quality})
}

// look draws the hall and its people.
func (s *scene) look(p Picture) {
	from := 0
	if p == Moved {
		from = turned
	}
	for i := range s.img.Y {
		s.img.Y[i] = s.hall[(i+from)%len(s.hall)]
	}
	for i, p := range s.walk {
		s.person(p, i)
	}
	for i, v := range s.img.Y {
		s.img.Y[i] = byte(max(float64(v)*s.light, dark))
	}
	if p == Defocused {
		blur(s.img.Y, width, 1)
		blur(s.img.Y, height, width)
	}
}

// blur averages lines of n pixels that are step apart over a window.
func blur(b []byte, n, step int) {
	const half = 9
	line := make([]int, n)
	for from := range len(b) / n {
		if step > 1 && from >= step {
			break
		}
		at := func(i int) int { return from*n + i }
		if step > 1 {
			at = func(i int) int { return from + i*step }
		}
		for i := range line {
			line[i] = int(b[at(i)])
		}
		for i := range line {
			total := 0
			for j := -half; j <= half; j++ {
				total += line[min(max(i+j, 0), n-1)]
			}
			b[at(i)] = byte(total / (2*half + 1))
		}
	}
}

// person draws an upright oval.
func (s *scene) person(p walker, i int) {
	const wide, high = 9, 24
	at := math.Mod(p.x+p.pace*float64(s.frame), 2*width)
	cx, cy := int(min(at, 2*width-at)), int(p.y)
	for y := max(cy-high, 0); y < min(cy+high, height); y++ {
		for x := max(cx-wide, 0); x < min(cx+wide, width); x++ {
			dx, dy := float64(x-cx)/wide, float64(y-cy)/high
			if dx*dx+dy*dy <= 1 {
				s.img.Y[y*s.img.YStride+x] = byte(clothes - 8*i)
			}
		}
	}
}

// noise moves every pixel by -4 to 3, eight pixels for one number.
func (s *scene) noise() {
	var n [8]byte
	for i := 0; i+8 <= len(s.img.Y); i += 8 {
		binary.LittleEndian.PutUint64(n[:], s.rng.Uint64())
		for j, b := range n {
			s.img.Y[i+j] += b&7 - 4 // no scene is darker than 4 nor brighter than 252
		}
	}
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
