package journal

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"hallpulse/hall"
)

// smallDisk is a disk with room for so many bytes of both lanes.
func smallDisk(most int) *faulty {
	f := &faulty{}
	sizes := map[string]int{}
	f.write = func(path string, p []byte) (int, error) {
		used := 0
		for _, n := range sizes {
			used += n
		}
		if !strings.HasSuffix(path, suffix) {
			return 0, nil
		}
		if room := most - used; room < len(p) {
			sizes[path] += max(room, 0)
			return max(room, 0), syscall.ENOSPC
		}
		sizes[path] += len(p)
		return 0, nil
	}
	f.remove = func(path string) error { delete(sizes, path); return nil }
	return f
}

// However the room ends, by the quota or by the disk, readings go first and facts are refused, never dropped.
func TestFull(t *testing.T) {
	for name, opts := range map[string]Options{
		"quota": {MaxBytes: 8192, FactsSegment: 512, ReadingsSegment: 512},
		"disk":  {FS: smallDisk(8192), FactsSegment: 512, ReadingsSegment: 512},
	} {
		t.Run(name, func(t *testing.T) {
			j := open(t, t.TempDir(), opts)
			for range 200 { // more than fits
				put(t, j, hall.Readings, strings.Repeat("r", 50), 5)
			}
			dropped := j.Dropped(hall.Readings)
			if dropped == 0 || !j.Full() {
				t.Fatal(dropped, j.Full())
			}
			if first, _ := j.Bounds(hall.Readings); first != dropped+1 {
				t.Fatal(first, dropped)
			}
			stored := 0
			for ; stored < 500; stored++ {
				if _, err := j.Append(hall.Facts, []byte(strings.Repeat("f", 50)), 1); err != nil {
					if !errors.Is(err, ErrFull) {
						t.Fatal(err)
					}
					break
				}
			}
			if stored < 50 || stored == 500 {
				t.Fatal("facts stored:", stored)
			}
			if seqs, _ := all(t, j, hall.Facts, 1); len(seqs) != stored || j.Dropped(hall.Facts) != 0 {
				t.Fatal(len(seqs), stored)
			}
			if j.Dropped(hall.Readings) != 1000 {
				t.Fatal(j.Dropped(hall.Readings))
			}
			if _, err := j.Append(hall.Readings, []byte(strings.Repeat("r", 500)), 1); !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			// What the county has makes room again.
			if err := j.Ack(hall.Facts, uint64(stored)); err != nil {
				t.Fatal(err)
			}
			if seq := put(t, j, hall.Facts, strings.Repeat("f", 50), 1); seq != uint64(stored+1) {
				t.Fatal(seq)
			}
			if j.Dropped(hall.Facts) != 0 {
				t.Fatal("facts dropped")
			}
		})
	}
}

// A lane that gave up everything it held does not begin anew after a restart: the county may have records of these sequences.
func TestFullNeverUsesASequenceTwice(t *testing.T) {
	dir, opts := t.TempDir(), Options{MaxBytes: 8192, FactsSegment: 512, ReadingsSegment: 512}
	j := open(t, dir, opts)
	for range 10 {
		put(t, j, hall.Readings, strings.Repeat("r", 50), 5)
	}
	for i := 0; ; i++ { // facts push every reading out
		if _, err := j.Append(hall.Facts, []byte(strings.Repeat("f", 50)), 1); errors.Is(err, ErrFull) {
			break
		}
		if i > 500 {
			t.Fatal("never full")
		}
	}
	if first, last := j.Bounds(hall.Readings); first <= last {
		t.Fatalf("readings %d to %d are left", first, last)
	}
	closeIt(t, j)
	opts.MaxBytes *= 2
	j = open(t, dir, opts)
	if seq := put(t, j, hall.Readings, "r", 1); seq != 51 {
		t.Errorf("the next reading is %d, want 51", seq)
	}
}

// The facts of the day make the hall's state anew after a restart: they stay longer than any reading, the county's or not.
func TestFullKeepsTheDaysFacts(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	j := open(t, t.TempDir(), Options{MaxBytes: 8192, FactsSegment: 512, ReadingsSegment: 512, Now: func() time.Time { return now }})
	fact := func() uint64 { return put(t, j, hall.Facts, strings.Repeat("f", 50), 1) }
	for range 10 {
		fact()
	}
	now = now.Add(48 * time.Hour)
	first := fact() // perhaps in a segment of the day before yesterday
	for range 10 {
		fact()
	}
	for range 30 {
		put(t, j, hall.Readings, strings.Repeat("r", 50), 5)
	}
	if err := errors.Join(j.Sync(), j.Ack(hall.Facts, first+10)); err != nil {
		t.Fatal(err)
	}
	for range 60 { // for these the oldest facts go, and then readings
		fact()
	}
	oldest, _ := j.Bounds(hall.Facts)
	if oldest == 1 || oldest > first || j.Dropped(hall.Readings) == 0 {
		t.Errorf("oldest fact is %d, the day began with %d; %d readings given up", oldest, first, j.Dropped(hall.Readings))
	}
}
