package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

var day = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func temp(t testing.TB) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sub dir", "hub#1?.db")
	return open(t, path), path
}

func at(n uint64) time.Time { return day.Add(time.Duration(n) * time.Second) }

// ticketFact is fact n: a ticket printed n seconds into the day.
func ticketFact(n uint64) hall.Fact {
	return hall.Fact{Seq: n, Kind: hall.KindTicket, Device: "disp1", At: hall.Stamp{Wall: at(n), Boot: 3, Mono: time.Duration(n) * time.Second},
		Ticket: &hall.TicketIssued{Number: "A001", Category: "social", Text: "社保", Ahead: 4}, Raw: []byte("raw")}
}

// commitOf is facts first to last of a hall with a ticket each.
func commitOf(id hall.HallID, epoch, first, last uint64) HallCommit {
	c := HallCommit{Hall: id, Epoch: epoch, Seq: last}
	for n := first; n <= last; n++ {
		c.Facts = append(c.Facts, ticketFact(n))
		c.Changes.Tickets = append(c.Changes.Tickets, hall.Ticket{ID: hall.TicketID{Epoch: epoch, Seq: n}, Number: "A001",
			Category: "social", Day: "2026-03-02", Issued: at(n), Ahead: 4})
	}
	return c
}

func commit(t testing.TB, s *Store, list ...HallCommit) {
	t.Helper()
	if err := s.Commit(t.Context(), Commit{list}); err != nil {
		t.Fatal(err)
	}
}

