// Package journal keeps what happened in a hall until the county has it, and for the business day in any case.
//
// A journal is a directory with two lanes, facts and readings, each a sequence of records 1, 2, 3 … in segment files. A
// fact is on the disk before Append returns; concurrent appends share one sync. Readings are handed to the operating
// system at once and synced about every second. Only what is synced can be read back, so the county never knows a
// record that a power cut could still take away.
//
// A segment that was open when the program ended is never written again. Damage costs the records it hit and no others;
// it is named in [Journal.Damage]. When space is short the oldest readings go first, counted; a fact is refused with
// [ErrFull] rather than dropped.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hallpulse/hall"
)

// Defaults of Options.
const (
	DefaultMaxBytes        = 1 << 30
	DefaultFactsSegment    = 1 << 20
	DefaultReadingsSegment = 4 << 20
	DefaultSyncEvery       = time.Second
)

// Options of a journal. The zero value is usable.
type Options struct {
	MaxBytes        int64            // quota of both lanes together; 0: DefaultMaxBytes
	FactsSegment    int64            // a segment of facts is closed at this size; 0: DefaultFactsSegment
	ReadingsSegment int64            // 0: DefaultReadingsSegment
	SyncEvery       time.Duration    // of readings, cursors and the alive mark; 0: DefaultSyncEvery
	Now             func() time.Time // the hall's clock, for the age of segments; nil: time.Now
	FS              FS               // nil: Disk
	Logger          *slog.Logger     // nil: none
}

// Journal is open for one process. All methods may be called from any goroutine.
type Journal struct {
	opts  Options
	dir   string
	fs    FS
	log   *slog.Logger
	lock  *os.File
	alive *alive
	seen  report

	epoch uint64
	boot  uint32

	facts, readings *lane

	mu     sync.Mutex // lists of segments, positions, counters of both lanes
	total  int64      // bytes in both lanes
	full   time.Time  // until when the journal says that it is full
	dirty  bool       // cursors changed since the meta file was written
	closed bool

	metaMu sync.Mutex // one writer of the meta file
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// Open opens or makes the journal in dir and counts the boot. One process at a time may hold it (ErrLocked).
func Open(dir string, opts Options) (*Journal, error) {
	j := &Journal{opts: opts.withDefaults(), dir: dir}
	j.fs, j.log = j.opts.FS, j.opts.Logger
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	held, err := lock(dir)
	if err != nil {
		return nil, err
	}
	j.lock = held
	if j.alive, err = openAlive(dir); err == nil {
		err = j.load()
	}
	if err != nil {
		return nil, errors.Join(err, j.release())
	}
	ctx, stop := context.WithCancel(context.Background())
	j.stop = stop
	j.done.Go(func() { j.syncLoop(ctx) })
	return j, nil
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.FactsSegment <= 0 {
		o.FactsSegment = DefaultFactsSegment
	}
	if o.ReadingsSegment <= 0 {
		o.ReadingsSegment = DefaultReadingsSegment
	}
	o.FactsSegment = min(o.FactsSegment, o.MaxBytes/8)
	o.ReadingsSegment = min(o.ReadingsSegment, o.MaxBytes/8)
	if o.SyncEvery <= 0 {
		o.SyncEvery = DefaultSyncEvery
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.FS == nil {
		o.FS = Disk{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// load reads what is on the disk and settles epoch, boot and positions.
func (j *Journal) load() error {
	m, known, err := j.loadMeta()
	if err != nil {
		return err
	}
	j.epoch, j.boot = m.Epoch, m.Boot
	j.facts = newLane(j, hall.Facts, j.opts.FactsSegment, m.Facts)
	j.readings = newLane(j, hall.Readings, j.opts.ReadingsSegment, m.Readings)
	for _, l := range j.lanes() {
		if err := l.list(); err != nil {
			return err
		}
	}
	if !known {
		j.adopt()
	}
	for _, l := range j.lanes() {
		if err := l.load(); err != nil {
			return err
		}
	}
	j.boot = max(j.boot, j.alive.prev.Boot) + 1
	j.alive.boot = j.boot
	for {
		err := j.saveMeta()
		if !noSpace(err) || !j.free(j.facts) {
			return err
		}
	}
}

// adopt takes epoch and boot from the newest segment, when the meta file is new or lost.
func (j *Journal) adopt() {
	var newest time.Time
	for _, l := range j.lanes() {
		for _, s := range l.segs {
			if s.head.epoch != 0 && (j.epoch == 0 || !s.head.created.Before(newest)) {
				j.epoch, newest = s.head.epoch, s.head.created
			}
			j.boot = max(j.boot, s.head.boot)
		}
	}
	if j.epoch == 0 {
		j.epoch = newEpoch()
	}
}

func (j *Journal) lanes() [2]*lane { return [2]*lane{j.facts, j.readings} }

// lane gives a lane by its name, nil for an unknown one.
func (j *Journal) lane(id hall.Lane) *lane {
	switch id {
	case hall.Facts:
		return j.facts
	case hall.Readings:
		return j.readings
	}
	return nil
}

// other gives the lane beside l.
func (j *Journal) other(l *lane) *lane {
	if l == j.facts {
		return j.readings
	}
	return j.facts
}

// Epoch is the random identity of this journal; it is never zero.
func (j *Journal) Epoch() uint64 { return j.epoch }

// Boot counts the times the journal was opened; the first is 1.
func (j *Journal) Boot() uint32 { return j.boot }

// Alive notes that the program runs at wall, mono after its start. Cheap: meant for twice a second.
func (j *Journal) Alive(wall time.Time, mono time.Duration) error { return j.alive.put(wall, mono) }

// LastAlive gives the last mark of the run before this one; ok is false when there was none.
func (j *Journal) LastAlive() (m AliveMark, ok bool) { return j.alive.prev, j.alive.has }

// Damage lists what could not be read so far, and how many more damages there were than the list holds.
func (j *Journal) Damage() (list []*CorruptionError, more uint64) { return j.seen.copy() }

func (j *Journal) damage(e *CorruptionError) {
	if j.seen.add(e) {
		j.log.Error("journal damaged", "err", e)
	}
}

// syncLoop makes readings, cursors and the alive mark durable every SyncEvery.
func (j *Journal) syncLoop(ctx context.Context) {
	t := time.NewTicker(j.opts.SyncEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := j.Sync(); err != nil {
				j.log.Error("journal not synced", "err", err)
			}
		}
	}
}

// Sync makes everything appended so far, the cursors and the alive mark durable.
func (j *Journal) Sync() error {
	errs := []error{j.readings.flush(), j.alive.sync()}
	j.mu.Lock()
	dirty := j.dirty
	j.mu.Unlock()
	if dirty {
		errs = append(errs, j.saveMeta())
	}
	return errors.Join(errs...)
}

// Close makes everything durable and gives the directory free. Appends that come later fail with ErrClosed.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	j.mu.Unlock()
	j.stop()
	j.done.Wait()
	errs := []error{j.Sync()}
	for _, l := range j.lanes() {
		l.io.Lock()
		errs = append(errs, l.seal())
		l.io.Unlock()
	}
	return errors.Join(append(errs, j.release())...)
}

// release closes what Open opened first.
func (j *Journal) release() error {
	var errs []error
	if j.alive != nil {
		errs = append(errs, j.alive.f.Close())
	}
	return errors.Join(append(errs, j.lock.Close())...)
}

// path gives the file of a segment.
func (l *lane) path(first uint64) string {
	return filepath.Join(l.dir, fmt.Sprintf("%016d%s", first, suffix))
}
