package attendance

import (
	"context"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Sizes of the pieces in which a body is journalled.
const (
	chunkFacts    = 256
	storeTogether = 64 // appends under way; they share the journal's fsync
)

// batch journals the punches of one body.
type batch struct {
	t      *Terminal
	sink   driver.Sink
	facts  []hall.Fact
	inside map[Key]bool // of the piece being collected
	fresh  int
	newest time.Time
	single bool
}

func newBatch(t *Terminal, sink driver.Sink) *batch {
	return &batch{t: t, sink: sink, inside: map[Key]bool{}}
}

// take journals every punch of body and gives the number of its lines. On an error some punches may be journalled;
// they are known when the terminal sends the body again.
func (b *batch) take(ctx context.Context, body []byte) (n int, err error) {
	all, _ := lines(body, func([]byte) error { return nil })
	b.single = all == 1
	n, err = lines(body, func(line []byte) error {
		b.line(line)
		if len(b.facts) >= chunkFacts {
			return b.flush(ctx)
		}
		return nil
	})
	if err == nil {
		err = b.flush(ctx)
	}
	if err == nil && b.fresh > 0 && !b.single {
		b.t.learn(b.sink, b.fresh, b.newest)
	}
	return n, err
}

// line collects one punch, or sets the line aside.
func (b *batch) line(line []byte) {
	p, err := ParseLine(line, b.t.opts.Serial, b.t.opts.location())
	if err != nil {
		b.t.refuse("attlog", err.Error(), line)
		return
	}
	k := KeyOf(&p)
	if b.inside[k] || b.t.srv.memory.has(k) {
		b.t.count(func(st *Status) { st.Duplicates++ })
		return
	}
	b.fresh++
	if p.At.After(b.newest) {
		b.newest = p.At
	}
	if b.single {
		b.t.learn(b.sink, 1, p.At)
	}
	p.Skew = b.t.skew()
	b.inside[k] = true
	b.facts = append(b.facts, hall.Fact{Kind: hall.KindPunch, Raw: private(line), Punch: &p})
}

// flush journals what was collected, many facts at a time.
func (b *batch) flush(ctx context.Context) error {
	defer func() {
		clear(b.facts)
		b.facts = b.facts[:0]
		clear(b.inside)
	}()
	errs := make([]error, len(b.facts))
	room := make(chan struct{}, storeTogether)
	var wg sync.WaitGroup
	for i := range b.facts {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			if errs[i] = b.sink.Fact(ctx, b.facts[i]); errs[i] == nil {
				b.t.stored(&b.facts[i])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Terminal) stored(f *hall.Fact) {
	t.srv.memory.add(KeyOf(f.Punch))
	t.count(func(st *Status) { st.Punches++ })
}

// refuse sets a line of a table aside.
func (t *Terminal) refuse(table, reason string, line []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Refused++
	if t.sink != nil {
		t.sink.Refused(table+": "+reason, private(line))
	}
}

// learn takes what new punches say about the terminal's clock.
func (t *Terminal) learn(sink driver.Sink, n int, newest time.Time) {
	now := t.srv.opts.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.clock.batch(n, newest, now) {
		sink.Reading(hall.MetricSkew, "", t.clock.skew.Seconds())
		t.tell(sink)
	}
}

func (t *Terminal) skew() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clock.skew
}

func (t *Terminal) setBehind() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clock.behind()
}
