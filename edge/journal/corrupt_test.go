package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"hallpulse/hall"
)

// frameSize is the size on disk of a record made by fill.
const frameSize = frameHeader + 8

// fill makes a closed journal of three segments of ten facts each, 1 to 30, and gives their files.
func fill(t testing.TB) (dir string, segs []string) {
	t.Helper()
	dir = t.TempDir()
	j := open(t, dir, Options{FactsSegment: segmentHeader + 10*frameSize})
	for i := range 30 {
		put(t, j, hall.Facts, fmt.Sprintf("fact%04d", i+1), 1)
	}
	closeIt(t, j)
	segs, err := filepath.Glob(filepath.Join(dir, "facts", "*.seg"))
	if err != nil || len(segs) != 3 {
		t.Fatal(segs, err)
	}
	return dir, segs
}

// edit changes a file with f.
func edit(f func([]byte) []byte) func(testing.TB, string) {
	return func(t testing.TB, path string) {
		t.Helper()
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, f(b), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func span(from, to uint64) (s []uint64) {
	for ; from <= to; from++ {
		s = append(s, from)
	}
	return s
}

func TestCorruption(t *testing.T) {
	frame := func(n int) int { return segmentHeader + n*frameSize }
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[at] ^= 0x10; return b }
	}
	cut := func(at int) func([]byte) []byte { return func(b []byte) []byte { return b[:at] } }
	zero := func(from, to int) func([]byte) []byte {
		return func(b []byte) []byte { clear(b[from:min(to, len(b))]); return b }
	}
	for _, c := range []struct {
		name string
		seg  int
		do   func(testing.TB, string)
		lost []uint64
		next uint64 // of the first append afterwards
	}{
		{"untouched", 2, edit(func(b []byte) []byte { return b }), nil, 31},
		{"torn payload at the end", 2, edit(cut(frame(9) + frameHeader + 3)), span(30, 30), 30},
		{"torn header at the end", 2, edit(cut(frame(9) + 5)), span(30, 30), 30},
		{"torn to the segment's header", 2, edit(cut(20)), span(21, 30), 21},
		{"empty last segment", 2, edit(cut(0)), span(21, 30), 21},
		{"garbage behind the end", 2, edit(func(b []byte) []byte { return append(b, "garbage of a disk"...) }), nil, 31},
		{"zeroed page behind the end", 2, edit(func(b []byte) []byte { return append(b, make([]byte, 4096)...) }), nil, 31},
		{"a stray magic word behind the end", 2, edit(func(b []byte) []byte {
			return binary.LittleEndian.AppendUint32(b, frameMagic)
		}), nil, 31},
		{"bit in the last payload", 2, edit(flip(frame(9) + frameHeader + 2)), span(30, 30), 31},
		{"bit in a payload of the last segment", 2, edit(flip(frame(4) + frameHeader)), span(25, 25), 31},
		{"bit in a frame header of the last segment", 2, edit(flip(frame(4) + 9)), span(25, 25), 31},
		{"bit in a payload", 1, edit(flip(frame(3) + frameHeader + 7)), span(14, 14), 31},
		{"bit in a frame's length", 1, edit(flip(frame(3) + 6)), span(14, 14), 31},
		{"bit in a frame's magic", 0, edit(flip(frame(0))), span(1, 1), 31},
		{"zeroed piece in the middle", 1, edit(zero(frame(2)+10, frame(5)+3)), span(13, 16), 31},
		{"zeroed to the end", 1, edit(zero(frame(6), 1<<20)), span(17, 20), 31},
		{"cut in the middle segment", 1, edit(cut(frame(7) + 1)), span(18, 20), 31},
		{"cut header of the middle segment", 1, edit(cut(10)), span(11, 20), 31},
		{"bit in a segment's header", 1, edit(flip(20)), nil, 31},
		{"missing middle segment", 1, remove, span(11, 20), 31},
		{"missing first segment", 0, remove, span(1, 10), 31},
		{"missing last segment", 2, remove, span(21, 30), 21},
		{"garbage behind the middle segment", 1, edit(func(b []byte) []byte { return append(b, 1, 2, 3) }), nil, 31},
		{"bytes taken out", 1, edit(func(b []byte) []byte { return append(b[:frame(3)+8], b[frame(3)+11:]...) }), span(14, 14), 31},
		{"a frame twice", 1, edit(func(b []byte) []byte { return append(b, b[frame(9):]...) }), nil, 31},
		{"a frame of a later segment", 0, edit(func(b []byte) []byte { return appendFrame(b, 12, 1, []byte("stale")) }), nil, 31},
		{"nothing but noise", 1, edit(func(b []byte) []byte { return bytes.Repeat([]byte{0xf1, 0x5a}, len(b)/2) }), span(11, 20), 31},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, segs := fill(t)
			c.do(t, segs[c.seg])
			check(t, dir, c.lost, c.next, c.name != "untouched" && c.seg != 0)
		})
	}
}

