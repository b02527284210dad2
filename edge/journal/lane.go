package journal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"

	"hallpulse/hall"
)

// suffix ends the name of every segment.
const suffix = ".seg"

// lane is one sequence of records.
type lane struct {
	j    *Journal
	id   hall.Lane
	dir  string
	most int64 // size at which a segment is closed

	io     sync.Mutex // held by the one who writes; taken before j.mu
	active *writer    // under io; nil: the next write makes a segment
	buf    []byte     // under io

	// Under j.mu.
	queue   []*entry   // appends that no writer took yet
	segs    []*segment // by first sequence
	open    *segment   // the one being written; nil: none
	last    uint64     // last sequence given
	durable uint64     // last sequence that is on the disk
	acked   uint64
	dropped uint64
	known   uint64        // last sequence as the meta file knew it when the journal was opened
	changed chan struct{} // closed when durable grows
}

// entry is one append on its way; the fields below the line belong to the holder of lane.io.
type entry struct {
	payload []byte
	n       int

	seq  uint64
	err  error
	done bool
}

func newLane(j *Journal, id hall.Lane, most int64, c cursor) *lane {
	return &lane{
		j: j, id: id, dir: filepath.Join(j.dir, id.String()), most: most,
		acked: c.Acked, dropped: c.Dropped, known: c.Last, changed: make(chan struct{}),
	}
}

// Append stores one frame of n records (facts: n = 1) and gives the sequence of the first. A frame of facts is on the
// disk when Append returns; readings are in the hands of the operating system. On an error nothing is stored.
func (j *Journal) Append(id hall.Lane, payload []byte, n int) (first uint64, err error) {
	l := j.lane(id)
	if l == nil || len(payload) == 0 || len(payload) > MaxPayload || n < 1 || n > MaxCount {
		return 0, fmt.Errorf("%w: lane %d, %d bytes, %d records", ErrRecord, id, len(payload), n)
	}
	e := &entry{payload: payload, n: n}
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return 0, ErrClosed
	}
	l.queue = append(l.queue, e)
	j.mu.Unlock()

	l.io.Lock()
	defer l.io.Unlock()
	if !e.done { // nobody took it along: commit everything that waits, this one included
		l.commit()
	}
	return e.seq, e.err
}

// commit writes all appends that wait as one. The caller holds io.
func (l *lane) commit() {
	l.j.mu.Lock()
	group := l.queue
	l.queue = nil
	seq := l.last + 1
	l.j.mu.Unlock()
	l.buf = l.buf[:0]
	for _, e := range group {
		e.seq = seq
		l.buf = appendFrame(l.buf, seq, e.n, e.payload)
		seq += uint64(e.n)
	}
	err := l.write(l.buf, seq-1)
	if cap(l.buf) > 2*chunk {
		l.buf = nil // a rare large group must not stay in memory
	}
	for _, e := range group {
		if e.done = true; err != nil {
			e.seq, e.err = 0, err
		}
	}
}

