package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"hallpulse/hall"
)

// Inspection is what a journal's folder holds.
type Inspection struct {
	Epoch  uint64    `json:"epoch"`
	Boot   uint32    `json:"boot"`
	Alive  AliveMark `json:"alive"` // zero: none
	Lanes  []InspectedLane
	Damage []*CorruptionError
}

// InspectedLane is one lane of an Inspection.
type InspectedLane struct {
	Lane     hall.Lane
	First    uint64 // oldest record that can be read; 0: none
	Last     uint64
	Records  uint64 // that can be read
	Bytes    int64
	Acked    uint64 // the county has stored up to here
	Dropped  uint64 // records given up before the county had them
	Segments []InspectedSegment
}

// InspectedSegment is one file.
type InspectedSegment struct {
	File       string
	First      uint64 // by its name
	Last       uint64 // newest record in it; First-1: none
	Records    uint64
	Frames     uint64
	Bytes      int64
	Unfinished int64 // bytes at the end of the newest file that are no whole frame: being written, or left by a kill
	Boot       uint32
	Epoch      uint64
	Created    time.Time // by the gateway's clock, so perhaps wrong
}

// Inspect reads a journal without changing anything, also beside a program that writes it. visit, which may be nil, gets
// every record that can be read, lane by lane. Damage is part of the answer, not an error.
func Inspect(dir string, visit func(hall.Lane, Frame)) (*Inspection, error) {
	in := &inspector{dir: dir, visit: visit, out: &Inspection{}}
	m, err := in.meta()
	if err != nil {
		return nil, err
	}
	in.out.Epoch, in.out.Boot = m.Epoch, m.Boot
	if in.out.Alive, err = readAlive(dir); err != nil {
		return nil, err
	}
	for _, l := range []struct {
		id hall.Lane
		c  cursor
	}{{hall.Facts, m.Facts}, {hall.Readings, m.Readings}} {
		if err := in.lane(l.id, l.c); err != nil {
			return nil, err
		}
	}
	return in.out, nil
}

type inspector struct {
	dir   string
	visit func(hall.Lane, Frame)
	out   *Inspection
}

func (in *inspector) damage(e *CorruptionError) { in.out.Damage = append(in.out.Damage, e) }

// meta reads the meta file; a folder without one is a journal only if it has a lane.
func (in *inspector) meta() (meta, error) {
	path := filepath.Join(in.dir, metaName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, lane := os.Stat(filepath.Join(in.dir, hall.Facts.String())); lane != nil {
			return meta{}, fmt.Errorf("journal: no journal in %s: %w", in.dir, err)
		}
		in.damage(&CorruptionError{File: path, Reason: "the file is gone"})
		return meta{}, nil
	}
	if err != nil {
		return meta{}, fmt.Errorf("journal: %w", err)
	}
	m, why := decodeMeta(b)
	if why != "" {
		in.damage(&CorruptionError{File: path, Reason: why})
		return meta{}, nil
	}
	return m, nil
}

// readAlive gives the newest whole mark, zero where there is none.
func readAlive(dir string) (m AliveMark, err error) {
	b, err := os.ReadFile(filepath.Join(dir, aliveName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("journal: %w", err)
	}
	newest := uint64(0)
	for slot := 0; slot < 2 && len(b) >= slot*aliveSlot+aliveBytes; slot++ {
		if n, mark, ok := decodeAlive(b[slot*aliveSlot:][:aliveBytes]); ok && n > newest {
			newest, m = n, mark
		}
	}
	return m, nil
}

func (in *inspector) lane(id hall.Lane, c cursor) error {
	l := InspectedLane{Lane: id, Acked: c.Acked, Dropped: c.Dropped}
	files, err := segmentFiles(filepath.Join(in.dir, id.String()))
	if err != nil {
		return err
	}
	want := uint64(0) // the record that should come next; 0: any
	for i, s := range files {
		next := uint64(0)
		if i+1 < len(files) {
			next = files[i+1].First
		}
		f, err := os.Open(s.File)
		if errors.Is(err, fs.ErrNotExist) && len(l.Segments) == 0 {
			continue // trimmed since the folder was read
		}
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		err = in.segment(&l, s, f, &want, next)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("journal: %s: %w", s.File, err)
		}
	}
	in.out.Lanes = append(in.out.Lanes, l)
	return nil
}

// segmentFiles lists the segments of a lane by their first record.
func segmentFiles(dir string) (out []InspectedSegment, err error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("journal: %w", err)
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), suffix)
		first, err := strconv.ParseUint(name, 10, 64)
		if ok && err == nil && first > 0 && first <= MaxSeq && f.Type().IsRegular() {
			out = append(out, InspectedSegment{File: filepath.Join(dir, f.Name()), First: first})
		}
	}
	slices.SortFunc(out, func(a, b InspectedSegment) int { return cmp.Compare(a.First, b.First) })
	return out, nil
}
