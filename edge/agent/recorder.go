package agent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// lanes is what the recorder needs of the journal.
type lanes interface {
	Append(lane hall.Lane, payload []byte, n int) (first uint64, err error)
}

// stamper gives the hall's time.
type stamper interface{ Now() hall.Stamp }

// maxBuffered bounds the readings kept while the journal cannot take them; the oldest go first.
const maxBuffered = 20_000

// recorder is the one way into the journal: it stamps what drivers say, makes it durable, and only then folds it into the
// hall's book, in the journal's order.
type recorder struct {
	journal lanes
	clock   stamper
	changed func(hall.Section)

	mu       sync.Mutex
	book     *hall.Book
	shown    map[hall.WindowID]string // the number each window's display showed last
	pending  map[uint64]hall.Fact     // durable, waiting for a smaller sequence to be folded first
	next     uint64
	full     bool
	readings []hall.Reading
	lost     uint64
}

func newRecorder(j lanes, c stamper, changed func(hall.Section)) *recorder {
	return &recorder{journal: j, clock: c, changed: changed, pending: map[uint64]hall.Fact{}, shown: map[hall.WindowID]string{}}
}

// Fact journals f and returns when it is durable. Facts of several devices share one sync of the disk.
func (r *recorder) Fact(ctx context.Context, f hall.Fact) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.At = r.clock.Now()
	payload, err := wire.EncodeFact(f)
	if err != nil {
		return fmt.Errorf("agent: %s of %s: %w", f.Kind, f.Device, err)
	}
	seq, err := r.journal.Append(hall.Facts, payload, 1)
	r.mu.Lock()
	r.full = err != nil
	r.mu.Unlock()
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	f.Seq = seq
	r.fold(f)
	return nil
}

// fold applies f once every fact before it was applied. Appends end in any order; the book wants the journal's.
func (r *recorder) fold(f hall.Fact) {
	r.mu.Lock()
	touched := map[hall.Section]bool{}
	if f.Seq >= r.next {
		r.pending[f.Seq] = f
	}
	for {
		g, ok := r.pending[r.next]
		if !ok {
			break
		}
		delete(r.pending, r.next)
		r.apply(g, touched)
		r.next++
	}
	r.mu.Unlock()
	for s := range touched {
		r.changed(s)
	}
}

// apply folds one fact; the caller holds the lock.
func (r *recorder) apply(f hall.Fact, touched map[hall.Section]bool) {
	if f.Call != nil {
		r.shown[f.Call.Window] = f.Call.Number
	}
	for _, s := range r.book.Apply(f).Sections {
		touched[s] = true
	}
}

// restart replaces the book by what the journal holds. each gives every fact from the oldest on, corrected; it runs under
// the recorder's lock, so that nothing is folded twice or skipped. next is the sequence after the last one given.
func (r *recorder) restart(book *hall.Book, each func(func(hall.Fact)) (next uint64, err error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.book = book
	clear(r.shown)
	touched := map[hall.Section]bool{}
	next, err := each(func(f hall.Fact) { r.apply(f, touched) })
	if err != nil {
		return fmt.Errorf("agent: rebuild the state: %w", err)
	}
	r.next = next
	for seq := range r.pending {
		if seq < next {
			delete(r.pending, seq)
		}
	}
	return nil
}

// Reading buffers a value; flush journals it.
func (r *recorder) Reading(s hall.Series, value float64) {
	at := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buffer(hall.Reading{Series: s, At: at.Wall.Truncate(time.Millisecond), Boot: at.Boot, Mono: at.Mono, Value: value})
}

func (r *recorder) buffer(rd hall.Reading) {
	if len(r.readings) >= maxBuffered {
		r.readings = r.readings[1:]
		r.lost++
	}
	r.readings = append(r.readings, rd)
}

// derive adds the figures of the hall itself, as the book has them now.
func (r *recorder) derive() {
	at := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rd := range r.book.Readings(at.Wall) {
		rd.Boot, rd.Mono = at.Boot, at.Mono
		r.buffer(rd)
	}
}

// flush journals the buffered readings as one frame; when the journal cannot take them they stay buffered.
func (r *recorder) flush() error {
	r.mu.Lock()
	batch := r.readings
	r.readings = nil
	r.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	payload, err := wire.AppendReadings(nil, batch)
	if err == nil {
		_, err = r.journal.Append(hall.Readings, payload, len(batch))
	}
	if err != nil {
		r.mu.Lock()
		r.readings = append(batch, r.readings...)
		r.mu.Unlock()
		return fmt.Errorf("agent: readings: %w", err)
	}
	return nil
}

// state is the book's content now.
func (r *recorder) state(now time.Time) hall.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.book.State(now)
}

// lastShown is the number that a window's display showed last; a refresh of it is not a new call.
func (r *recorder) lastShown(w hall.WindowID) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown[w]
}

// diskFull says whether the last fact could not be stored.
func (r *recorder) diskFull() (full bool, lost uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.full, r.lost
}
