package tsdb

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/series"
	"hallpulse/hub/series/seriestest"
)

func TestConformance(t *testing.T) {
	dir := t.TempDir()
	seriestest.Run(t, func(t *testing.T, name string) series.Engine {
		e, err := Open(filepath.Join(dir, name), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return e
	})
}

func batch(at time.Time, n int) []series.Batch {
	list := make([]hall.Reading, n)
	for i := range list {
		list[i] = hall.Reading{Series: hall.Series{Metric: "people", Part: fmt.Sprint(i)}, At: at, Value: float64(i)}
	}
	return []series.Batch{{Hall: "a", Readings: list}}
}

func points(t *testing.T, e *Engine, from time.Time) (n int) {
	t.Helper()
	got, err := e.Query(t.Context(), series.Range{Hall: "a", Metric: "people", From: from, To: from.Add(time.Minute), Step: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got {
		n += r.Points[0].N
	}
	return n
}

// TestTooLate: a reading outside the window of late ones is refused for good and counted; the rest of its batch is kept.
func TestTooLate(t *testing.T) {
	e, err := Open(t.TempDir(), Options{Late: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	now := time.Now().UTC().Truncate(time.Minute)
	if err := e.Write(t.Context(), batch(now, 1)); err != nil {
		t.Fatal(err)
	}
	mixed := append(batch(now.Add(-100*24*time.Hour), 1), batch(now.Add(time.Second), 1)...)
	if err := e.Write(t.Context(), mixed); err != nil {
		t.Fatalf("one late reading blocked a batch: %v", err)
	}
	if e.Refused() != 1 || points(t, e, now) != 2 {
		t.Errorf("%d refused, %d points", e.Refused(), points(t, e, now))
	}
}

// TestKill: what Write returned for is there after kill -9 of the writer, read from its log.
func TestKill(t *testing.T) {
	dir := os.Getenv("HALLPULSE_TSDB_CHILD")
	begin := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	if dir != "" {
		e, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			if err := e.Write(t.Context(), batch(begin.Add(time.Duration(i)*time.Second), 50)); err != nil {
				t.Fatal(err)
			}
		}
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = p.Kill()
		}
		t.Fatalf("alive after kill -9: %v", err)
	}
	dir = t.TempDir()
	child := exec.Command(os.Args[0], "-test.run", "^TestKill$")
	child.Env = append(os.Environ(), "HALLPULSE_TSDB_CHILD="+dir)
	if out, err := child.CombinedOutput(); err == nil || child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
	e, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	if n := points(t, e, begin); n != 1000 {
		t.Errorf("%d points of 1000", n)
	}
}

// TestRevive: after a failed write the database is opened anew and takes the batch again.
func TestRevive(t *testing.T) {
	e, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	now := time.Now().UTC().Truncate(time.Minute)
	if err := e.Write(t.Context(), batch(now, 10)); err != nil {
		t.Fatal(err)
	}
	e.bad = true // as a write that failed leaves it
	if err := e.Write(t.Context(), batch(now.Add(time.Second), 10)); err != nil {
		t.Fatal(err)
	}
	if n := points(t, e, now); n != 20 {
		t.Errorf("%d points of 20", n)
	}
}

func BenchmarkWrite(b *testing.B) {
	e, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	at := time.Now().UTC().Truncate(time.Minute)
	list := batch(at, 5000)
	for i := 0; b.Loop(); i++ {
		for j := range list[0].Readings {
			list[0].Readings[j].At = at.Add(time.Duration(i) * time.Second)
		}
		if err := e.Write(b.Context(), list); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(5000*float64(b.N)/b.Elapsed().Seconds(), "readings/s")
}
