package wire

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hallpulse/hall"
)

// steady is what a hall with thirty devices reads every ten seconds: how long each read took, the light in six pictures
// and the figures of the queue, with the jitter of a busy small computer.
func steady(n int) []hall.Reading {
	rng := rand.New(rand.NewPCG(1, 2))
	var series []hall.Series
	for i := range 30 {
		series = append(series, hall.Series{Metric: hall.MetricReadSeconds, Device: hall.DeviceID(fmt.Sprintf("device-%02d", i))})
	}
	for i := range 6 {
		series = append(series, hall.Series{Metric: hall.MetricLuminance, Device: hall.DeviceID(fmt.Sprintf("device-%02d", i))})
	}
	for _, part := range []string{"", "social", "household", "civil", "medical"} {
		series = append(series, hall.Series{Metric: hall.MetricWaiting, Part: part}, hall.Series{Metric: hall.MetricLongestWait, Part: part})
	}
	waiting := make([]float64, len(series))
	out := make([]hall.Reading, 0, n)
	at := day.Truncate(time.Millisecond)
	for len(out) < n {
		for i, s := range series {
			out = append(out, hall.Reading{
				Seq: uint64(len(out) + 1), Series: s, At: at.Add(time.Duration(i)*3*time.Millisecond + time.Duration(rng.IntN(3))*time.Millisecond),
				Boot: 3, Mono: at.Sub(day) + time.Hour, Value: steadyValue(s, rng, &waiting[i]),
			})
		}
		at = at.Add(10 * time.Second)
	}
	return out[:n]
}

func steadyValue(s hall.Series, rng *rand.Rand, last *float64) float64 {
	switch s.Metric {
	case hall.MetricReadSeconds:
		return math.Round((0.004+0.0004*rng.NormFloat64())*1e6) / 1e6
	case hall.MetricLuminance:
		return math.Round((128+rng.NormFloat64())*10) / 10
	case hall.MetricWaiting:
		*last = max(0, *last+float64(rng.IntN(3)-1))
		return *last
	}
	*last += 10
	return *last
}

// The county's link and disk are planned for less than three bytes a reading.
func TestBytesPerReading(t *testing.T) {
	for _, n := range []int{500, 5000} {
		readings := steady(n)
		batch, err := EncodeReadingBatch(ReadingBatch{Epoch: 1 << 63, First: 1 << 30, Oldest: 1, Readings: readings})
		if err != nil {
			t.Fatal(err)
		}
		frame, err := AppendReadings(nil, readings[:46])
		if err != nil {
			t.Fatal(err)
		}
		per := float64(len(batch)) / float64(n)
		t.Logf("batch of %d: %.2f bytes a reading; journal frame of one sweep: %.1f", n, per, float64(len(frame))/46)
		if n >= 5000 && per >= 3 {
			t.Errorf("%.2f bytes a reading, want less than 3", per)
		}
	}
}

// report adds records per second to a benchmark.
func report(b *testing.B, n int, what string) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "M"+what+"/s")
	b.ReportAllocs()
}

func BenchmarkEncodeReadingBatch(b *testing.B) {
	batch := ReadingBatch{First: 1, Readings: steady(5000)}
	for b.Loop() {
		if _, err := EncodeReadingBatch(batch); err != nil {
			b.Fatal(err)
		}
	}
	report(b, 5000, "readings")
}

func BenchmarkDecodeReadingBatch(b *testing.B) {
	data, err := EncodeReadingBatch(ReadingBatch{First: 1, Readings: steady(5000)})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := DecodeReadingBatch(data); err != nil {
			b.Fatal(err)
		}
	}
	report(b, 5000, "readings")
}

func BenchmarkAppendReadings(b *testing.B) {
	readings := steady(46)
	var dst []byte
	for b.Loop() {
		var err error
		if dst, err = AppendReadings(dst[:0], readings); err != nil {
			b.Fatal(err)
		}
	}
	report(b, 46, "readings")
}

func BenchmarkDecodeReadings(b *testing.B) {
	frame, err := AppendReadings(nil, steady(46))
	if err != nil {
		b.Fatal(err)
	}
	var dst []hall.Reading
	for b.Loop() {
		if dst, err = DecodeReadingsInto(dst[:0], frame); err != nil {
			b.Fatal(err)
		}
	}
	report(b, 46, "readings")
}

// tenOfEach is a batch of a hundred facts of every kind.
func tenOfEach() FactBatch {
	batch := FactBatch{First: 1}
	for range 10 {
		batch.Facts = append(batch.Facts, sampleFacts()...)
	}
	for i := range batch.Facts {
		batch.Facts[i].Seq = 0
	}
	return batch
}

func BenchmarkEncodeFactBatch(b *testing.B) {
	batch := tenOfEach()
	for b.Loop() {
		if _, err := EncodeFactBatch(batch); err != nil {
			b.Fatal(err)
		}
	}
	report(b, len(batch.Facts), "facts")
}

func BenchmarkDecodeFactBatch(b *testing.B) {
	batch := tenOfEach()
	data, err := EncodeFactBatch(batch)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := DecodeFactBatch(data); err != nil {
			b.Fatal(err)
		}
	}
	report(b, len(batch.Facts), "facts")
}
