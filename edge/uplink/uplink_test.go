package uplink

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/clock"
	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

func TestCalm(t *testing.T) {
	hub := newHub(t)
	r := newRig(t, hub, hub.addr, journal.Options{}, clock.Options{})
	r.fill(300, 300)
	r.run()
	r.arrived()
	r.fact()
	r.sweep(3)
	r.arrived()
	eventually(t, "the cursor follows", func() bool { return r.j.Acked(hall.Facts) == 301 })
	if st := r.up.Status(); !st.Connected || !st.County || st.LastAck.IsZero() || st.Error != "" {
		t.Fatalf("%+v", st)
	}
	r.stop()
	hub.until("a goodbye", func() bool { return len(hub.wills) == 2 && hub.wills[0].Online && !hub.wills[1].Online })
	if b := hub.births[0]; b.Hall.ID != "test-hall" || b.Epoch != r.j.Epoch() || b.Boot != 1 || len(b.Bounds) != 2 || b.Bounds[0].Last != 300 {
		t.Fatalf("%+v", b)
	}
}

// Whatever happens to acks and connections, the county commits exactly what was journalled, once.
func TestNothingLostNothingTwice(t *testing.T) {
	for name, script := range map[string]func(h *fakeHub, p *hole) func(n int, a ack){
		"acks lost": func(*fakeHub, *hole) func(int, ack) {
			return func(n int, a ack) {
				if n%3 != 0 {
					a.send(a.Ack)
				}
			}
		},
		"acks doubled and old": func(*fakeHub, *hole) func(int, ack) {
			var old wire.Ack
			return func(n int, a ack) {
				a.send(a.Ack)
				a.send(a.Ack)
				if n%4 == 0 && old.Epoch != 0 {
					a.send(old)
				}
				old = a.Ack
			}
		},
		"acks of another epoch": func(*fakeHub, *hole) func(int, ack) {
			return func(_ int, a ack) {
				other := a.Ack
				other.Epoch, other.Seq = other.Epoch+1, other.Seq+1000
				a.send(other)
				other.Hello = true
				a.send(other)
				a.send(a.Ack)
			}
		},
		"resend asked for nothing": func(*fakeHub, *hole) func(int, ack) {
			return func(n int, a ack) {
				a.send(a.Ack)
				if n%5 == 0 {
					again := a.Ack
					again.Resend = true
					a.send(again)
				}
			}
		},
		"pauses": func(*fakeHub, *hole) func(int, ack) {
			return func(n int, a ack) {
				if n%3 == 0 {
					a.Pause = 20 * time.Millisecond
				}
				a.send(a.Ack)
			}
		},
		"connection cut": func(_ *fakeHub, p *hole) func(int, ack) {
			return func(n int, a ack) {
				if n%4 == 0 && n < 40 {
					p.cut()
				}
				a.send(a.Ack)
			}
		},
		"half open": func(_ *fakeHub, p *hole) func(int, ack) {
			return func(n int, a ack) {
				if n == 5 || n == 15 {
					p.swallow()
				}
				a.send(a.Ack)
			}
		},
		"silent, then well": func(h *fakeHub, _ *hole) func(int, ack) {
			return func(_ int, a ack) {
				if len(h.births) >= 3 {
					a.send(a.Ack)
				}
			}
		},
		"a batch lost": func(h *fakeHub, _ *hole) func(int, ack) {
			return func(n int, a ack) {
				if n == 3 && a.Lane == hall.Facts && !a.Resend { // as if the batch had never come
					h.pos[hall.Facts] = 0
					h.facts = nil
					return
				}
				a.send(a.Ack)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub := newHub(t)
			p := newHole(t, func() string { return hub.addr })
			hub.script = script(hub, p)
			r := newRig(t, hub, p.l.Addr().String(), journal.Options{FactsSegment: 8 << 10, ReadingsSegment: 32 << 10}, clock.Options{})
			r.fill(2000, 300)
			r.run()
			for range 10 {
				r.fill(20, 20)
				n := r.facts
				hub.until("on the way", func() bool { return len(hub.facts) >= n-100 || len(hub.births) > 0 })
			}
			r.arrived()
		})
	}
}

func TestBrokerRestarts(t *testing.T) {
	hub := newHub(t)
	addr := hub.addr
	r := newRig(t, hub, addr, journal.Options{}, clock.Options{})
	r.run()
	for round := range 4 {
		r.fill(200, 50)
		want := 200*round + 50
		hub.until("some arrive", func() bool { return len(hub.facts) >= want })
		hub.restart()
	}
	r.arrived()
	hub.set(func() {
		if len(hub.births) < 4 {
			t.Error("births:", len(hub.births))
		}
	})
}