// check opens a damaged journal twice: everything but lost is there, appending goes on at next, nothing is given twice.
func check(t *testing.T, dir string, lost []uint64, next uint64, named bool) {
	t.Helper()
	for round := range uint64(2) {
		j := open(t, dir, Options{})
		if seq := put(t, j, hall.Facts, "new", 1); seq != next+round {
			t.Fatalf("append gave %d, want %d", seq, next+round)
		}
		_, got := all(t, j, hall.Facts, 1)
		gone := map[uint64]bool{}
		for _, seq := range lost {
			gone[seq] = true
		}
		for seq := uint64(1); seq <= 30; seq++ {
			want := fmt.Sprintf("fact%04d", seq)
			switch {
			case seq >= next:
			case gone[seq] && got[seq] != "":
				t.Errorf("%d is there: %q", seq, got[seq])
			case !gone[seq] && got[seq] != want:
				t.Errorf("%d is %q", seq, got[seq])
			}
		}
		for seq := next; seq <= next+round; seq++ {
			if got[seq] != "new" {
				t.Errorf("%d is %q", seq, got[seq])
			}
		}
		list, _ := j.Damage()
		if named && round == 0 && len(lost) > 0 && len(list) == 0 && next == 31 {
			t.Error("the damage is not named")
		}
		for _, e := range list {
			if e.File == "" || e.Error() == "" {
				t.Errorf("%+v", e)
			}
		}
		closeIt(t, j)
	}
}

func TestLostMetaIsMadeAnew(t *testing.T) {
	for name, do := range map[string]func(testing.TB, string){
		"missing": remove, "cut": edit(func(b []byte) []byte { return b[:9] }), "changed": edit(func(b []byte) []byte { b[14]++; return b }),
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := fill(t)
			j := open(t, dir, Options{})
			epoch := j.Epoch()
			closeIt(t, j)
			do(t, filepath.Join(dir, metaName))
			j = open(t, dir, Options{})
			if j.Epoch() != epoch || j.Boot() < 2 {
				t.Fatal(j.Epoch(), j.Boot())
			}
			if seq := put(t, j, hall.Facts, "x", 1); seq != 31 {
				t.Fatal(seq)
			}
		})
	}
}

func TestForeignSegmentIsLeftAlone(t *testing.T) {
	dir, _ := fill(t)
	_, foreign := fill(t)
	b, err := os.ReadFile(foreign[2])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "facts", "0000000000000099.seg")
	h := head{lane: hall.Facts, epoch: 5, first: 99}
	if err := os.WriteFile(path, append(h.encode(), b[segmentHeader:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	j := open(t, dir, Options{})
	if seq := put(t, j, hall.Facts, "x", 1); seq != 31 {
		t.Fatal(seq)
	}
	if list, _ := j.Damage(); len(list) != 1 || list[0].File != path {
		t.Fatal(list)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
}

// FuzzScan feeds the segment decoder any bytes: it ends, and gives only frames that lie inside and are whole.
func FuzzScan(f *testing.F) {
	_, segs := fill(f)
	for _, s := range segs[:1] {
		b, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[segmentHeader:])
		f.Add(b[segmentHeader+7:])
	}
	f.Add(bytes.Repeat(binary.LittleEndian.AppendUint32(nil, frameMagic), 40))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := scan{src: bytes.NewReader(data), size: int64(len(data))}
		for steps := 0; ; steps++ {
			before := s.off
			m, payload, b, err := s.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.off <= before || s.off > s.size || steps > len(data) {
				t.Fatalf("from %d to %d of %d", before, s.off, s.size)
			}
			if b == nil {
				again := appendFrame(nil, m.first, m.count, payload)
				if !bytes.Equal(again, data[s.off-int64(len(again)):s.off]) {
					t.Fatal("a frame that is not in the data")
				}
			}
		}
		if _, why := decodeHead(data); why == "" && len(data) < segmentHeader {
			t.Fatal("a header of nothing")
		}
		_, _ = decodeMeta(data)
		_, _, _ = decodeAlive(data)
	})
}
