package ingest

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/series"
	"hallpulse/hub/store"
)

const patience = 30 * time.Second

var day = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// engine keeps readings in memory: the same reading twice is one.
type engine struct {
	mu     sync.Mutex
	held   map[string]float64
	broken error
}

func (e *engine) Write(_ context.Context, list []series.Batch) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken != nil {
		return e.broken
	}
	for _, b := range list {
		for _, r := range b.Readings {
			if e.held == nil {
				continue
			}
			e.held[fmt.Sprint(b.Hall, r.Series, r.At.UnixMilli())] = r.Value
		}
	}
	return nil
}

func (e *engine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken = err
}

func (e *engine) size() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.held)
}

func (e *engine) Query(context.Context, series.Range) ([]series.Result, error) { return nil, nil }
func (e *engine) Close() error                                                 { return nil }

// told is an ack with its hall.
type told struct {
	hall hall.HallID
	wire.Ack
}

// acks keeps every ack and lets tests wait for one.
type acks struct{ ch chan told }

func (a *acks) Ack(id hall.HallID, ack wire.Ack) { a.ch <- told{id, ack} }

// county is a running ingest on a real store.
type county struct {
	t      testing.TB
	path   string
	store  *store.Store
	engine *engine
	acks   *acks
	in     *Ingest
	stop   func()
	wrap   func(Store) Store
	now    func() time.Time
}

func newCounty(t testing.TB) *county {
	c := &county{t: t, path: filepath.Join(t.TempDir(), "hub.db"), engine: &engine{held: map[string]float64{}}, acks: &acks{make(chan told, 100_000)}}
	c.start()
	t.Cleanup(func() { c.stop() })
	return c
}

func (c *county) start() {
	c.t.Helper()
	s, err := store.Open(context.Background(), c.path, store.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.store = s
	var is Store = s
	if c.wrap != nil {
		is = c.wrap(s)
	}
	c.in, err = New(context.Background(), Options{Store: is, Series: c.engine, Acker: c.acks, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.in.Run(ctx) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := s.Close(); err != nil {
			c.t.Error(err)
		}
	})
}

// restart is what a kill -9 is: nothing in memory survives, and the store is opened as it was left.
func (c *county) restart() {
	c.t.Helper()
	c.stop()
	c.start()
}

// await gives the next ack that fits and drops those before it.
func (c *county) await(what string, fits func(told) bool) told {
	c.t.Helper()
	deadline := time.After(patience)
	var seen []told
	for {
		select {
		case a := <-c.acks.ch:
			if fits(a) {
				return a
			}
			seen = append(seen, a)
		case <-deadline:
			c.t.Fatalf("no ack: %s; seen %+v; health %v; %+v", what, seen, c.in.Health(), c.in.Stats())
		}
	}
}

func (c *county) awaitSeq(l hall.Lane, seq uint64) told {
	c.t.Helper()
	return c.await(fmt.Sprint(l, " ", seq), func(a told) bool { return a.Lane == l && a.Seq == seq && !a.Hello })
}

func desc(id hall.HallID) hall.Hall {
	return hall.Hall{ID: id, TimeZone: "Asia/Shanghai", Windows: []hall.Window{{ID: "1"}}, Categories: []hall.Category{{ID: "social", Prefix: "A"}}}
}

func (c *county) birth(id hall.HallID, epoch uint64) (facts, readings told) {
	c.t.Helper()
	c.in.Birth(id, wire.Birth{Hall: desc(id), Epoch: epoch, Version: "1"})
	facts = c.await("hello", func(a told) bool { return a.Hello && a.Lane == hall.Facts })
	return facts, c.await("hello", func(a told) bool { return a.Hello && a.Lane == hall.Readings })
}

// fact n of a hall's day: tickets, and now and then a call and a rating.
func fact(n uint64) hall.Fact {
	f := hall.Fact{Seq: n, Device: "disp", At: hall.Stamp{Wall: day.Add(time.Duration(n) * time.Second), Boot: 1, Mono: time.Duration(n) * time.Second}}
	number := fmt.Sprintf("A%03d", (n/4)%1000)
	switch n % 4 {
	case 0:
		f.Kind, f.Ticket = hall.KindTicket, &hall.TicketIssued{Number: number, Category: "social", Ahead: 1}
	case 1:
		f.Kind, f.Call = hall.KindCall, &hall.Call{Number: number, Window: "1"}
	case 2:
		f.Kind, f.Invite = hall.KindInvite, &hall.Invite{Number: number, Window: "1"}
	case 3:
		f.Kind, f.Device, f.Rating = hall.KindRating, "kp", &hall.Rating{Window: "1", Level: 5, Seq: uint32(n)}
	}
	return f
}

func factBatch(t testing.TB, epoch, first, last, oldest uint64) []byte {
	t.Helper()
	b := wire.FactBatch{Epoch: epoch, First: first, Oldest: oldest}
	for n := first; n <= last; n++ {
		b.Facts = append(b.Facts, fact(n))
	}
	data, err := wire.EncodeFactBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readingBatch(t testing.TB, epoch, first, last, oldest uint64) []byte {
	t.Helper()
	b := wire.ReadingBatch{Epoch: epoch, First: first, Oldest: oldest}
	for n := first; n <= last; n++ {
		b.Readings = append(b.Readings, hall.Reading{Series: hall.Series{Metric: hall.MetricPeople}, At: day.Add(time.Duration(n) * time.Second), Value: float64(n)})
	}
	data, err := wire.EncodeReadingBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (c *county) send(id hall.HallID, payload []byte) {
	c.t.Helper()
	if !c.in.Receive(id, hall.Facts, payload) {
		c.t.Fatal("not accepted")
	}
}

// facts gives the sequences stored of a hall, and fails if one is there twice.
func (c *county) facts(id hall.HallID) []uint64 {
	c.t.Helper()
	var seqs []uint64
	q := store.Query{Halls: []hall.HallID{id}, Limit: 1000}
	for {
		p, err := c.store.Facts(context.Background(), q, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, f := range p.Items {
			seqs = append(seqs, f.Seq)
		}
		if q.Cursor = p.Next; p.Next == "" {
			return seqs
		}
	}
}

func (c *county) wantFacts(id hall.HallID, first, last uint64) {
	c.t.Helper()
	got := c.facts(id)
	for i, n := range got {
		if n != first+uint64(i) {
			c.t.Fatalf("fact %d where %d belongs", n, first+uint64(i))
		}
	}
	if len(got) != int(last-first+1) {
		c.t.Fatalf("%d facts, want %d", len(got), last-first+1)
	}
}
