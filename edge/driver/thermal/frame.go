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

// Errors of a picture.
var (
	errRange = errors.New("a pixel is out of the sensor's range")
	errForm  = errors.New("no picture: a pixel has more than 12 bits") // a wire that is off reads as ones
	errShort = errors.New("no picture: too short")
)

// decode reads the pixel registers: 12 bits, two's complement, 0.25 °C, little-endian.
func decode(b []byte) (f frame, err error) {
	if len(b) < 2*pixels {
		return f, errShort
	}
	for i := range f {
		if b[2*i+1] > 0x0F {
			return f, errForm
		}
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
	learnSlow  = 0.01   // share of a new picture, at ten a second: half a minute
	learnFast  = 0.2    // in the first pictures
	learnLeak  = 2.5e-5 // where somebody is: a radiator that was switched on is floor after an hour, and so is who sits as still
	fastFrames = 20
	warmer     = 1.75 // °C above the background: somebody
	hotRoom    = 30.0 // °C: people are hardly warmer
	coolBy     = 1.0  // °C below it counting begins again
	leastBlob  = 2    // pixels
	mostBlob   = 24   // pixels: two people shoulder to shoulder
	mostWarm   = 48   // pixels: no crowd below one sensor
)

// learn gives the pixels that are warmer than the background, and learns from the others. n counts the pictures before.
func (g *background) learn(f *frame, n int) (mask [pixels]bool) {
	if !g.known {
		g.at, g.known = *f, true
		return mask
	}
	rate, occupied := learnSlow, learnLeak
	if n < fastFrames {
		rate, occupied = learnFast, learnFast
	}
	warm := 0
	for i, t := range f {
		if mask[i] = t > g.at[i]+warmer; mask[i] {
			warm++
		}
	}
	if warm > mostWarm { // the sun, or the heating
		mask = [pixels]bool{}
	}
	for i, t := range f {
		if mask[i] {
			g.at[i] += occupied * (t - g.at[i])
		} else {
			g.at[i] += rate * (t - g.at[i])
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
