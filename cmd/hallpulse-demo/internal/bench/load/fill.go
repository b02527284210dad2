package load

import (
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// quota of a filled journal: nothing may be dropped.
const quota = 64 << 30

// Fill adds n records of a lane to the journal in dir, as a gateway writes them: a frame for each sweep of readings, a frame
// for each fact. The newest is of now. It gives the journal's epoch.
func Fill(dir string, seed uint64, lane hall.Lane, n int) (epoch uint64, err error) {
	j, err := journal.Open(dir, journal.Options{MaxBytes: quota, FS: hasty{}})
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if lane == hall.Readings {
		return j.Epoch(), fillReadings(j, seed, n)
	}
	return j.Epoch(), fillFacts(j, seed, n)
}

func fillReadings(j *journal.Journal, seed uint64, n int) error {
	s := NewSweeps(seed, j.Boot(), Begin(n/len(Series())+1))
	var sweep []hall.Reading
	var payload []byte
	for n > 0 {
		sweep = s.Next(sweep, n)
		var err error
		if payload, err = wire.AppendReadings(payload[:0], sweep); err != nil {
			return fmt.Errorf("load: %w", err)
		}
		if _, err := j.Append(hall.Readings, payload, len(sweep)); err != nil {
			return fmt.Errorf("load: %w", err)
		}
		n -= len(sweep)
	}
	return nil
}

func fillFacts(j *journal.Journal, seed uint64, n int) error {
	v := NewVisits(seed, j.Boot(), time.Now().Add(-factEvery*time.Duration(n)))
	for range n {
		payload, err := wire.EncodeFact(v.Next())
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		if _, err := j.Append(hall.Facts, payload, 1); err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	return nil
}

// hasty is a disk that does not sync: a journal is filled in seconds. It is opened on the real disk afterwards.
type hasty struct{ journal.Disk }

var _ journal.FS = hasty{}

// Create makes or empties a file.
func (h hasty) Create(path string) (journal.File, error) {
	f, err := h.Disk.Create(path)
	if err != nil {
		return nil, err
	}
	return hastyFile{f}, nil
}

// SyncDir does nothing.
func (hasty) SyncDir(string) error { return nil }

type hastyFile struct{ journal.File }

// Sync does nothing.
func (hastyFile) Sync() error { return nil }
