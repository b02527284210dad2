package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hallpulse/hall"
)

func open(t testing.TB, dir string, o Options) *Journal {
	t.Helper()
	j, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func closeIt(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, j *Journal, id hall.Lane, payload string, n int) uint64 {
	t.Helper()
	seq, err := j.Append(id, []byte(payload), n)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// all reads a lane from a sequence on: first sequence to payload.
func all(t testing.TB, j *Journal, id hall.Lane, from uint64) (seqs []uint64, got map[uint64]string) {
	t.Helper()
	r := j.Reader(id, from)
	defer func() { _ = r.Close() }()
	got = map[uint64]string{}
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return seqs, got
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := len(seqs); n > 0 && f.First <= seqs[n-1] {
			t.Fatalf("frame %d after %d", f.First, seqs[n-1])
		}
		seqs, got[f.First] = append(seqs, f.First), string(f.Payload)
	}
}

func TestAppendReadReopen(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, Options{FactsSegment: 256})
	if j.Epoch() == 0 || j.Boot() != 1 {
		t.Fatal(j.Epoch(), j.Boot())
	}
	for i := range 50 {
		if seq := put(t, j, hall.Facts, fmt.Sprint("fact ", i+1), 1); seq != uint64(i+1) {
			t.Fatal(seq)
		}
	}
	put(t, j, hall.Readings, "three", 3)
	if seq := put(t, j, hall.Readings, "two", 2); seq != 4 {
		t.Fatal(seq)
	}
	epoch := j.Epoch()
	closeIt(t, j)
	j = open(t, dir, Options{FactsSegment: 256})
	if j.Epoch() != epoch || j.Boot() != 2 {
		t.Fatal(j.Epoch(), j.Boot())
	}
	if seq := put(t, j, hall.Facts, "fact 51", 1); seq != 51 {
		t.Fatal(seq)
	}
	seqs, got := all(t, j, hall.Facts, 1)
	if len(seqs) != 51 || got[51] != "fact 51" || got[7] != "fact 7" {
		t.Fatal(seqs, got)
	}
	if seqs, _ = all(t, j, hall.Facts, 40); len(seqs) != 12 || seqs[0] != 40 {
		t.Fatal(seqs)
	}
	if seqs, got = all(t, j, hall.Readings, 5); len(seqs) != 1 || got[4] != "two" {
		t.Fatal(seqs, got)
	}
	if seq := put(t, j, hall.Readings, "next", 1); seq != 6 {
		t.Fatal(seq)
	}
	if list, _ := j.Damage(); len(list) != 0 {
		t.Fatal(list)
	}
}

func TestReaderFollows(t *testing.T) {
	j := open(t, t.TempDir(), Options{FactsSegment: 200})
	r := j.Reader(hall.Facts, 1)
	defer func() { _ = r.Close() }()
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for i := range 20 {
		changed := j.Changed(hall.Facts)
		put(t, j, hall.Facts, fmt.Sprint(i+1), 1)
		<-changed
		f, err := r.Next()
		if err != nil || f.First != uint64(i+1) || string(f.Payload) != fmt.Sprint(i+1) {
			t.Fatal(f, err)
		}
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
}

// The county must not learn of readings that a power cut could still take away.
func TestReadingsAreReadOnlyWhenDurable(t *testing.T) {
	j := open(t, t.TempDir(), Options{SyncEvery: time.Hour})
	put(t, j, hall.Readings, "r", 5)
	if seqs, _ := all(t, j, hall.Readings, 1); len(seqs) != 0 {
		t.Fatal(seqs)
	}
	if first, last := j.Bounds(hall.Readings); last >= first {
		t.Fatal(first, last)
	}
	changed := j.Changed(hall.Readings)
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	<-changed
	if seqs, _ := all(t, j, hall.Readings, 1); len(seqs) != 1 {
		t.Fatal(seqs)
	}
	if first, last := j.Bounds(hall.Readings); first != 1 || last != 5 {
		t.Fatal(first, last)
	}
}

func TestConcurrentAppends(t *testing.T) {
	j := open(t, t.TempDir(), Options{FactsSegment: 4096})
	var wg sync.WaitGroup
	var mu sync.Mutex
	want := map[uint64]string{}
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				p := fmt.Sprintf("%d/%d", w, i)
				seq, err := j.Append(hall.Facts, []byte(p), 1)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				want[seq] = p
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	seqs, got := all(t, j, hall.Facts, 1)
	if len(seqs) != 400 || seqs[399] != 400 {
		t.Fatal(len(seqs))
	}
	for seq, p := range want {
		if got[seq] != p {
			t.Fatalf("%d is %q, want %q", seq, got[seq], p)
		}
	}
}

func TestOneProcess(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Fatal(err)
	}
	closeIt(t, j)
	closeIt(t, j)
	if _, err := j.Append(hall.Facts, []byte("x"), 1); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	open(t, dir, Options{})
}