func born(t testing.TB, s *Store, id hall.HallID, epoch uint64) {
	t.Helper()
	desc := hall.Hall{ID: id, Name: hall.Text{ZH: "青山镇"}, TimeZone: "Asia/Shanghai", Categories: []hall.Category{{ID: "social", Prefix: "A"}}}
	if err := s.SaveHall(t.Context(), HallRow{Desc: desc, Epoch: epoch, Version: "1"}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsCommittedIsThereAfterAReopen(t *testing.T) {
	s, path := temp(t)
	const epoch = 1<<63 + 7 // beyond a signed integer
	born(t, s, "qs", epoch)
	c := commitOf("qs", epoch, 1, 100)
	c.Changes.Ratings = []hall.RatingEntry{{Seq: 5, Device: "kp1", Window: "1", Level: 5, KeySeq: 9, At: at(5), Ticket: hall.TicketID{Epoch: epoch, Seq: 2}}}
	c.Changes.Punches = []hall.PunchEntry{{Seq: 6, Device: "att", Day: "2026-03-02", Receive: at(7),
		Punch: hall.Punch{Serial: "S", PIN: "12", DeviceTime: "2026-03-02 09:00:06", At: at(6), Skew: -3 * time.Second, Status: 1, Verify: 15}}}
	c.Changes.Passages = []hall.PassageEntry{{Seq: 8, Device: "beam", At: at(8), Passage: hall.Passage{Zone: "z", Direction: hall.Out}, Mark: hall.Corrected}}
	c.Poison = []wire.Poison{{Seq: 9, Reason: "bad"}}
	c.Lost = []Loss{{Hall: "qs", Lane: hall.Facts, Epoch: epoch, First: 1, Last: 4, Gap: hall.Gap{To: at(5)}}}
	commit(t, s, c)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	ctx := t.Context()
	if e, n, err := s.Position(ctx, "qs", hall.Facts); e != epoch || n != 100 || err != nil {
		t.Errorf("position %d/%d, %v", e, n, err)
	}
	tickets, err := s.Tickets(ctx, Query{Limit: 1000})
	if err != nil || len(tickets.Items) != 100 || tickets.Next != "" {
		t.Fatalf("%d tickets, next %q, %v", len(tickets.Items), tickets.Next, err)
	}
	if got := tickets.Items[1]; got.Hall != "qs" || got.Ticket != c.Changes.Tickets[1] {
		t.Errorf("ticket %+v", got)
	}
	ratings, err := s.Ratings(ctx, Query{})
	if err != nil || len(ratings.Items) != 1 || ratings.Items[0].RatingEntry != c.Changes.Ratings[0] || ratings.Items[0].Epoch != epoch {
		t.Errorf("ratings %+v, %v", ratings, err)
	}
	punches, err := s.Punches(ctx, Query{})
	if err != nil || len(punches.Items) != 1 || punches.Items[0].PunchEntry != c.Changes.Punches[0] {
		t.Errorf("punches %+v, %v", punches, err)
	}
	passages, err := s.Passages(ctx, Query{})
	if err != nil || len(passages.Items) != 1 || passages.Items[0].PassageEntry != c.Changes.Passages[0] {
		t.Errorf("passages %+v, %v", passages, err)
	}
	losses, err := s.Losses(ctx, "qs")
	if err != nil || len(losses) != 1 || losses[0].Last != 4 {
		t.Errorf("losses %+v, %v", losses, err)
	}
	poison, err := s.Poison(ctx, 10)
	if err != nil || len(poison) != 1 || poison[0].Seq != 9 || poison[0].Epoch != epoch {
		t.Errorf("poison %+v, %v", poison, err)
	}
}

func TestFactsComeBackAsTheyWere(t *testing.T) {
	s, _ := temp(t)
	gap := hall.Fact{Seq: 3, Kind: hall.KindGap, At: hall.Stamp{Wall: at(3)}, Gap: &hall.Gap{From: at(1), To: at(2), Reason: ReasonLost}}
	commit(t, s, HallCommit{Hall: "qs", Epoch: 1, Seq: 3, Facts: []hall.Fact{ticketFact(1), ticketFact(2), gap}})
	page, err := s.Facts(t.Context(), Query{}, nil)
	if err != nil || len(page.Items) != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	got, want := page.Items[0].Fact, ticketFact(1)
	if got.Seq != 1 || got.At != want.At || *got.Ticket != *want.Ticket || string(got.Raw) != "raw" {
		t.Errorf("fact %+v", got)
	}
	for name, ask := range map[string]func() (Page[FactRow], error){
		"gaps": func() (Page[FactRow], error) { return s.Gaps(t.Context(), Query{}) },
		"kinds": func() (Page[FactRow], error) {
			return s.Facts(t.Context(), Query{}, []hall.FactKind{hall.KindGap, hall.KindClock})
		},
	} {
		page, err := ask()
		if err != nil || len(page.Items) != 1 || *page.Items[0].Gap != *gap.Gap {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
	if page, err := s.Facts(t.Context(), Query{}, []hall.FactKind{}); err != nil || len(page.Items) != 0 {
		t.Errorf("no kinds: %+v, %v", page, err)
	}
}

func TestPagesGiveEveryRowOnceInOrder(t *testing.T) {
	s, _ := temp(t)
	total := 0
	for i, id := range []hall.HallID{"a", "b", "c", "d"} {
		for epoch := uint64(1); epoch <= 2; epoch++ { // the same instants in every journal
			n := uint64(10 + 5*i)
			commit(t, s, commitOf(id, epoch, 1, n))
			total += int(n)
		}
	}
	for _, limit := range []int{1, 3, 7, 1000} {
		seen := map[string]bool{}
		last := time.Time{}
		q := Query{Limit: limit}
		for {
			p, err := s.Tickets(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Items {
				key := string(r.Hall) + fmt.Sprint(r.ID)
				if seen[key] || r.Issued.Before(last) {
					t.Fatalf("limit %d: %s again or out of order", limit, key)
				}
				seen[key], last = true, r.Issued
			}
			if q.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		if len(seen) != total {
			t.Errorf("limit %d: %d rows of %d", limit, len(seen), total)
		}
	}
}

func TestQueriesKeepToTheirBounds(t *testing.T) {
	s, _ := temp(t)
	commit(t, s, commitOf("a", 1, 1, 20), commitOf("b", 1, 1, 20))
	for _, c := range []struct {
		name string
		q    Query
		want int
	}{
		{"all", Query{}, 40},
		{"one hall", Query{Halls: []hall.HallID{"a"}}, 20},
		{"no hall", Query{Halls: []hall.HallID{}}, 0},
		{"unknown hall", Query{Halls: []hall.HallID{"z"}}, 0},
		{"from included, to not", Query{From: at(5), To: at(8)}, 6},
		{"nothing", Query{From: at(8), To: at(8)}, 0},
	} {
		p, err := s.Tickets(t.Context(), c.q)
		if err != nil || len(p.Items) != c.want {
			t.Errorf("%s: %d rows, %v; want %d", c.name, len(p.Items), err, c.want)
		}
	}
	for _, cursor := range []string{"!", "AAAAAA", "AA", "AgICAgICAgICAgICAgIC"} {
		if _, err := s.Tickets(t.Context(), Query{Cursor: cursor}); !errors.Is(err, ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestACommitIsAllOrNothing(t *testing.T) {
	s, _ := temp(t)
	born(t, s, "a", 1)
	commit(t, s, commitOf("a", 1, 1, 5))
	failing := commitOf("a", 1, 6, 10)
	if err := s.SetQuota(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	huge := commitOf("b", 9, 1, 3000)
	if err := s.Commit(t.Context(), Commit{[]HallCommit{failing, huge}}); !errors.Is(err, ErrFull) {
		t.Fatalf("full disk: %v", err)
	}
	if _, n, err := s.Position(t.Context(), "a", hall.Facts); n != 5 || err != nil {
		t.Errorf("position %d, %v", n, err)
	}
	if p, err := s.Tickets(t.Context(), Query{}); err != nil || len(p.Items) != 5 {
		t.Errorf("%d tickets, %v", len(p.Items), err)
	}
	if err := s.SetQuota(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	commit(t, s, failing, huge) // room again: it works again
	if p, err := s.Tickets(t.Context(), Query{Halls: []hall.HallID{"a"}}); err != nil || len(p.Items) != 10 {
		t.Errorf("%d tickets, %v", len(p.Items), err)
	}
}

func TestTheSameCommitTwiceIsOne(t *testing.T) {
	s, _ := temp(t)
	born(t, s, "a", 1)
	commit(t, s, commitOf("a", 1, 1, 50))
	again := commitOf("a", 1, 1, 50)
	again.Changes.Tickets[0].Outcome = hall.OutcomeServed
	again.Seq = 10 // a position never goes back
	commit(t, s, again)
	p, err := s.Tickets(t.Context(), Query{Limit: 1000})
	if err != nil || len(p.Items) != 50 || p.Items[0].Outcome != hall.OutcomeServed {
		t.Errorf("%d tickets, %v", len(p.Items), err)
	}
	if _, n, err := s.Position(t.Context(), "a", hall.Facts); n != 50 || err != nil {
		t.Errorf("position %d, %v", n, err)
	}
}

func TestEpochsOfAHall(t *testing.T) {
	s, _ := temp(t)
	ctx := t.Context()
	born(t, s, "a", 900)
	commit(t, s, commitOf("a", 900, 1, 10))
	born(t, s, "a", 17) // a replacement; random epochs have no order
	c := commitOf("a", 17, 1, 5)
	c.Changes.Tickets = append(c.Changes.Tickets, hall.Ticket{ID: hall.TicketID{Epoch: 900, Seq: 3}, Issued: at(3), Outcome: hall.OutcomeCalled})
	commit(t, s, c)
	if e, n, err := s.Position(ctx, "a", hall.Facts); e != 17 || n != 5 || err != nil {
		t.Errorf("position %d/%d, %v", e, n, err)
	}
	if n, err := s.PositionOf(ctx, "a", hall.Facts, 900); n != 10 || err != nil {
		t.Errorf("position of the old one %d, %v", n, err)
	}
	epoch, seq, ok, err := s.DayStart(ctx, "a", at(8))
	if epoch != 900 || seq != 8 || !ok || err != nil {
		t.Errorf("day start %d/%d %v %v", epoch, seq, ok, err)
	}
	var got []uint64
	err = s.FactsSince(ctx, "a", epoch, seq, func(e uint64, f hall.Fact) error { got = append(got, e, f.Seq); return nil })
	if want := []uint64{900, 8, 900, 9, 900, 10, 17, 1, 17, 2, 17, 3, 17, 4, 17, 5}; err != nil || len(got) != len(want) || got[0] != 900 || got[6] != 17 {
		t.Errorf("facts %v, %v", got, err)
	}
	if last, ok, err := s.LatestFact(ctx, "a"); !last.Equal(at(10)) || !ok || err != nil {
		t.Errorf("latest %v %v %v", last, ok, err)
	}
	if _, ok, err := s.LatestFact(ctx, "nobody"); ok || err != nil {
		t.Errorf("latest of nobody %v %v", ok, err)
	}
	halls, err := s.Halls(ctx)
	if err != nil || len(halls) != 1 || halls[0].Epoch != 17 || halls[0].Desc.Name.ZH != "青山镇" {
		t.Errorf("halls %+v, %v", halls, err)
	}
}

func TestANewerFileIsRefused(t *testing.T) {
	s, path := temp(t)
	list, err := readMigrations(migrations)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.apply(t.Context(), append(list, migration{len(list) + 1, "CREATE TABLE later (x)"})); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("open: %v", err)
	}
}

func TestAFailedMigrationLeavesTheFileAsItWas(t *testing.T) {
	s, _ := temp(t)
	list, err := readMigrations(migrations)
	if err != nil {
		t.Fatal(err)
	}
	err = s.apply(t.Context(), append(list, migration{len(list) + 1, "CREATE TABLE half (x); CREATE NONSENSE"}))
	if err == nil {
		t.Fatal("nonsense was accepted")
	}
	var n int
	if err := s.read.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").Scan(&n); n != 0 || err != nil {
		t.Errorf("%d tables, %v", n, err)
	}
	born(t, s, "a", 1)
}

func TestPositionsOfReadings(t *testing.T) {
	s, _ := temp(t)
	born(t, s, "a", 1)
	err := s.CommitPositions(t.Context(), []Position{{"a", hall.Readings, 1, 70}, {"b", hall.Readings, 4, 9}})
	if err != nil {
		t.Fatal(err)
	}
	if e, n, err := s.Position(t.Context(), "a", hall.Readings); e != 1 || n != 70 || err != nil {
		t.Errorf("position %d/%d, %v", e, n, err)
	}
	if e, n, err := s.Position(t.Context(), "nobody", hall.Readings); e != 0 || n != 0 || err != nil {
		t.Errorf("position %d/%d, %v", e, n, err)
	}
}

func TestWaitingToWriteEndsWithTheContext(t *testing.T) {
	s, _ := temp(t)
	<-s.write.turn
	defer func() { s.write.turn <- struct{}{} }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Commit(ctx, Commit{}); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: %v", err)
	}
}