// write stores frames that end at sequence last, freeing space where it must.
func (l *lane) write(frames []byte, last uint64) error {
	for {
		if err := l.j.room(l, int64(len(frames))+segmentHeader); err != nil {
			return err
		}
		err := l.writeOnce(frames, last)
		if !noSpace(err) {
			return err
		}
		if !l.j.free(l) {
			l.j.noteFull()
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
}

// noSpace tells whether the disk, or this user's share of it, is full.
func noSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

func (l *lane) writeOnce(frames []byte, last uint64) error {
	if w := l.active; w != nil && w.written > segmentHeader && w.written+int64(len(frames)) > l.most {
		if err := l.seal(); err != nil {
			return err
		}
	}
	if l.active == nil {
		if err := l.begin(); err != nil {
			return err
		}
	}
	w := l.active
	if n, err := w.f.Write(frames); err != nil || n != len(frames) {
		if err == nil {
			err = errors.New("short write")
		}
		return errors.Join(fmt.Errorf("journal: %s: %w", w.seg.path, err), l.abandon())
	}
	if l.id == hall.Facts {
		if err := w.f.Sync(); err != nil { // what the disk holds now is unknown: never sync this file again
			return errors.Join(fmt.Errorf("journal: %s: sync: %w", w.seg.path, err), l.abandon())
		}
	}
	w.written += int64(len(frames))
	l.j.mu.Lock()
	l.last = last
	l.j.total += int64(len(frames))
	l.j.mu.Unlock()
	if l.id == hall.Facts {
		l.publish(w, w.written, last)
	}
	return nil
}

// publish lets readers see the first size bytes of w, which end at sequence last and are on the disk.
func (l *lane) publish(w *writer, size int64, last uint64) {
	l.j.mu.Lock()
	defer l.j.mu.Unlock()
	w.seg.size = max(w.seg.size, size)
	if last > l.durable {
		l.grow(last)
	}
}

// grow moves the end of what can be read and wakes those who wait for it. The caller holds j.mu.
func (l *lane) grow(last uint64) {
	l.durable = last
	close(l.changed)
	l.changed = make(chan struct{})
}

// flush makes readings durable without holding up appends while the disk works.
func (l *lane) flush() error {
	l.io.Lock()
	w := l.active
	if w == nil || w.synced == w.written {
		l.io.Unlock()
		return nil
	}
	size := w.written
	l.j.mu.Lock()
	last := l.last
	l.j.mu.Unlock()
	l.io.Unlock()

	w.mu.Lock()
	if w.closed { // sealed meanwhile, and synced with that
		w.mu.Unlock()
		return nil
	}
	err := w.f.Sync()
	w.mu.Unlock()

	l.io.Lock()
	defer l.io.Unlock()
	if err != nil {
		return l.failed(w, err)
	}
	w.synced = max(w.synced, size)
	l.publish(w, size, last)
	return nil
}

// failed gives up a segment of readings that could not be synced. What it holds can still be read, until the machine
// stops; the damage is named because it may not be there afterwards.
func (l *lane) failed(w *writer, cause error) error {
	l.j.damage(&CorruptionError{Lane: l.id, File: w.seg.path, Offset: w.synced, Reason: "sync failed: " + cause.Error()})
	err := fmt.Errorf("journal: %s: sync: %w", w.seg.path, cause)
	if l.active != w {
		return err
	}
	l.retire(w)
	return errors.Join(err, w.close())
}

// Changed gives a channel that is closed when the lane has more to read than now.
func (j *Journal) Changed(id hall.Lane) <-chan struct{} {
	l := j.lane(id)
	if l == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return l.changed
}

// Bounds gives the oldest and the newest sequence that can be read. last < first: none.
func (j *Journal) Bounds(id hall.Lane) (first, last uint64) {
	l := j.lane(id)
	if l == nil {
		return 1, 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(l.segs) == 0 || l.segs[0].first > l.durable {
		return l.durable + 1, l.durable
	}
	return l.segs[0].first, l.durable
}

// Ack notes that the county has stored everything up to seq. The cursor never moves back: see Rewind. A seq beyond the
// newest record means that the journal lost records that had left it (a disk that lied about a sync): the lane then goes
// on behind seq, so that no sequence is ever used twice.
func (j *Journal) Ack(id hall.Lane, seq uint64) error {
	l := j.lane(id)
	if l == nil || seq > MaxSeq {
		return fmt.Errorf("%w: ack of lane %d, sequence %d", ErrRecord, id, seq)
	}
	j.mu.Lock()
	ahead := seq > l.last
	if !ahead && seq > l.acked {
		l.acked, j.dirty = seq, true
	}
	j.mu.Unlock()
	if ahead {
		return l.leap(seq)
	}
	return nil
}

// Rewind sets the cursor back: the county has only what is up to seq (it was restored from a backup, or is new).
func (j *Journal) Rewind(id hall.Lane, seq uint64) {
	l := j.lane(id)
	if l == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq < l.acked {
		l.acked, j.dirty = seq, true
	}
}

// Acked gives the last sequence the county has stored.
func (j *Journal) Acked(id hall.Lane) uint64 {
	if l := j.lane(id); l != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		return l.acked
	}
	return 0
}

// Wait blocks until the lane holds a durable record beyond seq, or ctx ends.
func (j *Journal) Wait(ctx context.Context, id hall.Lane, seq uint64) error {
	for {
		changed := j.Changed(id)
		if _, last := j.Bounds(id); last > seq {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