// A county restored from a backup, and one that has more than the journal.
func TestPositionsOfTheCounty(t *testing.T) {
	hub := newHub(t)
	p := newHole(t, func() string { return hub.addr })
	r := newRig(t, hub, p.l.Addr().String(), journal.Options{}, clock.Options{})
	r.fill(100, 10)
	r.run()
	r.arrived()
	hub.set(func() { hub.pos[hall.Facts], hub.facts = 40, hub.facts[:40] })
	p.cut()
	r.arrived()
	births := 0
	hub.set(func() { hub.pos[hall.Facts], births = 150, len(hub.births) })
	p.cut()
	hub.until("a new connection", func() bool { return len(hub.births) > births })
	if err := r.j.Wait(t.Context(), hall.Facts, 149); err != nil {
		t.Fatal(err)
	}
	r.fact()
	hub.until("the fact behind", func() bool { return hub.pos[hall.Facts] == 151 && hub.facts[len(hub.facts)-1].Call.Number == "101" })
}

// A gateway starts in 1970: nothing of the log leaves before the county told the time, and all of it is right then.
func TestClockOf1970(t *testing.T) {
	hub := newHub(t)
	start := time.Now()
	wall := func() time.Time { return time.Unix(0, 0).Add(time.Since(start)) }
	r := newRig(t, hub, hub.addr, journal.Options{}, clock.Options{Wall: wall})
	r.up.State(hall.SectionGateway, func() wire.Snapshot { return wire.Snapshot{Gateway: &hall.GatewayState{}} })
	hub.mute = true
	r.fill(20, 5)
	r.run()
	hub.until("two births", func() bool { return len(hub.births) >= 2 })
	hub.set(func() {
		if hub.batches != 0 || len(hub.snaps) != 0 {
			t.Errorf("%d batches, %d snapshots", hub.batches, len(hub.snaps))
		}
		hub.mute = false
	})
	r.arrived()
	hub.mu.Lock()
	defer hub.mu.Unlock()
	last := hub.facts[len(hub.facts)-1]
	if last.Kind != hall.KindClock || last.Clock.Source != clock.SourceHub || len(hub.facts) != 21 {
		t.Fatalf("%d facts, the last %+v", len(hub.facts), last)
	}
	for _, f := range hub.facts[:20] {
		if f.At.Wall.Before(start.Add(-5*time.Second)) || f.At.Wall.After(time.Now().Add(5*time.Second)) || f.At.Mark != hall.Corrected {
			t.Fatalf("%+v", f.At)
		}
	}
	for _, d := range hub.readings {
		if d.At.Before(start.Add(-5*time.Second)) || d.At.After(time.Now().Add(5*time.Second)) {
			t.Fatal(d.At)
		}
	}
}

// What cannot be read is told, and never stops a lane.
func TestPoison(t *testing.T) {
	hub := newHub(t)
	r := newRig(t, hub, hub.addr, journal.Options{}, clock.Options{})
	raw := func(lane hall.Lane, p string, n int) {
		if _, err := r.j.Append(lane, []byte(p), n); err != nil {
			t.Fatal(err)
		}
	}
	raw(hall.Facts, "first of all", 1)
	r.fact()
	raw(hall.Facts, "poison", 1)
	raw(hall.Facts, "three", 3)
	r.fact()
	raw(hall.Facts, "last", 1)
	raw(hall.Readings, "first of all", 4)
	r.sweep(5) // 5 to 9
	raw(hall.Readings, "poison", 2)
	r.sweep(5) // 12 to 16
	raw(hall.Readings, "last", 1)
	r.run()
	hub.until("readings behind the poison", func() bool { return hub.pos[hall.Readings] == 16 })
	hub.until("facts and the told refusals", func() bool { return hub.pos[hall.Facts] >= 8+3 })
	hub.mu.Lock()
	defer hub.mu.Unlock()
	var seqs []uint64
	count := 0
	for i, f := range hub.facts {
		if f.Seq != uint64(i+1) {
			t.Fatal(f.Seq, i)
		}
		if f.Kind == hall.KindRefusal && f.Refusal.Where == "journal" {
			seqs = append(seqs, f.Seq)
		} else if f.Kind == hall.KindRefusal {
			count += f.Refusal.Count
		}
	}
	if fmt.Sprint(seqs) != "[1 3 4 5 6 8]" || string(hub.facts[2].Raw) != "poison" || count != 7 {
		t.Fatal(seqs, count)
	}
	if g := hub.gaps; len(g[hall.Facts]) != 0 || fmt.Sprint(g[hall.Readings]) != "[[1 4] [10 11]]" || len(hub.readings) != 10 {
		t.Fatal(g)
	}
}

// Readings that the quota took are told as a gap, and only those.
func TestDroppedReadings(t *testing.T) {
	hub := newHub(t)
	r := newRig(t, hub, hub.addr, journal.Options{MaxBytes: 64 << 10, ReadingsSegment: 4 << 10}, clock.Options{})
	for range 400 {
		r.sweep(46)
	}
	if err := r.j.Sync(); err != nil {
		t.Fatal(err)
	}
	dropped := r.j.Dropped(hall.Readings)
	r.run()
	hub.until("the rest", func() bool { return hub.pos[hall.Readings] == 400*46 })
	hub.mu.Lock()
	defer hub.mu.Unlock()
	if dropped == 0 || len(hub.readings) != 400*46-int(dropped) || fmt.Sprint(hub.gaps[hall.Readings]) != fmt.Sprintf("[[1 %d]]", dropped) {
		t.Fatal(dropped, len(hub.readings), hub.gaps)
	}
}

