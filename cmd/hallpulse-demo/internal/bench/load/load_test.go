package load

import (
	"testing"

	"hallpulse/edge/journal"
	"hallpulse/edge/uplink"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// A journal that was filled is a journal as gateways write it, and its readings make whole batches.
func TestFill(t *testing.T) {
	if uplink.MaxBatchReadings%len(Series()) != 0 {
		t.Errorf("%d readings of a batch are no whole number of sweeps of %d", uplink.MaxBatchReadings, len(Series()))
	}
	dir := t.TempDir()
	for lane, n := range map[hall.Lane]int{hall.Readings: 120, hall.Facts: 13} {
		epoch, err := Fill(dir, 1, lane, n)
		if err != nil || epoch == 0 {
			t.Fatal(epoch, err)
		}
	}
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if r, f := j.Pending(hall.Readings), j.Pending(hall.Facts); r != 120 || f != 13 {
		t.Errorf("%d readings and %d facts wait, want 120 and 13", r, f)
	}
	r := j.Reader(hall.Facts, 1)
	defer func() { _ = r.Close() }()
	for range 13 {
		f, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wire.DecodeFact(f.Payload); err != nil {
			t.Error(err)
		}
	}
}
