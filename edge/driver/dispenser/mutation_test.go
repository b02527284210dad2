package dispenser

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

// counter is a sink that keeps nothing.
type counter struct{ refused int }

func (*counter) Fact(context.Context, hall.Fact) error          { return nil }
func (*counter) Later(context.Context, hall.Fact, func()) error { return nil }
func (*counter) Reading(hall.Metric, string, float64)           {}
func (*counter) Opened()                                        {}
func (*counter) Seen()                                          {}
func (*counter) Degraded(bool, hall.Reason)                     {}
func (*counter) Healthy()                                       {}
func (c *counter) Refused(string, []byte)                       { c.refused++ }

const golden = "\x1B\x40\x1C\x26\x1B\x61\x01\x1D\x21\x33A012\x0A\x1D\x21\x00\xD7\xDB\xBA\xCF\xD2\xB5\xCE\xF1\x0A\x10\x04\x04" +
	"\x1D\x28\x6B\x04\x00\x31\x41\x32\x00\x1D\x76\x30\x00\x01\x00\x02\x00xx\x1B\x64\x03\x1D\x56\x42\x00"

// Damaged jobs: whatever they hold, the next job after a pause is read, and nothing of them is kept.
func TestMutations(t *testing.T) {
	rounds := 100_000
	if testing.Short() {
		rounds = 10_000
	}
	rnd := rand.New(rand.NewPCG(3, 5))
	out := &counter{}
	r := &service{tickets: &reader{layout: escpos.DefaultLayout()}, out: out, cuts: &atomic.Bool{}, waiting: make(chan waiting, 8)}
	tap := newTap(r, &link{})
	end := uint64(0)
	feed := func(p []byte) {
		end += uint64(len(p))
		tap.take(chunk{data: p, end: end, gap: rnd.IntN(1000) == 0})
	}
	for i := range rounds {
		bad := []byte(golden)
		for range 1 + rnd.IntN(4) {
			switch at := rnd.IntN(len(bad)); rnd.IntN(3) {
			case 0:
				bad[at] ^= 1 << rnd.IntN(8)
			case 1:
				bad[at] = byte(rnd.Uint32())
			default:
				bad = bad[:at+1]
			}
		}
		feed(bad)
		tap.flush("the job did not go on")
		for len(r.waiting) > 0 {
			<-r.waiting
		}
		tap.take(chunk{data: []byte(golden), end: end})
		if len(r.waiting) != 1 {
			t.Fatalf("round %d: %d tickets after % X", i, len(r.waiting), bad)
		}
		if w := <-r.waiting; w.fact.Ticket.Number != "A012" || tap.open.Load() {
			t.Fatalf("round %d: %+v after % X", i, w.fact.Ticket, bad)
		}
	}
	if out.refused == 0 {
		t.Error("nothing was refused")
	}
}

// What a printer says is the queue machine's, but for as many status bytes as were asked for.
func TestHeard(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 6))
	for range 10_000 {
		l := &link{}
		ours := 0
		answers := make(chan byte, maxOwed)
		for range rnd.IntN(6) {
			if rnd.IntN(2) == 0 {
				l.owe(query{kind: escpos.StatusPaper})
				continue
			}
			l.owe(query{kind: escpos.StatusPaper, answer: answers})
			ours++
		}
		said := make([]byte, rnd.IntN(20))
		for i := range said {
			if said[i] = byte(rnd.Uint32()); rnd.IntN(3) == 0 {
				said[i] = said[i]&0x6C | 0x12
			}
		}
		rest, _ := l.heard(bytes.Clone(said))
		if len(rest)+len(answers) != len(said) || len(answers) > ours {
			t.Fatalf("% X: % X for the machine, %d answers of %d", said, rest, len(answers), ours)
		}
		if ours == 0 && !bytes.Equal(rest, said) {
			t.Fatalf("% X became % X", said, rest)
		}
	}
	l := &link{}
	for range 10 * maxOwed {
		l.owe(query{})
	}
	if len(l.owed) != maxOwed {
		t.Errorf("%d questions are remembered", len(l.owed))
	}
}