// A county that does not answer gets MaxInFlight batches at most, and facts always find a place.
func TestFlow(t *testing.T) {
	hub := newHub(t)
	var lanes []hall.Lane
	hub.script = func(int, ack) {}
	hub.onBatch = func(l hall.Lane) { lanes = append(lanes, l) }
	r := newRig(t, hub, hub.addr, journal.Options{}, clock.Options{})
	r.up.times.resend = time.Hour
	for range 10 {
		r.sweep(MaxBatchReadings)
	}
	if err := r.j.Sync(); err != nil {
		t.Fatal(err)
	}
	r.run()
	hub.until("readings fly", func() bool { return hub.batches == MaxInFlight-1 })
	r.fact()
	hub.until("the fact flies too", func() bool { return hub.batches == MaxInFlight })
	hub.until("half open", func() bool { return len(hub.births) == 2 })
	hub.set(func() {
		if fmt.Sprint(lanes[:MaxInFlight]) != "[readings readings readings facts]" || hub.most > MaxInFlight {
			t.Errorf("%v, at most %d", lanes, hub.most)
		}
		hub.script = nil
	})
	r.arrived()
}

func TestSnapshots(t *testing.T) {
	hub := newHub(t)
	p := newHole(t, func() string { return hub.addr })
	r := newRig(t, hub, p.l.Addr().String(), journal.Options{}, clock.Options{})
	var mu sync.Mutex
	waiting := 0
	r.up.State(hall.SectionQueue, func() wire.Snapshot {
		mu.Lock()
		defer mu.Unlock()
		return wire.Snapshot{AsOf: time.Now(), Queue: &hall.QueueState{Waiting: waiting}}
	})
	r.up.State(hall.SectionGateway, func() wire.Snapshot { return wire.Snapshot{Gateway: &hall.GatewayState{Boot: 1}} })
	of := func(name hall.Section) (out []wire.Snapshot) {
		for _, s := range hub.snaps {
			if s.Section == name {
				out = append(out, s)
			}
		}
		return out
	}
	r.run()
	hub.until("both sections", func() bool { return len(of(hall.SectionQueue)) == 1 && len(of(hall.SectionGateway)) == 1 })
	// A storm of changes: few are sent, the last of them always.
	start := time.Now()
	for i := range 2000 {
		mu.Lock()
		waiting = i + 1
		mu.Unlock()
		r.up.Changed(hall.SectionQueue, "no such section")
	}
	hub.until("the last state", func() bool { q := of(hall.SectionQueue); return q[len(q)-1].Queue.Waiting == 2000 })
	hub.set(func() {
		q := of(hall.SectionQueue)
		if most := int(time.Since(start)/fast().section) + 3; len(q) > most {
			t.Errorf("%d snapshots, at most %d", len(q), most)
		}
		for i := 1; i < len(q); i++ {
			if q[i].Version <= q[i-1].Version || q[i].Boot != 1 || q[i].Sent.IsZero() {
				t.Errorf("%+v", q[i])
			}
		}
	})
	hub.until("the pulse", func() bool { return len(of(hall.SectionGateway)) >= 3 })
	before := 0
	hub.set(func() { before = len(of(hall.SectionQueue)) })
	p.cut()
	hub.until("all sections again", func() bool { return len(of(hall.SectionQueue)) > before && len(hub.births) == 2 })
}

func TestWrongCredential(t *testing.T) {
	hub := newHub(t)
	r := newRig(t, hub, hub.addr, journal.Options{}, clock.Options{})
	r.up.opts.Credential = "wrong"
	r.run()
	eventually(t, "an error", func() bool { return r.up.Status().Error != "" })
	if s := fmt.Sprintf("%v %+v %#v", r.up.opts.Credential, r.up.opts, r.up.opts); strings.Contains(s, "wrong") {
		t.Fatal(s)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{{}, {Hall: "Not Valid"}, {Hall: "a"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v", o)
		}
	}
}

// After Run returned nothing of it is left, whatever became of the connections.
func TestNoGoroutineStays(t *testing.T) {
	hub := newHub(t)
	p := newHole(t, func() string { return hub.addr })
	before := runtime.NumGoroutine()
	for round := range 4 {
		r := newRig(t, hub, p.l.Addr().String(), journal.Options{}, clock.Options{})
		r.fill(10, 10)
		r.run()
		want := round + 1
		hub.until("a birth", func() bool { return len(hub.births) >= want })
		if round%2 == 1 {
			p.swallow()
		}
		r.stop()
		if err := r.j.Close(); err != nil {
			t.Fatal(err)
		}
		p.cut()
	}
	defer func() {
		if t.Failed() {
			buf := make([]byte, 1<<20)
			t.Logf("%s", buf[:runtime.Stack(buf, true)])
		}
	}()
	eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= before })
}
