package uplink

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/clock"
	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// rig is a hall: a real journal, a real clock and the uplink under test.
type rig struct {
	t       testing.TB
	hub     *fakeHub
	j       *journal.Journal
	clock   *clock.Clock
	correct *clock.Corrector
	up      *Uplink
	log     *safeBuffer
	stop    func()

	mu    sync.Mutex
	facts int
	reads int
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *safeBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func fast() timing {
	return timing{
		resend: 150 * time.Millisecond, silence: 500 * time.Millisecond, collect: 10 * time.Millisecond, section: 100 * time.Millisecond,
		pulse: 300 * time.Millisecond, anchor: time.Second, pauseMax: time.Minute, retryMin: 5 * time.Millisecond, retryMax: 40 * time.Millisecond,
		link: linkTiming{keepAlive: 2 * time.Second, ping: time.Second, connect: 2 * time.Second, write: 2 * time.Second},
	}
}

func newRig(t testing.TB, hub *fakeHub, broker string, jo journal.Options, co clock.Options) *rig {
	t.Helper()
	if jo.SyncEvery == 0 {
		jo.SyncEvery = 5 * time.Millisecond
	}
	j, err := journal.Open(t.TempDir(), jo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	co.Boot = j.Boot()
	r := &rig{t: t, hub: hub, j: j, clock: clock.New(co), correct: clock.NewCorrector(time.Time{}), log: &safeBuffer{}}
	r.up, err = New(Options{
		Broker: "tcp://" + broker, Hall: "test-hall", Credential: "secret", Version: "test", Journal: j, Clock: r.clock, Corrector: r.correct,
		Record: r.record, Describe: func() hall.Hall { return hall.Hall{Name: hall.Text{ZH: "测试"}} },
		Logger: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.up.times = fast()
	return r
}

func (r *rig) record(_ context.Context, f hall.Fact) error {
	data, err := wire.EncodeFact(f)
	if err != nil {
		return err
	}
	r.correct.Note(&f)
	_, err = r.j.Append(hall.Facts, data, 1)
	return err
}

// run starts the uplink; it is stopped and awaited at the end of the test, or by stop.
func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.up.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				r.t.Error(err)
			}
		case <-time.After(10 * time.Second):
			r.t.Error("Run does not end")
		}
		if strings.Contains(r.log.String(), "secret") {
			r.t.Error("the log tells the credential")
		}
	})
	r.t.Cleanup(r.stop)
}

// fact journals the next numbered fact.
func (r *rig) fact() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts++
	f := hall.Fact{Kind: hall.KindCall, At: r.clock.Now(), Call: &hall.Call{Number: fmt.Sprint(r.facts), Window: "w1"}}
	if err := r.record(context.Background(), f); err != nil {
		r.t.Error(err)
	}
}

// sweep journals n readings whose values are their numbers.
func (r *rig) sweep(n int) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.clock.Now()
	var list []hall.Reading
	for range n {
		r.reads++
		list = append(list, hall.Reading{Series: hall.Series{Metric: hall.MetricPeople}, At: at.Wall, Boot: at.Boot, Mono: at.Mono, Value: float64(r.reads)})
	}
	data, err := wire.AppendReadings(nil, list)
	if err == nil {
		_, err = r.j.Append(hall.Readings, data, n)
	}
	if err != nil {
		r.t.Error(err)
	}
}

// arrived waits until the hub has everything, and holds it to exactly once and in order.
func (r *rig) arrived() {
	r.t.Helper()
	r.hub.until("everything arrives", func() bool {
		_, f := r.j.Bounds(hall.Facts)
		_, d := r.j.Bounds(hall.Readings)
		return r.hub.pos[hall.Facts] == f && r.hub.pos[hall.Readings] == d && d == uint64(r.reads)
	})
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	n := 0
	for i, f := range r.hub.facts {
		if f.Seq != uint64(i+1) {
			r.t.Fatalf("fact %d at place %d", f.Seq, i)
		}
		if f.Call == nil {
			continue
		}
		if n++; f.Call.Number != fmt.Sprint(n) {
			r.t.Fatalf("call %s, want %d", f.Call.Number, n)
		}
	}
	if n != r.facts {
		r.t.Fatalf("%d facts arrived of %d", n, r.facts)
	}
	if len(r.hub.readings) != r.reads {
		r.t.Fatalf("%d readings arrived of %d", len(r.hub.readings), r.reads)
	}
	for i, d := range r.hub.readings {
		if d.Value != float64(i+1) {
			r.t.Fatalf("reading %v at place %d", d.Value, i)
		}
	}
	if len(r.hub.gaps[hall.Facts])+len(r.hub.gaps[hall.Readings]) != 0 || r.hub.early {
		r.t.Fatal(r.hub.gaps, r.hub.early)
	}
}

// eventually looks again and again until what tells nobody of its changes is as it should be.
func eventually(t *testing.T, what string, good func() bool) {
	t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !good() {
		select {
		case <-late.C:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func (r *rig) fill(facts, sweeps int) {
	for i := range max(facts, sweeps) {
		if i < facts {
			r.fact()
		}
		if i < sweeps {
			r.sweep(46)
		}
	}
}
