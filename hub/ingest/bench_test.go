package ingest

import (
	"fmt"
	"testing"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

const benchHalls, benchBatch = 100, 500

// drive sends batches of every hall and waits for their acks, with a few on their way.
func drive(b *testing.B, c *county, l hall.Lane, payload func(hallNo int, first uint64) []byte) {
	ids := make([]hall.HallID, benchHalls)
	for i := range ids {
		ids[i] = hall.HallID(fmt.Sprint("h", i))
		c.birth(ids[i], uint64(i+1))
	}
	next := uint64(1)
	records := 0
	for b.Loop() {
		b.StopTimer()
		var list [][]byte
		for i := range ids {
			list = append(list, payload(i, next))
		}
		next += benchBatch
		b.StartTimer()
		for i, id := range ids {
			if !c.in.Receive(id, l, list[i]) {
				b.Fatal("not accepted")
			}
		}
		for range ids {
			c.await("ack", func(a told) bool { return a.Lane == l && a.Seq == next-1 })
		}
		records += benchHalls * benchBatch
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkFacts is from the payload to the ack: decode, fold, commit with sync.
func BenchmarkFacts(b *testing.B) {
	c := newCounty(b)
	drive(b, c, hall.Facts, func(i int, first uint64) []byte {
		return factBatch(b, uint64(i+1), first, first+benchBatch-1, 1)
	})
}

// BenchmarkReadings has an engine that keeps nothing: what ingest itself costs.
func BenchmarkReadings(b *testing.B) {
	c := newCounty(b)
	c.engine.held = nil
	c.stop()
	c.start()
	drive(b, c, hall.Readings, func(i int, first uint64) []byte {
		batch := wire.ReadingBatch{Epoch: uint64(i + 1), First: first, Oldest: 1}
		for n := range uint64(benchBatch) {
			batch.Readings = append(batch.Readings, hall.Reading{Series: hall.Series{Metric: hall.MetricPeople, Part: fmt.Sprint(n % 20)}, At: fact(first + n).At.Wall, Value: float64(n)})
		}
		data, err := wire.EncodeReadingBatch(batch)
		if err != nil {
			b.Fatal(err)
		}
		return data
	})
}
