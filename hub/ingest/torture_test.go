package ingest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/store"
)

// flaky is a store whose commits fail now and then: before they are made, or after, as when the power goes between the
// commit and its answer.
type flaky struct {
	Store
	rng    *rand.Rand
	failed atomic.Int64
}

var errFlaky = errors.New("injected")

func (f *flaky) Commit(ctx context.Context, c store.Commit) error {
	switch f.rng.IntN(8) {
	case 0:
		f.failed.Add(1)
		return errFlaky
	case 1:
		f.failed.Add(1)
		return errors.Join(f.Store.Commit(ctx, c), errFlaky)
	}
	return f.Store.Commit(ctx, c)
}

// gateway sends the facts of a hall over a link that loses, repeats and delays batches, and does what an uplink does with
// acks.
type gateway struct {
	id    hall.HallID
	epoch uint64
	last  uint64 // of the journal
	acked uint64
	next  uint64
	held  [][]byte // delayed
}

func (g *gateway) hear(a wire.Ack) {
	if a.Lane != hall.Facts || a.Epoch != g.epoch {
		return
	}
	g.acked = max(g.acked, a.Seq)
	if a.Resend || a.Hello {
		g.next = a.Seq + 1
	}
}

func (g *gateway) send(t *testing.T, in *Ingest, rng *rand.Rand) {
	if g.next > g.last {
		g.next = g.acked + 1 // waited long enough: the ack was lost
		if g.next > g.last {
			return
		}
	}
	end := min(g.last, g.next+uint64(rng.IntN(60)))
	payload := factBatch(t, g.epoch, g.next, end, 1)
	g.next = end + 1
	switch rng.IntN(10) {
	case 0: // lost
	case 1: // delayed
		g.held = append(g.held, payload)
	case 2: // twice
		in.Receive(g.id, hall.Facts, payload)
		in.Receive(g.id, hall.Facts, payload)
	default:
		in.Receive(g.id, hall.Facts, payload)
	}
	if len(g.held) > 0 && rng.IntN(3) == 0 {
		in.Receive(g.id, hall.Facts, g.held[0])
		g.held = g.held[1:]
	}
}

func TestNothingIsLostAndNothingIsTwice(t *testing.T) {
	const last, halls = 1200, 3
	rng := rand.New(rand.NewPCG(1, 2))
	c := newCounty(t)
	c.stop()
	var f *flaky
	c.wrap = func(s Store) Store { f = &flaky{Store: s, rng: rand.New(rand.NewPCG(3, rng.Uint64()))}; return f }
	c.start()
	gateways := map[hall.HallID]*gateway{}
	for i := range halls {
		g := &gateway{id: hall.HallID(fmt.Sprint("h", i)), epoch: uint64(i + 1), last: last, next: 1}
		gateways[g.id] = g
		c.birth(g.id, g.epoch)
	}
	deadline := time.Now().Add(patience)
	failed, restarts := int64(0), 0
	for done := 0; done < halls; {
		if time.Now().After(deadline) {
			t.Fatalf("not done: %+v", c.in.Stats())
		}
		done = 0
		for _, g := range gateways {
			if g.acked >= g.last {
				done++
			}
			g.send(t, c.in, rng)
		}
		select {
		case a := <-c.acks.ch:
			if rng.IntN(10) > 0 { // acks are lost, too
				gateways[a.hall].hear(a.Ack)
			}
		case <-time.After(2 * time.Millisecond): // a gateway's patience, not a wait for a result
		}
		if rng.IntN(150) == 0 && restarts < 6 {
			restarts++
			failed += f.failed.Load()
			c.restart()
			for _, g := range gateways {
				facts, _ := c.birth(g.id, g.epoch)
				if facts.Seq < g.acked {
					t.Fatalf("%s: %d was acknowledged, %d is stored", g.id, g.acked, facts.Seq)
				}
				g.hear(facts.Ack)
			}
		}
	}
	calm := newCounty(t)
	for id, g := range gateways {
		c.wantFacts(id, 1, last)
		calm.birth(id, g.epoch)
		calm.send(id, factBatch(t, g.epoch, 1, last, 1))
		calm.awaitSeq(hall.Facts, last)
	}
	for id := range gateways {
		q := store.Query{Halls: []hall.HallID{id}, Limit: 1000}
		got, err := c.store.Tickets(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		want, err := calm.store.Tickets(t.Context(), q)
		if err != nil || fmt.Sprint(got.Items) != fmt.Sprint(want.Items) {
			t.Errorf("%s: %d tickets, %d without faults (%v); the faults changed what facts mean", id, len(got.Items), len(want.Items), err)
		}
	}
	t.Logf("%d failed commits, %d restarts, %+v", failed+f.failed.Load(), restarts, c.in.Stats().Facts)
}

// answerless commits, and then says that it failed: once.
type answerless struct {
	Store
	once atomic.Bool
}

func (a *answerless) Commit(ctx context.Context, c store.Commit) error {
	err := a.Store.Commit(ctx, c)
	if a.once.CompareAndSwap(false, true) {
		return errors.Join(err, errFlaky)
	}
	return err
}

func TestACommitWhoseAnswerIsLostIsFoldedOnce(t *testing.T) {
	c := newCounty(t)
	c.stop()
	c.wrap = func(s Store) Store { return &answerless{Store: s} }
	c.start()
	c.birth("a", 1)
	c.send("a", factBatch(t, 1, 1, 9, 1)) // 4 prints a ticket, 5 calls it, 9 calls the next
	c.await("resend", func(a told) bool { return a.Resend })
	c.send("a", factBatch(t, 1, 1, 9, 1))
	c.awaitSeq(hall.Facts, 9)
	c.wantFacts("a", 1, 9)
	for _, ticket := range c.tickets() {
		if ticket.Calls > 1 {
			t.Errorf("one call was folded %d times: %+v", ticket.Calls, ticket)
		}
	}
}
