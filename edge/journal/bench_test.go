package journal

import (
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hallpulse/hall"
)

func benchFacts(b *testing.B, writers int) {
	j := open(b, b.TempDir(), Options{})
	payload := []byte(strings.Repeat("f", 120))
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := j.Append(hall.Facts, payload, 1); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "facts/s")
}

func BenchmarkFacts1(b *testing.B)  { benchFacts(b, 1) }
func BenchmarkFacts16(b *testing.B) { benchFacts(b, 16) }

func BenchmarkReadings(b *testing.B) {
	j := open(b, b.TempDir(), Options{})
	payload := []byte(strings.Repeat("r", 46*11)) // one sweep of 46 readings
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Append(hall.Readings, payload, 46); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(46*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mreadings/s")
}

func BenchmarkRead(b *testing.B) {
	j := open(b, b.TempDir(), Options{})
	payload := []byte(strings.Repeat("r", 46*11))
	for range 20000 {
		if _, err := j.Append(hall.Readings, payload, 46); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Sync(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := j.Reader(hall.Readings, 1)
		for {
			if _, err := r.Next(); err != nil {
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
				break
			}
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(20000*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mframes/s")
}