func TestInvalidRecords(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	for name, err := range map[string]error{
		"lane":  second(j.Append(9, []byte("x"), 1)),
		"empty": second(j.Append(hall.Facts, nil, 1)),
		"none":  second(j.Append(hall.Facts, []byte("x"), 0)),
		"many":  second(j.Append(hall.Facts, []byte("x"), MaxCount+1)),
		"large": second(j.Append(hall.Facts, make([]byte, MaxPayload+1), 1)),
		"ack":   j.Ack(9, 1),
	} {
		if !errors.Is(err, ErrRecord) {
			t.Error(name, err)
		}
	}
}

func second(_ uint64, err error) error { return err }

func TestCursors(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, Options{SyncEvery: time.Hour})
	for range 10 {
		put(t, j, hall.Facts, "f", 1)
	}
	for _, seq := range []uint64{4, 7, 5} {
		if err := j.Ack(hall.Facts, seq); err != nil {
			t.Fatal(err)
		}
	}
	if j.Acked(hall.Facts) != 7 || j.Pending(hall.Facts) != 3 {
		t.Fatal(j.Acked(hall.Facts), j.Pending(hall.Facts))
	}
	closeIt(t, j)
	j = open(t, dir, Options{})
	if j.Acked(hall.Facts) != 7 {
		t.Fatal(j.Acked(hall.Facts))
	}
	if j.Rewind(hall.Facts, 2); j.Acked(hall.Facts) != 2 {
		t.Fatal(j.Acked(hall.Facts))
	}
}

// A disk that lied about a sync: the county has more than the journal. No sequence may be used twice.
func TestAckBeyondTheEnd(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, Options{})
	put(t, j, hall.Facts, "one", 1)
	changed := j.Changed(hall.Facts)
	if err := j.Ack(hall.Facts, 10); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed: // who waits for a sequence behind the lost ones would sleep until the next record otherwise
	default:
		t.Error("the end moved and nobody was told")
	}
	if seq := put(t, j, hall.Facts, "eleven", 1); seq != 11 {
		t.Fatal(seq)
	}
	if list, _ := j.Damage(); len(list) != 1 || list[0].First != 2 || list[0].Last != 10 {
		t.Fatal(list)
	}
	closeIt(t, j)
	j = open(t, dir, Options{})
	if seqs, _ := all(t, j, hall.Facts, 1); len(seqs) != 2 || seqs[1] != 11 {
		t.Fatal(seqs)
	}
}

func TestAlive(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, Options{})
	if _, ok := j.LastAlive(); ok {
		t.Fatal("alive before the first run")
	}
	at := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
	for i := range 3 {
		if err := j.Alive(at.Add(time.Duration(i)*time.Second), time.Duration(i)*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	closeIt(t, j)
	if m := aliveOf(t, dir); !m.Wall.Equal(at.Add(2*time.Second)) || m.Mono != 2*time.Second || m.Boot != 1 {
		t.Fatal(m)
	}
	// A torn write leaves the slot before it: the third mark is in slot 1.
	f, err := os.OpenFile(filepath.Join(dir, aliveName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte{0xff}, aliveSlot+9)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if m := aliveOf(t, dir); !m.Wall.Equal(at.Add(time.Second)) {
		t.Fatal(m)
	}
}

func aliveOf(t *testing.T, dir string) AliveMark {
	t.Helper()
	j, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeIt(t, j)
	m, ok := j.LastAlive()
	if !ok {
		t.Fatal("no mark")
	}
	return m
}
