package camera

import (
	"image"
	"math"
	"slices"
)

// Numbers of the structure of a picture.
const (
	anchors       = 160  // the strongest steps of a usual view: walls, windows and furniture
	sharpRows     = 8    // rows of a cell that are looked at
	sharpColumns  = 2000 // pixels of a row
	leastContrast = 24   // levels between the darkest and the brightest pixel of a cell that shows an edge; a sensor's noise makes less
	leastCells    = 16   // with an edge; of fewer the sharpness is less
)

// steps of the grid, to the right and downwards.
const steps = (gridW-1)*gridH + gridW*(gridH-1)

// gradients are the steps between neighbours of the grid. Their length is 1: neither brightness nor contrast is in them.
type gradients [steps]float64

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
	length := 0.0
	for _, v := range out {
		length += v * v
	}
	if length = math.Sqrt(length); length > 0 {
		for i := range out {
			out[i] /= length
		}
	}
	return out
}

// within says how much of a usual view is in a picture: 1 is all of it, 0 what chance gives. Only the view's strongest steps are
// compared, each with its own strength, and none counts more than another: people hide some of them, and the steps that they
// bring along count nothing, so a crowd takes a part away, and another view all of it.
func (v *gradients) within(picture *gradients) float64 {
	size := make([]float64, 0, steps)
	for _, x := range v {
		size = append(size, math.Abs(x))
	}
	slices.Sort(size)
	least := max(size[steps-anchors], math.SmallestNonzeroFloat64)
	ratios, strength := make([]float64, 0, anchors), make([]float64, 0, anchors)
	for i, x := range v {
		if math.Abs(x) >= least {
			ratios, strength = append(ratios, picture[i]/x), append(strength, math.Abs(picture[i]/x))
		}
	}
	if len(ratios) == 0 {
		return 0
	}
	slices.Sort(strength)
	usual := max(strength[len(strength)/2], math.SmallestNonzeroFloat64) // by this light
	sum := 0.0
	for _, r := range ratios {
		sum += min(max(r/usual, -1), 1)
	}
	return sum / float64(len(ratios))
}

// sharpness says how steep the edges of a picture are, 0 to 1: the largest step between pixels that are two apart in a row,
// beside the contrast of its cell, in the better quarter of the cells that show an edge. What the edges belong to, people or
// furniture, and how bright they are makes no difference; a lens out of focus has none that are steep.
func sharpness(lum func(x, y int) uint8, b image.Rectangle) float64 {
	list := make([]float64, 0, gridW*gridH)
	for cy := range gridH {
		for cx := range gridW {
			if step, high := steepest(lum, cell(b, cx, cy)); high >= leastContrast {
				list = append(list, float64(step)/float64(high))
			}
		}
	}
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)*3/4] * min(1, float64(len(list))/leastCells)
}

// steepest gives the largest step and the contrast within a cell, both 0 to 255.
func steepest(lum func(x, y int) uint8, r image.Rectangle) (step, contrast int) {
	low, high := 255, 0
	down, right := max(1, r.Dy()/sharpRows), max(1, r.Dx()*gridW/sharpColumns)
	for y := r.Min.Y; y < r.Max.Y; y += down {
		for x := r.Min.X; x < r.Max.X; x += right {
			v := int(lum(x, y))
			low, high = min(low, v), max(high, v)
			if x >= r.Min.X+2 {
				d := v - int(lum(x-2, y))
				step = max(step, d, -d)
			}
		}
	}
	return step, max(high-low, 0)
}
