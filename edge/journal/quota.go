package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"hallpulse/hall"
)

// fullFor is how long the journal says that it is full after it had to give up or refuse something.
const fullFor = time.Minute

// longestDay is the length of a business day on which the clocks go back.
const longestDay = 25 * time.Hour

// plausible is when the first gateway was built: a segment that says it is older was made before the clock was right.
var plausible = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Full tells whether the journal gave up unacknowledged readings, or refused records, within the last minute.
func (j *Journal) Full() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return time.Now().Before(j.full)
}

// Dropped counts the records of a lane that were given up before the county had them.
func (j *Journal) Dropped(id hall.Lane) uint64 {
	l := j.lane(id)
	if l == nil {
		return 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return l.dropped
}

// Bytes gives the size of both lanes together.
func (j *Journal) Bytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.total
}

// Pending counts the records of a lane that the county has not yet stored.
func (j *Journal) Pending(id hall.Lane) uint64 {
	l := j.lane(id)
	if l == nil {
		return 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	from := l.acked
	if len(l.segs) > 0 {
		from = max(from, l.segs[0].first-1)
	}
	return l.last - min(l.last, from)
}

func (j *Journal) noteFull() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.full = time.Now().Add(fullFor)
}

// Trim removes the segments of both lanes that the county has and whose records are all older than before (the start of
// the current business day). Facts stay as long as readings wait that were made before them: their clock steps are
// needed to correct those readings. It gives the number of segments removed.
func (j *Journal) Trim(before time.Time) (int, error) {
	removed := 0
	var errs []error
	for _, l := range j.lanes() {
		for {
			s := j.trimmable(l, before)
			if s == nil {
				break
			}
			if err := l.remove(s); err != nil {
				errs = append(errs, err)
				break
			}
			removed++
		}
	}
	return removed, errors.Join(errs...)
}

// trimmable gives the oldest segment of l if it may go by Trim's rule.
func (j *Journal) trimmable(l *lane, before time.Time) *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(l.segs) < 2 || !l.spare(l.segs[1].first-1) {
		return nil
	}
	if !l.olderThan(before) {
		return nil
	}
	return l.segs[0]
}

// olderThan tells whether every record of the oldest segment is older than before. Everything in a segment is older than each
// later segment: the earliest plausible one of them tells how old at least. The caller holds j.mu.
func (l *lane) olderThan(before time.Time) bool {
	bound := l.j.opts.Now()
	for _, s := range l.segs[min(1, len(l.segs)):] {
		if c := s.head.created; c.After(plausible) && c.Before(bound) {
			bound = c
		}
	}
	return bound.Before(before)
}

// spare tells whether the county needs no record up to last any more. The caller holds j.mu.
func (l *lane) spare(last uint64) bool {
	if last > l.acked {
		return false
	}
	if l.id != hall.Facts {
		return true
	}
	r := l.j.readings
	for i, s := range r.segs {
		end := r.last
		if i+1 < len(r.segs) {
			end = r.segs[i+1].first - 1
		}
		if end > r.acked { // the oldest readings that wait were made when facts stood at cross
			return last <= s.head.cross
		}
	}
	return true
}

// room frees space for n bytes of lane l within the quota.
func (j *Journal) room(l *lane, n int64) error {
	for {
		j.mu.Lock()
		fits := j.total+n <= j.opts.MaxBytes
		j.mu.Unlock()
		if fits {
			return nil
		}
		if !j.free(l) {
			j.noteFull()
			return fmt.Errorf("%w: the quota of %d bytes is used up", ErrFull, j.opts.MaxBytes)
		}
	}
}

// free removes one segment to make room for lane l: readings the county has, then facts it has and nobody needs (they are
// older than a day: a restart makes the day's state from the others), then the oldest other readings, and for facts the
// oldest acknowledged facts. It is called with l.io held.
func (j *Journal) free(l *lane) bool {
	s, of := j.victim(l)
	if s == nil && l == j.facts && j.sealReadings() {
		s, of = j.victim(l)
	}
	if s == nil {
		return false
	}
	if err := of.remove(s); err != nil {
		j.log.Error("journal: a segment cannot be removed", "file", s.path, "err", err)
		return false
	}
	return true
}

// sealReadings closes the segment of readings being written so that it can go; true when there was one.
func (j *Journal) sealReadings() bool {
	r := j.readings
	r.io.Lock()
	defer r.io.Unlock()
	if r.active == nil || r.active.written == segmentHeader {
		return false
	}
	if err := r.seal(); err != nil {
		j.log.Error("journal: sealing readings", "err", err)
	}
	return true
}

// victim chooses the segment that hurts least. It never chooses one that is being written.
func (j *Journal) victim(l *lane) (*segment, *lane) {
	j.mu.Lock()
	defer j.mu.Unlock()
	oldest := func(of *lane) (s *segment, last uint64) {
		if len(of.segs) == 0 || of.segs[0] == of.open {
			return nil, 0
		}
		last = of.last
		if len(of.segs) > 1 {
			last = of.segs[1].first - 1
		}
		return of.segs[0], last
	}
	readings, rLast := oldest(j.readings)
	facts, fLast := oldest(j.facts)
	switch {
	case readings != nil && rLast <= j.readings.acked:
		return readings, j.readings
	case facts != nil && j.facts.spare(fLast) && fLast < j.facts.last && j.facts.olderThan(j.opts.Now().Add(-longestDay)):
		return facts, j.facts
	case readings != nil:
		return readings, j.readings
	case facts != nil && l == j.facts && fLast <= j.facts.acked:
		return facts, j.facts
	}
	return nil, nil
}

// remove deletes the oldest segment and counts what the county had not yet.
func (l *lane) remove(s *segment) error {
	j := l.j
	j.mu.Lock()
	if len(l.segs) == 0 || l.segs[0] != s {
		j.mu.Unlock()
		return nil // somebody else was faster
	}
	last := l.last
	if len(l.segs) > 1 {
		last = l.segs[1].first - 1
	}
	lost := uint64(0)
	if from := max(l.acked, s.first-1); last > from {
		lost = last - from
		l.dropped += lost
		j.dirty = true
		j.full = time.Now().Add(fullFor)
	}
	l.drop(s)
	j.mu.Unlock()
	if lost > 0 {
		j.log.Warn("journal full: oldest records given up", "lane", l.id.String(), "records", lost)
	}
	if err := j.fs.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
