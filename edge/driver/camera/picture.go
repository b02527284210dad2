package camera

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
)

// Size of the luminance grid.
const (
	gridW = 32
	gridH = 18
)

// Limits of a picture, checked before it is decoded. They bound its memory to about 40 MB: plain JPEG takes at most 3 bytes
// a pixel, progressive JPEG 15, PNG 8.
const (
	maxSide         = 8192
	maxPlainPixels  = 4096 * 3072 // 12 megapixels, the largest usual camera
	maxCostlyPixels = 1920 * 1200
	sampleSide      = 16 // at most about so many samples a cell in each direction
)

// grid is a picture reduced to what health needs.
type grid struct {
	cells     [gridW * gridH]float64 // luminance, 0 to 255
	mean      float64
	deviation float64 // standard deviation of the cells
	sharp     float64 // see sharpness
}

func isJPEG(b []byte) bool { return bytes.HasPrefix(b, []byte("\xFF\xD8")) }
func isPNG(b []byte) bool  { return bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) }

// codec is one way of decoding.
type codec struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// measure decodes a picture and reduces it. Any bytes give a grid or an error.
func measure(ctx context.Context, b []byte) (*grid, error) {
	var c codec
	switch {
	case len(b) == 0:
		return nil, errors.New("empty")
	case isJPEG(b):
		c = codec{jpeg.DecodeConfig, jpeg.Decode}
	case isPNG(b):
		c = codec{png.DecodeConfig, png.Decode}
	default:
		return nil, errors.New("neither JPEG nor PNG")
	}
	cfg, err := c.config(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if err := fits(cfg, isPlain(cfg, b)); err != nil {
		return nil, err
	}
	img, err := c.decode(&untilDone{ctx, bytes.NewReader(b)})
	if err != nil {
		return nil, err
	}
	return reduce(img), nil
}

// fits refuses pictures that cost too much, or that are too small to be one.
func fits(cfg image.Config, plain bool) error {
	limit := maxCostlyPixels
	if plain {
		limit = maxPlainPixels
	}
	switch {
	case cfg.Width < gridW || cfg.Height < gridH:
		return fmt.Errorf("%d×%d pixels are too few", cfg.Width, cfg.Height)
	case cfg.Width > maxSide || cfg.Height > maxSide || cfg.Width*cfg.Height > limit:
		return fmt.Errorf("%d×%d pixels are too many: at most %d for its kind", cfg.Width, cfg.Height, limit)
	}
	return nil
}

// readStep is how much a decoder gets at once: little, because a few bytes may stand for a whole scan of the picture.
const readStep = 512

// untilDone ends a decoder when its time is up: a picture of a few megabytes can keep one busy for minutes.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

// Read reads until the context ends.
func (u *untilDone) Read(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.r.Read(p[:min(len(p), readStep)])
}

// reduce averages samples of the luminance over each cell of the grid.
func reduce(img image.Image) *grid {
	g := &grid{}
	b, y := img.Bounds(), luminance(img)
	step := max(1, min(b.Dx()/gridW, b.Dy()/gridH)/sampleSide)
	for cy := range gridH {
		for cx := range gridW {
			g.cells[cy*gridW+cx] = average(y, cell(b, cx, cy), step)
		}
	}
	g.mean, g.deviation = moments(g.cells[:])
	g.sharp = sharpness(y, b)
	return g
}

// cell gives the pixels of a cell of the grid.
func cell(b image.Rectangle, cx, cy int) image.Rectangle {
	return image.Rect(b.Min.X+cx*b.Dx()/gridW, b.Min.Y+cy*b.Dy()/gridH, b.Min.X+(cx+1)*b.Dx()/gridW, b.Min.Y+(cy+1)*b.Dy()/gridH)
}

// luminance gives a reader of an image's luminance without a conversion of the whole image.
func luminance(img image.Image) func(x, y int) uint8 {
	switch m := img.(type) {
	case *image.YCbCr:
		return func(x, y int) uint8 { return m.Y[m.YOffset(x, y)] }
	case *image.Gray:
		return func(x, y int) uint8 { return m.Pix[m.PixOffset(x, y)] }
	}
	return func(x, y int) uint8 { return color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y }
}

func average(lum func(x, y int) uint8, r image.Rectangle, step int) float64 {
	total, n := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y += step {
		for x := r.Min.X; x < r.Max.X; x += step {
			total += int(lum(x, y))
			n++
		}
	}
	return float64(total) / float64(n)
}

func moments(v []float64) (mean, deviation float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		deviation += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(v)))
}
