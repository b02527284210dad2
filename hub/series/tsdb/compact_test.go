package tsdb

import (
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/series"
)

// hours is n hours of one series of a hall, a reading a minute.
func hours(id hall.HallID, from time.Time, n int) series.Batch {
	b := series.Batch{Hall: id}
	for i := range n * 60 {
		b.Readings = append(b.Readings, hall.Reading{Series: hall.Series{Metric: "people"}, At: from.Add(time.Duration(i) * time.Minute), Value: float64(i)})
	}
	return b
}

// A compaction beside a write loses late readings (see compact): when Write returns, it is over.
func TestCompactionIsBetweenWrites(t *testing.T) {
	e, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	count := func(id hall.HallID) (n int) {
		list, err := e.Query(t.Context(), series.Range{Hall: id, Metric: "people", From: day, To: day.Add(48 * time.Hour), Step: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			for _, p := range s.Points {
				n += p.N
			}
		}
		return n
	}
	for i := range 8 {
		ahead, late := day.Add(time.Duration(i*4)*time.Hour), day.Add(time.Duration(i*2)*time.Hour)
		if err := e.Write(t.Context(), []series.Batch{hours("ahead", ahead, 4), hours("late", late, 2)}); err != nil {
			t.Fatal(err)
		}
		head := e.db.Head()
		if span := time.Duration(head.MaxTime()-head.MinTime()) * time.Millisecond; span > 3*time.Hour {
			t.Fatalf("after write %d the head still holds %v", i+1, span)
		}
		if a, l := count("ahead"), count("late"); a != (i+1)*240 || l != (i+1)*120 {
			t.Fatalf("after write %d: %d readings of the hall ahead, want %d; %d of the late one, want %d", i+1, a, (i+1)*240, l, (i+1)*120)
		}
	}
}
