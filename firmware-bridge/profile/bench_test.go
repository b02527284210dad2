package profile

import (
	"fmt"
	"slices"
	"testing"
)

// BenchmarkFeed decodes frames as they come from a port, a few in a piece.
func BenchmarkFeed(b *testing.B) {
	for _, name := range Builtins() {
		for _, piece := range []int{1, 16, 1024} {
			b.Run(fmt.Sprint(name, "/", piece), func(b *testing.B) {
				d := mustLoad(b, name).NewDecoder()
				frame := readCaptures(b, name).heard[0]
				stream := slices.Repeat(frame, 1024)
				frames := 0
				emit := func(Event) { frames++ }
				b.ReportAllocs()
				b.SetBytes(int64(len(stream)))
				for b.Loop() {
					for chunk := range slices.Chunk(stream, piece) {
						d.Feed(chunk, emit, nil)
					}
				}
				if frames != 1024*b.N {
					b.Fatalf("%d frames of %d", frames, 1024*b.N)
				}
				b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
			})
		}
	}
}

// BenchmarkHeaders feeds nothing but headers and what may follow them, byte by byte: the most that the search for whole frames
// inside others costs.
func BenchmarkHeaders(b *testing.B) {
	for _, name := range Builtins() {
		b.Run(name, func(b *testing.B) {
			p := mustLoad(b, name)
			stream := slices.Repeat(append(slices.Clone(p.bodies[0].frame.header), 0x20), 1024)
			d := p.NewDecoder()
			b.SetBytes(int64(len(stream)))
			for b.Loop() {
				for chunk := range slices.Chunk(stream, 1) {
					d.Feed(chunk, nil, nil)
				}
			}
		})
	}
}
