package journal

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"hallpulse/hall"
)

// content gives every file below dir.
func content(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// inspect inspects dir and fails when that changes anything.
func inspect(t testing.TB, dir string) (*Inspection, []uint64) {
	t.Helper()
	before := content(t, dir)
	var seqs []uint64
	in, err := Inspect(dir, func(lane hall.Lane, f Frame) {
		if lane == hall.Facts {
			seqs = append(seqs, f.First)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, content(t, dir)) {
		t.Error("the journal was changed")
	}
	return in, seqs
}

func TestInspectBesideAWriter(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, Options{FactsSegment: segmentHeader + 10*frameSize})
	for range 25 {
		put(t, j, hall.Facts, "12345678", 1)
	}
	put(t, j, hall.Readings, "readings", 40)
	if err := j.Ack(hall.Facts, 7); err != nil {
		t.Fatal(err)
	}
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	in, seqs := inspect(t, dir)
	if len(seqs) != 25 || len(in.Damage) != 0 || in.Epoch != j.Epoch() || in.Boot != 1 {
		t.Fatalf("%d records, %+v", len(seqs), in)
	}
	facts, readings := in.Lanes[0], in.Lanes[1]
	if facts.First != 1 || facts.Last != 25 || facts.Acked != 7 || len(facts.Segments) != 3 || readings.Records != 40 || readings.Last != 40 {
		t.Errorf("facts %+v, readings %+v", facts, readings)
	}
	if s := facts.Segments[1]; s.First != 11 || s.Last != 20 || s.Records != 10 || s.Boot != 1 {
		t.Errorf("%+v", s)
	}
}

// A frame that is being written is no damage; the same bytes in the middle are.
func TestInspectNamesDamage(t *testing.T) {
	dir, segs := fill(t)
	edit(func(b []byte) []byte { return b[:len(b)-3] })(t, segs[2])
	in, seqs := inspect(t, dir)
	if len(in.Damage) != 0 || in.Lanes[0].Segments[2].Unfinished != frameSize-3 || len(seqs) != 29 {
		t.Fatalf("%d records, %v", len(seqs), in.Damage)
	}
	edit(func(b []byte) []byte { b[segmentHeader+4*frameSize+frameHeader] ^= 1; return b })(t, segs[1])
	edit(func(b []byte) []byte { return b[:len(b)-frameSize-3] })(t, segs[0])
	in, seqs = inspect(t, dir)
	if len(seqs) != 26 || len(in.Damage) != 3 {
		t.Fatalf("%d records, %v", len(seqs), in.Damage)
	}
	if d := in.Damage[2]; d.File != segs[1] || d.Offset != segmentHeader+4*frameSize || d.First != 15 || d.Last != 15 {
		t.Errorf("%+v", d)
	}
	if d := in.Damage[0]; d.File != segs[0] || d.Offset != segmentHeader+8*frameSize {
		t.Errorf("%+v", d)
	}
}

func TestInspectWithoutAFile(t *testing.T) {
	dir, segs := fill(t)
	remove(t, segs[1])
	remove(t, filepath.Join(dir, metaName))
	in, _ := inspect(t, dir)
	if len(in.Damage) != 2 || in.Damage[1].First != 11 || in.Damage[1].Last != 20 {
		t.Errorf("%v", in.Damage)
	}
	if _, err := Inspect(t.TempDir(), nil); err == nil {
		t.Error("an empty folder passed for a journal")
	}
}
