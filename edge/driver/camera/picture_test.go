package camera

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"
)

// draw gives a picture whose luminance rises from left to right from 0 to 2×mean.
func draw(w, h int, mean float64) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetGray(x, y, color.Gray{Y: uint8(2 * mean * float64(x) / float64(w))})
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// coloured gives the same picture as YCbCr or RGBA.
func coloured(m *image.Gray, rgba bool) image.Image {
	if rgba {
		out := image.NewNRGBA(m.Rect)
		for y := range m.Rect.Dy() {
			for x := range m.Rect.Dx() {
				out.Set(x, y, m.GrayAt(x, y))
			}
		}
		return out
	}
	out := image.NewYCbCr(m.Rect, image.YCbCrSubsampleRatio420)
	copy(out.Y, m.Pix)
	for i := range out.Cb {
		out.Cb[i], out.Cr[i] = 128, 128
	}
	return out
}

// TestMeasure: every kind of picture gives the same numbers.
func TestMeasure(t *testing.T) {
	m := draw(640, 360, 80)
	tests := map[string][]byte{
		"grey jpeg": asJPEG(t, m), "colour jpeg": asJPEG(t, coloured(m, false)),
		"grey png": asPNG(t, m), "colour png": asPNG(t, coloured(m, true)),
		"odd size": asJPEG(t, draw(641, 363, 80)), "smallest": asPNG(t, draw(gridW, gridH, 80)), "large": asJPEG(t, draw(1920, 1080, 80)),
	}
	for name, b := range tests {
		g, err := measure(t.Context(), b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// A ramp from 0 to 160 has a mean of 80 and a deviation of 160/√12.
		if math.Abs(g.mean-80) > 3 || math.Abs(g.deviation-160/math.Sqrt(12)) > 2 {
			t.Errorf("%s: mean %.1f, deviation %.1f", name, g.mean, g.deviation)
		}
	}
}

// frameHeader gives a JPEG that ends after the header of its only scan.
func frameHeader(marker byte, w, h, comps int) []byte {
	b := []byte{0xFF, 0xD8, 0xFF, marker, 0, byte(8 + 3*comps), 8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(comps)}
	for i := range comps {
		b = append(b, byte(i+1), 0x11, 0)
	}
	return append(b, 0xFF, markerSOS, 0, 8, 1, 1, 0, 0, 63, 0)
}

// TestBombs: pictures that would cost too much are refused from their header.
func TestBombs(t *testing.T) {
	big := asPNG(t, draw(gridW, gridH, 80))
	binary.BigEndian.PutUint32(big[16:], 30000) // width in IHDR; its checksum is wrong then, so the error is another one
	tests := map[string]struct {
		b    []byte
		want string
	}{
		"empty":               {nil, "empty"},
		"text":                {[]byte("<html>"), "neither JPEG nor PNG"},
		"cut":                 {asJPEG(t, draw(640, 360, 80))[:2000], "short Huffman data"},
		"header only":         {[]byte{0xFF, 0xD8}, "EOF"},
		"too small":           {asPNG(t, draw(8, 8, 80)), "too few"},
		"65535 squared":       {frameHeader(markerSOF0, 65535, 65535, 3), "too many"},
		"wide":                {frameHeader(markerSOF0, 9000, 100, 3), "too many"},
		"16 megapixels":       {frameHeader(markerSOF0, 4608, 3456, 3), "too many"},
		"large progressive":   {frameHeader(markerSOF2, 4000, 3000, 3), "too many"},
		"large cmyk":          {frameHeader(markerSOF0, 4000, 3000, 4), "too many"},
		"png with wrong size": {big, "checksum"},
		"large png":           {asPNG(t, image.NewGray(image.Rect(0, 0, 4000, 3000))), "too many"},
	}
	for name, tt := range tests {
		var err error
		n := allocated(func() { _, err = measure(t.Context(), tt.b) })
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
		if n > 2<<20 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
	if _, err := measure(t.Context(), frameHeader(markerSOF0, 4000, 3000, 3)); err == nil || strings.Contains(err.Error(), "too many") {
		t.Errorf("12 plain megapixels: error %v, want one of the missing picture", err)
	}
}

// TestSequential: a frame header cannot be hidden behind another.
func TestSequential(t *testing.T) {
	good := asJPEG(t, draw(64, 64, 80))
	if !isSequential(good) {
		t.Error("a plain picture is not known as one")
	}
	for name, b := range map[string][]byte{
		"progressive": frameHeader(markerSOF2, 64, 64, 3),
		"arithmetic":  frameHeader(0xC9, 64, 64, 3)[:9],
		"fill":        append([]byte{0xFF, 0xD8, 0xFF, 0xFF, 0xC0}, good[2:]...),
		"garbage":     append([]byte{0xFF, 0xD8, 0x00}, good[2:]...),
		"restart":     append([]byte{0xFF, 0xD8, 0xFF, 0xD0}, good[2:]...),
		"long":        {0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF, 1, 2, 3},
		"nothing":     {0xFF, 0xD8},
	} {
		if isSequential(b) {
			t.Errorf("%s: called sequential", name)
		}
	}
}

// TestTimeLimit: a decoder ends when its time is up.
func TestTimeLimit(t *testing.T) {
	over := errors.New("time is up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(over)
	if _, err := measure(ctx, asJPEG(t, draw(640, 360, 80))); !errors.Is(err, over) {
		t.Errorf("error %v, want %v", err, over)
	}
}

// FuzzPicture: any bytes give a verdict or an error, with bounded memory.
func FuzzPicture(f *testing.F) {
	m := draw(64, 36, 80)
	f.Add(asJPEG(f, m))
	f.Add(asJPEG(f, coloured(m, false)))
	f.Add(asPNG(f, m))
	f.Add(asPNG(f, coloured(m, true)))
	f.Add(frameHeader(markerSOF2, 1920, 1200, 3))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := watch{black: 16, covered: 4, frozen: time.Minute}
		now := newClock()
		var l look
		var err error
		if n := allocated(func() { err = l.judge(t.Context(), &w, b, now.at) }); n > 64<<20 {
			t.Fatalf("%d bytes allocated for %d", n, len(b))
		}
		if (err == nil) != l.seen || err != nil && !errors.Is(err, errPicture) {
			t.Fatalf("error %v, seen %v", err, l.seen)
		}
		if l.seen && !(l.luminance >= 0 && l.luminance <= 255) {
			t.Fatalf("luminance %v", l.luminance)
		}
	})
}

// BenchmarkPicture is the work of one look at a picture that changed.
func BenchmarkPicture(b *testing.B) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"320x180", 320, 180}, {"1280x720", 1280, 720}, {"1920x1080", 1920, 1080}, {"3840x2160", 3840, 2160}} {
		body := asJPEG(b, coloured(speckled(size.w, size.h), false))
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := measure(b.Context(), body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSamePicture is the work of one look at a picture that came again.
func BenchmarkSamePicture(b *testing.B) {
	body := asJPEG(b, coloured(speckled(1920, 1080), false))
	var w watch
	var l look
	for b.Loop() {
		if err := l.judge(b.Context(), &w, body, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}

// speckled gives a picture with detail, which costs a decoder what a camera's does.
func speckled(w, h int) *image.Gray {
	m, r := draw(w, h, 80), rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] += uint8(r.UintN(8))
	}
	return m
}

// allocated gives the bytes that f allocates. Other goroutines count too: tests that use it run alone.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// scanBomb gives a progressive JPEG of n scans: each visits every block of the picture for sixteen bytes.
func scanBomb(n int) []byte {
	frame := frameHeader(markerSOF2, 1920, 1200, 1)
	b := append([]byte(nil), frame[:len(frame)-10]...) // without its scan
	b = append(b, 0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xE0)
	// A run of 32767 blocks without coefficients, twice.
	scan := []byte{0xFF, markerSOS, 0, 8, 1, 1, 0, 1, 63, 0, 0x7F, 0xFE, 0xFF, 0, 0xFF, 0}
	return append(append(b, bytes.Repeat(scan, n)...), 0xFF, 0xD9)
}

// TestScanBomb: a picture that would keep the decoder busy for long ends with its time limit.
func TestScanBomb(t *testing.T) {
	if _, err := measure(t.Context(), scanBomb(1)); err != nil {
		t.Fatalf("one scan: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := measure(ctx, scanBomb(maxBody/16-8))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(begin); took > 1200*time.Millisecond {
		t.Errorf("ended after %v", took)
	}
}
