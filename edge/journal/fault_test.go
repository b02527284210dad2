package journal

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/hall"
)

// faulty is a disk that fails when it is told to.
type faulty struct {
	Disk
	mu     sync.Mutex
	write  func(path string, p []byte) (int, error) // nil error: write through
	sync   func(path string) error
	remove func(path string) error
}

type faultyFile struct {
	File
	fs   *faulty
	path string
}

func (f *faulty) Create(path string) (File, error) {
	file, err := f.Disk.Create(path)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f, path}, nil
}

func (f *faulty) Remove(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.remove != nil {
		if err := f.remove(path); err != nil {
			return err
		}
	}
	return f.Disk.Remove(path)
}

func (f *faultyFile) Write(p []byte) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.fs.write != nil {
		if n, err := f.fs.write(f.path, p); err != nil {
			if n > 0 {
				if _, werr := f.File.Write(p[:n]); werr != nil {
					return 0, werr
				}
			}
			return n, err
		}
	}
	return f.File.Write(p)
}

func (f *faultyFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.fs.sync != nil {
		if err := f.fs.sync(f.path); err != nil {
			return err
		}
	}
	return f.File.Sync()
}

func (f *faulty) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func isFacts(path string) bool { return strings.Contains(path, "/facts/") }

// A write or sync that fails costs that append alone: it gets the error, its sequence is given to the next.
func TestFailedAppends(t *testing.T) {
	io := errors.New("input/output error")
	for name, arm := range map[string]func(*faulty){
		"short write": func(f *faulty) {
			f.write = func(path string, p []byte) (int, error) {
				if !isFacts(path) || len(p) == segmentHeader {
					return 0, nil
				}
				f.write = nil
				return 5, io
			}
		},
		"whole write, then an error": func(f *faulty) {
			f.write = func(path string, p []byte) (int, error) {
				if !isFacts(path) || len(p) == segmentHeader {
					return 0, nil
				}
				f.write = nil
				return len(p), io
			}
		},
		"sync": func(f *faulty) {
			f.sync = func(path string) error {
				if !isFacts(path) {
					return nil
				}
				f.sync = nil
				return io
			}
		},
		"header of a segment": func(f *faulty) {
			f.write = func(path string, p []byte) (int, error) {
				if !isFacts(path) || len(p) != segmentHeader {
					return 0, nil
				}
				f.write = nil
				return 9, io
			}
		},
	} {
		for _, before := range []int{0, 3} {
			t.Run(fmt.Sprint(name, " after ", before), func(t *testing.T) {
				dir, disk := t.TempDir(), &faulty{}
				j := open(t, dir, Options{FS: disk, FactsSegment: segmentHeader + 4*frameSize})
				next := uint64(1)
				for range before {
					next = put(t, j, hall.Facts, "fact----", 1) + 1
				}
				disk.set(func() { arm(disk) })
				failed := 0
				for range 9 {
					seq, err := j.Append(hall.Facts, []byte("fact----"), 1)
					if err != nil {
						failed++
						continue
					}
					if seq != next {
						t.Fatalf("got %d, want %d", seq, next)
					}
					next++
				}
				if failed != 1 {
					t.Fatal("failed appends:", failed)
				}
				for range 2 {
					if seqs, _ := all(t, j, hall.Facts, 1); len(seqs) != int(next-1) || seqs[len(seqs)-1] != next-1 {
						t.Fatal(seqs)
					}
					closeIt(t, j)
					j = open(t, dir, Options{})
				}
				if list, _ := j.Damage(); len(list) != 0 {
					t.Error(list)
				}
			})
		}
	}
}

func TestReadingsSyncFails(t *testing.T) {
	disk := &faulty{}
	j := open(t, t.TempDir(), Options{FS: disk, SyncEvery: time.Hour})
	put(t, j, hall.Readings, "a", 2)
	disk.set(func() { disk.sync = func(string) error { return errors.New("input/output error") } })
	if err := j.Sync(); err == nil {
		t.Fatal("no error")
	}
	disk.set(func() { disk.sync = nil })
	if seq := put(t, j, hall.Readings, "b", 1); seq != 3 {
		t.Fatal(seq)
	}
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	if seqs, _ := all(t, j, hall.Readings, 1); len(seqs) != 2 {
		t.Fatal(seqs)
	}
	if list, _ := j.Damage(); len(list) != 1 {
		t.Fatal(list)
	}
}

func TestTrim(t *testing.T) {
	now := time.Date(2026, 5, 4, 20, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	tell := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	set := func(at time.Time) { mu.Lock(); defer mu.Unlock(); now = at }
	dir := t.TempDir()
	opts := Options{Now: tell, FactsSegment: segmentHeader + 2*frameSize, ReadingsSegment: segmentHeader + 2*frameSize}
	j := open(t, dir, opts)
	day := time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)
	for i := range 12 { // two records a segment, one segment every two hours from 20:00
		set(day.Add(time.Duration(i-4) * time.Hour))
		put(t, j, hall.Facts, "fact----", 1)
		put(t, j, hall.Readings, "read----", 1)
	}
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	trim := func(want int) {
		t.Helper()
		if n, err := j.Trim(day); err != nil || n != want {
			t.Fatal(n, err, "want", want)
		}
	}
	trim(0) // nothing acknowledged
	if err := j.Ack(hall.Facts, 12); err != nil {
		t.Fatal(err)
	}
	trim(0) // readings wait that these facts may correct
	if err := j.Ack(hall.Readings, 3); err != nil {
		t.Fatal(err)
	}
	// The first segment of each lane; the second of readings holds one that waits.
	trim(2)
	if err := j.Ack(hall.Readings, 12); err != nil {
		t.Fatal(err)
	}
	closeIt(t, j)
	j = open(t, dir, opts)
	// The second ends when the third begins, at 00:00: not older than the day.
	trim(0)
	if first, _ := j.Bounds(hall.Facts); first != 3 {
		t.Fatal(first)
	}
	set(day.Add(48 * time.Hour))
	if n, err := j.Trim(day.Add(24 * time.Hour)); err != nil || n != 8 { // all but the newest of each lane
		t.Fatal(n, err)
	}
	if seqs, _ := all(t, j, hall.Facts, 1); len(seqs) != 2 || seqs[0] != 11 {
		t.Fatal(seqs)
	}
}

// A reader that stands in a segment which goes away continues with the oldest there is.
func TestTrimUnderAReader(t *testing.T) {
	j := open(t, t.TempDir(), Options{MaxBytes: 4096, ReadingsSegment: 256})
	r := j.Reader(hall.Readings, 1)
	defer func() { _ = r.Close() }()
	last := uint64(0)
	for i := range 500 {
		put(t, j, hall.Readings, strings.Repeat("r", 40), 1)
		if err := j.Sync(); i%50 == 0 && err != nil {
			t.Fatal(err)
		}
		if i%50 != 0 {
			continue
		}
		f, err := r.Next()
		if err != nil || f.First <= last {
			t.Fatal(f, err)
		}
		last = f.First
	}
	if first, _ := j.Bounds(hall.Readings); last < first-60 || j.Dropped(hall.Readings) == 0 {
		t.Fatal(first, last)
	}
	if list, _ := j.Damage(); len(list) != 0 {
		t.Fatal(list)
	}
}
