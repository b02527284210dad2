package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// lanes is what the recorder needs of the journal.
type lanes interface {
	Append(lane hall.Lane, payload []byte, n int) (first uint64, err error)
}

// stamper gives the hall's time.
type stamper interface{ Now() hall.Stamp }

// corrector mends the times of facts that were stamped before the clock was right.
type corrector interface {
	Note(f *hall.Fact)
	Correct(f *hall.Fact)
}

// counter counts what the recorder does.
type counter interface {
	fact(k hall.FactKind, err error)
}

// recorder is the one way into the journal: it stamps what drivers say, makes it durable, and only then folds it into the
// hall's book, in the journal's order.
type recorder struct {
	recorderOptions

	mu       sync.Mutex
	book     *hall.Book
	measures hall.Measures
	shown    map[hall.WindowID]string // the number each window's display showed last
	heard    map[hall.DeviceID]bool   // devices whose health was told in this boot
	pending  map[uint64]hall.Fact     // durable, waiting for a smaller sequence to be folded first
	next     uint64
	writing  int                    // facts on their way into the journal
	owed     map[time.Duration]debt // what was heard and is not durable yet, by its monotonic time
	full     bool
	readings []hall.Reading
	lost     uint64
}

type recorderOptions struct {
	desc    hall.Hall
	journal lanes
	clock   stamper
	times   corrector
	count   counter
	boot    uint32
	changed func(...hall.Section) // must not block
	listen  func(hall.Fact)       // every folded fact, in order; must not block; nil: nobody hears
	forget  func()                // the facts come again from the oldest on
}

func newRecorder(o recorderOptions) *recorder {
	return &recorder{recorderOptions: o, pending: map[uint64]hall.Fact{}, shown: map[hall.WindowID]string{}, heard: map[hall.DeviceID]bool{},
		owed: map[time.Duration]debt{}}
}

// Fact journals f and returns when it is durable. Facts of several devices share one sync of the disk. A fact that no record
// can hold is a driver.ErrPermanent.
func (r *recorder) Fact(ctx context.Context, f hall.Fact) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	told := f.At.Boot == 0 // the caller waits for the answer and knows what it means
	if told {
		f.At = r.Stamp()
	}
	err := r.record(f)
	if told || err == nil || errors.Is(err, driver.ErrPermanent) {
		r.repay(f.At)
	}
	return err
}

// record journals f exactly as it is, stamp included, and folds it.
func (r *recorder) record(f hall.Fact) error {
	payload, err := wire.EncodeFact(f)
	if err != nil {
		r.count.fact(f.Kind, err)
		return fmt.Errorf("agent: %s of %s: %w: %w", f.Kind, f.Device, driver.ErrPermanent, err)
	}
	r.mu.Lock()
	r.writing++
	r.mu.Unlock()
	f.Seq, err = r.journal.Append(hall.Facts, payload, 1)
	r.count.fact(f.Kind, err)
	if err == nil {
		r.times.Note(&f) // before anybody can read it from the journal and send it
	}
	r.fold(f, err)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	return nil
}

// fold applies f once every fact before it was applied. Appends end in any order; the book wants the journal's.
func (r *recorder) fold(f hall.Fact, failed error) {
	touched := map[hall.Section]bool{}
	r.mu.Lock()
	r.writing--
	if full := failed != nil; full != r.full {
		r.full = full
		touched[hall.SectionGateway] = true
	}
	if failed == nil && f.Seq >= r.next {
		r.pending[f.Seq] = f
	}
	r.settle(touched)
	r.mu.Unlock()
	r.tell(touched)
}

// settle applies what is next. With nothing on its way nothing smaller can come any more: a sequence that is missing then
// was skipped by the journal. The caller holds the lock.
func (r *recorder) settle(touched map[hall.Section]bool) {
	for len(r.pending) > 0 {
		if _, ok := r.pending[r.next]; !ok {
			if r.writing > 0 {
				return
			}
			r.next = slices.Min(slices.Collect(maps.Keys(r.pending)))
		}
		f := r.pending[r.next]
		delete(r.pending, r.next)
		r.apply(f, touched)
		r.next++
	}
}

func (r *recorder) tell(touched map[hall.Section]bool) {
	if len(touched) > 0 {
		r.changed(slices.Collect(maps.Keys(touched))...)
	}
}

// apply folds one fact, corrected; the caller holds the lock.
func (r *recorder) apply(f hall.Fact, touched map[hall.Section]bool) {
	r.times.Correct(&f)
	if f.Call != nil {
		r.shown[f.Call.Window] = f.Call.Number
	}
	if f.Kind == hall.KindDevice && f.At.Boot == r.boot {
		r.heard[f.Device] = true
	}
	if r.listen != nil {
		r.listen(f)
	}
	for _, s := range r.book.Apply(f).Sections {
		touched[s] = true
	}
}

// restart replaces the book by what the journal holds. each gives every fact from the oldest on, as it stands there; it
// runs under the recorder's lock, so that nothing is folded twice or skipped. next is the sequence after the last one given.
func (r *recorder) restart(book *hall.Book, each func(func(hall.Fact)) (next uint64, err error)) error {
	touched := map[hall.Section]bool{}
	err := r.refold(book, each, touched)
	if err != nil {
		return fmt.Errorf("agent: rebuild the state: %w", err)
	}
	r.changed(hall.Sections()...)
	return nil
}

func (r *recorder) refold(book *hall.Book, each func(func(hall.Fact)) (uint64, error), touched map[hall.Section]bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	old, shown := r.book, r.shown
	r.book, r.shown = book, map[hall.WindowID]string{}
	if r.forget != nil {
		r.forget()
	}
	next, err := each(func(f hall.Fact) { r.apply(f, touched) })
	if err != nil {
		r.book, r.shown = old, shown
		return err
	}
	r.next = max(next, r.next)
	maps.DeleteFunc(r.pending, func(seq uint64, _ hall.Fact) bool { return seq < next })
	r.settle(touched)
	return nil
}

// state is the book's content now. What was known of a device before the program started is not known now.
func (r *recorder) state(now time.Time) hall.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.present(now)
}

// present is the book's content and what devices measure; the caller holds the lock.
func (r *recorder) present(now time.Time) hall.State {
	s := r.book.State(now)
	for i, d := range s.Devices.Devices {
		if !r.heard[d.ID] {
			s.Devices.Devices[i] = hall.DeviceState{ID: d.ID}
		}
	}
	r.measures.Show(&r.desc, &s)
	return s
}

// lastShown is the number that a window's display showed last, as far as the journal has it.
func (r *recorder) lastShown(w hall.WindowID) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown[w]
}

// trouble says whether the last record could not be stored, and how many readings were given up or wait in memory.
func (r *recorder) trouble() (full bool, lost uint64, buffered int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.full, r.lost, len(r.readings)
}
