package ingest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/store"
)

func TestABirthIsAnsweredWithThePositions(t *testing.T) {
	c := newCounty(t)
	f, r := c.birth("a", 5)
	if f.Seq != 0 || f.Epoch != 5 || r.Seq != 0 || f.Time.IsZero() {
		t.Errorf("%+v %+v", f, r)
	}
	c.send("a", factBatch(t, 5, 1, 40, 1))
	c.awaitSeq(hall.Facts, 40)
	if f, _ = c.birth("a", 5); f.Seq != 40 {
		t.Errorf("%+v", f)
	}
	c.restart()
	if f, _ = c.birth("a", 5); f.Seq != 40 {
		t.Errorf("after a restart: %+v", f)
	}
	c.in.Birth("b", wire.Birth{Hall: desc("a"), Epoch: 1})
	if c.in.Stats().Foreign != 1 {
		t.Error("a hall was born under another's name")
	}
	halls, err := c.store.Halls(t.Context())
	if err != nil || len(halls) != 1 || halls[0].Epoch != 5 {
		t.Errorf("%+v, %v", halls, err)
	}
}

func TestDuplicatesAndOverlapsAreStoredOnce(t *testing.T) {
	c := newCounty(t)
	c.birth("a", 5)
	for _, b := range [][2]uint64{{1, 10}, {1, 10}, {5, 15}, {12, 13}, {11, 20}, {20, 21}} {
		c.send("a", factBatch(t, 5, b[0], b[1], 1))
	}
	c.awaitSeq(hall.Facts, 21)
	c.wantFacts("a", 1, 21)
	c.send("a", factBatch(t, 5, 3, 4, 1)) // an ack was lost: the hall must hear it again
	c.awaitSeq(hall.Facts, 21)
	if s := c.in.Stats().Facts; s.Records != 21 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

func TestABatchFromBeyondIsAskedForAgain(t *testing.T) {
	c := newCounty(t)
	c.birth("a", 5)
	c.send("a", factBatch(t, 5, 1, 10, 1))
	c.send("a", factBatch(t, 5, 21, 30, 1)) // 11 to 20 did not come
	c.send("a", factBatch(t, 5, 31, 40, 1))
	a := c.await("resend", func(a told) bool { return a.Resend })
	if a.Seq != 10 || a.Lane != hall.Facts {
		t.Errorf("%+v", a)
	}
	c.send("a", factBatch(t, 5, 11, 40, 1))
	c.awaitSeq(hall.Facts, 40)
	c.wantFacts("a", 1, 40)
	if s := c.in.Stats().Facts; s.Resends != 1 {
		t.Errorf("%d resends", s.Resends)
	}
}

func TestWhatNobodyHoldsAnyMoreIsAGap(t *testing.T) {
	c := newCounty(t)
	c.birth("a", 5)
	c.send("a", factBatch(t, 5, 1, 10, 1))
	c.send("a", factBatch(t, 5, 21, 30, 21))
	c.awaitSeq(hall.Facts, 30)
	gaps, err := c.store.Gaps(t.Context(), store.Query{})
	if err != nil || len(gaps.Items) != 1 {
		t.Fatalf("%+v, %v", gaps, err)
	}
	g := gaps.Items[0]
	if g.Seq != 11 || g.Gap.Reason != store.ReasonLost || !g.Gap.From.Equal(fact(10).At.Wall) || !g.Gap.To.Equal(fact(21).At.Wall) {
		t.Errorf("%+v %+v", g, g.Gap)
	}
	losses, err := c.store.Losses(t.Context(), "a")
	if err != nil || len(losses) != 1 || losses[0].First != 11 || losses[0].Last != 20 {
		t.Errorf("%+v, %v", losses, err)
	}
	if !c.in.Receive("a", hall.Readings, readingBatch(t, 5, 101, 110, 101)) {
		t.Fatal("not accepted")
	}
	c.awaitSeq(hall.Readings, 110)
	losses, err = c.store.Losses(t.Context(), "a")
	if err != nil || len(losses) != 2 || losses[1].Lane != hall.Readings || losses[1].Last != 100 {
		t.Errorf("%+v, %v", losses, err)
	}
}

func TestAReplacementStartsANewJournal(t *testing.T) {
	c := newCounty(t)
	c.birth("a", 5)
	c.send("a", factBatch(t, 5, 1, 4, 1)) // number 1 is printed (fact 4)
	c.awaitSeq(hall.Facts, 4)
	f, _ := c.birth("a", 3)
	if f.Seq != 0 || f.Epoch != 3 {
		t.Errorf("%+v", f)
	}
	c.send("a", factBatch(t, 5, 5, 8, 1)) // the old gateway's last words
	call := wire.FactBatch{Epoch: 3, First: 1, Oldest: 1, Facts: []hall.Fact{fact(5)}}
	call.Facts[0].Seq = 1
	data, err := wire.EncodeFactBatch(call)
	if err != nil {
		t.Fatal(err)
	}
	c.send("a", data)
	c.awaitSeq(hall.Facts, 1)
	if n := c.in.Stats().Stale; n != 1 {
		t.Errorf("%d stale batches", n)
	}
	tickets, err := c.store.Tickets(t.Context(), store.Query{})
	if err != nil || len(tickets.Items) < 1 {
		t.Fatalf("%+v, %v", tickets, err)
	}
	last := tickets.Items[len(tickets.Items)-1]
	if last.Number != "A001" || last.ID != (hall.TicketID{Epoch: 5, Seq: 4}) || last.Outcome != hall.OutcomeCalled {
		t.Errorf("the call did not find the ticket of the journal before: %+v", last)
	}
	if f, _ = c.birth("a", 5); f.Seq != 4 || f.Epoch != 5 {
		t.Errorf("the first gateway comes back: %+v", f)
	}
	c.send("a", factBatch(t, 5, 5, 8, 1))
	c.awaitSeq(hall.Facts, 8)
}

func TestNothingIsTakenBeforeTheBirth(t *testing.T) {
	c := newCounty(t)
	c.send("a", factBatch(t, 5, 1, 4, 1))
	c.birth("a", 5)
	c.send("a", factBatch(t, 5, 1, 4, 1))
	c.awaitSeq(hall.Facts, 4)
	c.wantFacts("a", 1, 4)
}

// tickets gives every ticket of the county.
func (c *county) tickets() []store.TicketRow {
	c.t.Helper()
	p, err := c.store.Tickets(context.Background(), store.Query{Limit: 1000})
	if err != nil || p.Next != "" {
		c.t.Fatal(p.Next, err)
	}
	return p.Items
}

func TestARestartMeansTheSameAsNone(t *testing.T) {
	const last = 400
	var want []store.TicketRow
	for _, every := range []uint64{last, 1, 7, 50} {
		c := newCounty(t)
		c.birth("a", 5)
		for first := uint64(1); first <= last; first += every {
			end := min(first+every-1, last)
			c.send("a", factBatch(t, 5, first, end, 1))
			c.awaitSeq(hall.Facts, end)
			if every > 1 {
				c.restart() // the ack may not have reached the hall
				c.birth("a", 5)
				c.send("a", factBatch(t, 5, first, end, 1))
				c.awaitSeq(hall.Facts, end)
			}
		}
		c.wantFacts("a", 1, last)
		got := c.tickets()
		if every == last {
			want = got
			if len(want) < last/4 {
				t.Fatalf("%d tickets", len(want))
			}
			continue
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("restarts every %d facts changed what the facts mean", every)
		}
	}
}

func TestADiskThatFillsUp(t *testing.T) {
	c := newCounty(t)
	c.birth("a", 5)
	c.send("a", factBatch(t, 5, 1, 100, 1))
	c.awaitSeq(hall.Facts, 100)
	if err := c.store.SetQuota(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	c.send("a", factBatch(t, 5, 101, 3000, 1))
	a := c.await("a resend after the failure", func(a told) bool { return a.Resend })
	if a.Seq != 100 || !errors.Is(c.in.Health(), store.ErrFull) {
		t.Errorf("%+v, health %v", a, c.in.Health())
	}
	c.wantFacts("a", 1, 100)
	if err := c.store.SetQuota(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	c.send("a", factBatch(t, 5, 101, 3000, 1))
	c.awaitSeq(hall.Facts, 3000)
	c.wantFacts("a", 1, 3000)
	if err := c.in.Health(); err != nil {
		t.Error(err)
	}
	full := newCounty(t) // the same without a full disk
	full.birth("a", 5)
	full.send("a", factBatch(t, 5, 1, 3000, 1))
	full.awaitSeq(hall.Facts, 3000)
	if fmt.Sprint(full.tickets()) != fmt.Sprint(c.tickets()) {
		t.Error("the failed commit changed what the facts mean")
	}
}

func TestADeadEngineOfReadingsDoesNotStopFacts(t *testing.T) {
	c := newCounty(t)
	c.birth("a", 5)
	c.engine.fail(errors.New("engine is gone"))
	if !c.in.Receive("a", hall.Readings, readingBatch(t, 5, 1, 50, 1)) {
		t.Fatal("not accepted")
	}
	for n := uint64(1); n <= 5; n++ {
		c.send("a", factBatch(t, 5, n, n, 1))
		c.awaitSeq(hall.Facts, n)
	}
	a := c.await("resend of readings", func(a told) bool { return a.Lane == hall.Readings })
	if !a.Resend || a.Seq != 0 || c.in.Health() == nil {
		t.Errorf("%+v, health %v", a, c.in.Health())
	}
	c.engine.fail(nil)
	if !c.in.Receive("a", hall.Readings, readingBatch(t, 5, 1, 50, 1)) {
		t.Fatal("not accepted")
	}
	c.awaitSeq(hall.Readings, 50)
	if n := c.engine.size(); n != 50 {
		t.Errorf("%d readings", n)
	}
}

func TestABatchThatCannotBeReadIsKeptAndNotAcknowledged(t *testing.T) {
	c := newCounty(t)
	c.birth("a", 5)
	c.birth("b", 6)
	c.send("a", []byte("nonsense"))
	a := c.await("answer", func(a told) bool { return a.hall == "a" })
	if !a.Resend || a.Seq != 0 || a.Pause == 0 {
		t.Errorf("%+v", a)
	}
	c.send("b", factBatch(t, 6, 1, 3, 1)) // other halls go on
	c.awaitSeq(hall.Facts, 3)
	poison, err := c.store.Poison(t.Context(), 10)
	if err != nil || len(poison) != 1 || poison[0].Hall != "a" || string(poison[0].Raw) != "nonsense" || poison[0].Reason == "" {
		t.Errorf("%+v, %v", poison, err)
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	q := newQueue()
	n := 0
	for q.put("a", []byte("x")) {
		n++
	}
	if n != maxWaiting || !q.put("b", []byte("y")) {
		t.Errorf("%d batches of a hall", n)
	}
	list := q.take(t.Context())
	if len(list) != maxWaiting+1 || list[0].hall != "a" || list[turnBatches].hall != "b" || q.size() != 0 {
		t.Errorf("%d batches, %d bytes left", len(list), q.size())
	}
	for i := 0; q.put(hall.HallID(fmt.Sprint("h", i)), make([]byte, 1<<20)); i++ {
		n = i + 1
	}
	if q.size() > maxBytes || n != maxBytes>>20 {
		t.Errorf("%d bytes of %d halls", q.size(), n)
	}
	if got := q.forget(); got != n || q.size() != 0 {
		t.Errorf("forgot %d", got)
	}
}

func TestAClockThatIsNotRightIsNotTold(t *testing.T) {
	c := &county{t: t, path: filepath.Join(t.TempDir(), "hub.db"), engine: &engine{held: map[string]float64{}}, acks: &acks{make(chan told, 100)}}
	c.now = func() time.Time { return time.Unix(1000, 0) }
	c.start()
	defer c.stop()
	if f, _ := c.birth("a", 1); !f.Time.IsZero() {
		t.Errorf("%+v", f)
	}
}
