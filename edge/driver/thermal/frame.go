package thermal

import (
	"encoding/binary"
	"errors"
)

// Size of the picture.
const (
	side   = 8
	pixels = side * side
)

// frame is one picture, degrees Celsius, pixel 1 first.
type frame [pixels]float64

// Bounds of what the sensor can measure (Panasonic, Grid-EYE data sheet: 0 to 80 °C, −20 to 100 °C for the low-gain type).
const (
	coldest = -25
	hottest = 105
)

var errRange = errors.New("a pixel is out of the sensor's range")

// decode reads the pixel registers: 12 bits, two's complement, 0.25 °C, little-endian.
func decode(b []byte) (f frame, err error) {
	for i := range f {
		f[i] = pixel(b[2*i:])
		if f[i] < coldest || f[i] > hottest {
			err = errRange
		}
	}
	return f, err
}

func pixel(b []byte) float64 {
	v := int(binary.LittleEndian.Uint16(b) & 0x0FFF)
	if v >= 0x800 {
		v -= 0x1000
	}
	return float64(v) * 0.25
}

// background is the temperature of every pixel without people, learned slowly.
type background struct {
	at    frame
	known bool
}

// Learning and deciding.
const (
	learnSlow  = 0.01 // share of a new picture, at ten a second: half a minute
	learnFast  = 0.2  // in the first pictures
	fastFrames = 20
	warmer     = 1.75 // °C above the background: somebody
	hotRoom    = 30.0 // °C: people are hardly warmer
	leastBlob  = 2    // pixels
	mostBlob   = 24   // pixels: two people shoulder to shoulder
)

// warm gives the pixels that are warmer than the background, and learns from the others.
func (g *background) warm(f *frame, n int) (mask [pixels]bool) {
	if !g.known {
		g.at, g.known = *f, true
		return mask
	}
	rate := learnSlow
	if n < fastFrames {
		rate = learnFast
	}
	for i, t := range f {
		if mask[i] = t > g.at[i]+warmer; !mask[i] || n < fastFrames {
			g.at[i] += rate * (t - g.at[i])
		} else {
			g.at[i] += learnSlow / 20 * (t - g.at[i]) // a heater that was switched on is background in the end
		}
	}
	return mask
}

func (g *background) mean() (sum float64) {
	for _, t := range g.at {
		sum += t / pixels
	}
	return sum
}

// blob is a warm spot.
type blob struct {
	x, y float64 // centre, pixels
	size int
}

// blobs finds connected warm pixels, sideways and up and down. One of more than mostBlob is two people.
func blobs(mask [pixels]bool) (out []blob) {
	for start := range mask {
		if !mask[start] {
			continue
		}
		b := grow(&mask, start)
		switch {
		case b.size >= mostBlob:
			out = append(out, b, b)
		case b.size >= leastBlob:
			out = append(out, b)
		}
	}
	return out
}

// grow takes a connected spot out of the mask.
func grow(mask *[pixels]bool, start int) (b blob) {
	stack := []int{start}
	mask[start] = false
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		x, y := i%side, i/side
		b.x, b.y, b.size = b.x+float64(x), b.y+float64(y), b.size+1
		for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			nx, ny := x+d[0], y+d[1]
			if nx < 0 || ny < 0 || nx >= side || ny >= side || !mask[ny*side+nx] {
				continue
			}
			mask[ny*side+nx] = false
			stack = append(stack, ny*side+nx)
		}
	}
	b.x, b.y = b.x/float64(b.size), b.y/float64(b.size)
	return b
}
