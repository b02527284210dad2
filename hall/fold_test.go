package hall

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// tale tells a book what happens, minute by minute.
type tale struct {
	*Book
	t   *testing.T
	seq uint64
	at  time.Time
}

func shanghai(t testing.TB) *time.Location {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func desc() Hall {
	return Hall{
		ID: "jiangkou", TimeZone: "Asia/Shanghai",
		Categories: []Category{{ID: "social", Prefix: "A"}, {ID: "land", Prefix: "B"}},
		Windows:    []Window{{ID: "1"}, {ID: "2"}},
		Zones:      []Zone{{ID: "hall"}, {ID: "office"}},
		Devices:    []Device{{ID: "beam", Family: Occupancy, Zone: "hall"}, {ID: "k1", Family: Keypad}},
	}
}

func begin(t *testing.T) *tale {
	return &tale{Book: NewBook(desc(), 7), t: t, at: time.Date(2026, 11, 23, 8, 30, 0, 0, shanghai(t))}
}

func (s *tale) minutes(n int) *tale { s.at = s.at.Add(time.Duration(n) * time.Minute); return s }

func (s *tale) tell(f Fact) Changes {
	s.seq++
	f.Seq, f.At.Wall = s.seq, s.at
	return s.Apply(f)
}

func (s *tale) ticket(n string) Changes {
	return s.tell(Fact{Kind: KindTicket, Ticket: &TicketIssued{Number: n}})
}
func (s *tale) call(n string, w WindowID) Changes {
	return s.tell(Fact{Kind: KindCall, Call: &Call{Number: n, Window: w}})
}
func (s *tale) invite(w WindowID) Changes {
	return s.tell(Fact{Kind: KindInvite, Invite: &Invite{Window: w}})
}
func (s *tale) rate(w WindowID, level int, key uint32) Changes {
	return s.tell(Fact{Kind: KindRating, Device: "k1", Rating: &Rating{Window: w, Level: level, Seq: key}})
}
func (s *tale) pass(d Direction) Changes {
	return s.tell(Fact{Kind: KindPassage, Device: "beam", Passage: &Passage{Zone: "hall", Direction: d}})
}
func (s *tale) punch(pin StaffNo, at time.Time, status int) Changes {
	return s.tell(Fact{Kind: KindPunch, Device: "zk", Punch: &Punch{Serial: "Z", PIN: pin, DeviceTime: at.Format(time.DateTime), At: at, Status: status}})
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestEmptyQueue(t *testing.T) {
	s := begin(t)
	q := s.State(s.at).Queue
	want(t, "waiting", q.Waiting, 0)
	want(t, "nobody waits longest", q.Oldest.IsZero(), true)
	want(t, "day", q.Day, "2026-11-23")
	want(t, "categories", len(q.Categories), 2)
}

func TestOneVisit(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.minutes(3).ticket("B001")
	q := s.State(s.at).Queue
	want(t, "waiting", q.Waiting, 2)
	want(t, "category by prefix", q.Categories[1], CategoryQueue{ID: "land", Waiting: 1, Oldest: s.at, Issued: 1})
	s.minutes(2).call("A001", "1")
	q = s.State(s.at).Queue
	want(t, "waiting after the call", q.Waiting, 1)
	want(t, "wait", q.WaitMax, 5*time.Minute)
	want(t, "serving", q.Windows[0].Serving, "A001")
	want(t, "open", []bool{q.Windows[0].Open, q.Windows[1].Open}, []bool{true, false})
	s.minutes(4).invite("1")
	c := s.rate("1", 4, 1)
	want(t, "rated ticket", c.Ratings[0].Ticket, TicketID{7, 1})
	want(t, "served", s.State(s.at).Queue.Served, 1)
	want(t, "window free", s.State(s.at).Queue.Windows[0].Serving, "")
	want(t, "good", s.State(s.at).Ratings.Good(), 1)
	want(t, "second rating of one service", len(s.rate("1", 5, 2).Ratings), 0)
	want(t, "an old window is closed", s.State(s.at.Add(WindowIdle)).Queue.Windows[0].Open, false)
}

// TestInviteToldTwice: a window's PC that repeats its invitation does not take the rating away from its service.
func TestInviteToldTwice(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.minutes(1).call("A001", "1")
	s.minutes(2)
	for range 3 {
		s.tell(Fact{Kind: KindInvite, Device: "keypad", Invite: &Invite{Number: "A001", Window: "1"}})
	}
	want(t, "rated ticket", s.rate("1", 5, 1).Ratings[0].Ticket, TicketID{7, 1})
}

// TestWrappedNumber: A001 printed twice in a day is two visits, and a call answers the older one first.
func TestWrappedNumber(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.minutes(1).call("A001", "1")
	s.minutes(60).ticket("A001")
	want(t, "waiting again", s.State(s.at).Queue.Waiting, 1)
	s.ticket("A001")
	want(t, "two of one number", s.State(s.at).Queue.Waiting, 2)
	c := s.minutes(1).call("A001", "2")
	want(t, "the older is called", c.Tickets[len(c.Tickets)-1].ID, TicketID{7, 3})
	want(t, "one still waits", s.State(s.at).Queue.Waiting, 1)
}

func TestMidnight(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.ticket("A002")
	s.call("A001", "1")
	s.pass(In)
	s.rate("1", 5, 1)
	next := time.Date(2026, 11, 24, 0, 0, 1, 0, shanghai(t))
	quiet := s.State(next)
	want(t, "a quiet hall after midnight", []int{quiet.Queue.Waiting, quiet.Zones.Total, quiet.Ratings.Total()}, []int{0, 0, 0})
	want(t, "its day", quiet.Queue.Day, "2026-11-24")
	want(t, "the book did not change", s.State(s.at).Queue.Waiting, 1)
	s.at = next
	c := s.ticket("A001")
	want(t, "expired and new", []Outcome{c.Tickets[0].Outcome, c.Tickets[1].Outcome}, []Outcome{OutcomeExpired, OutcomeWaiting})
	want(t, "new day", s.State(s.at).Queue.Issued, 1)
	s.at = s.at.Add(-time.Hour)
	s.ticket("A002")
	want(t, "a clock that went back empties nothing", s.State(next).Queue.Issued, 2)
}

func TestNextCallEndsService(t *testing.T) {
	s := begin(t)
	for _, n := range []string{"A001", "A002", "A003"} {
		s.ticket(n)
	}
	s.call("A001", "1")
	s.minutes(5).call("A002", "1")
	want(t, "served by the next call", s.State(s.at).Queue.Served, 1)
	s.call("A001", "2")
	want(t, "called again: not served yet", s.State(s.at).Queue.Served, 0)
	s.call("A003", "2")
	want(t, "served", s.State(s.at).Queue.Served, 1)
}

func TestNoShow(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.ticket("A002")
	for range NoShowCalls {
		s.minutes(1).call("A001", "1")
	}
	s.call("A002", "1")
	q := s.State(s.at).Queue
	want(t, "no-shows and served", []int{q.NoShows, q.Served}, []int{1, 0})
	s.call("A001", "2")
	s.invite("2")
	q = s.State(s.at).Queue
	want(t, "came after all", []int{q.NoShows, q.Served}, []int{0, 1})
}

func TestCallWithoutTicket(t *testing.T) {
	s := begin(t)
	c := s.call("A050", "1")
	want(t, "estimated", s.State(s.at).Queue.Estimated, true)
	want(t, "unknown issue", c.Tickets[0].Issued.IsZero(), true)
	want(t, "no wait is invented", s.State(s.at).Queue.WaitCount, 0)
}

func TestRatingKeys(t *testing.T) {
	s := begin(t)
	s.rate("1", 5, 200)
	want(t, "the same press again", len(s.rate("1", 5, 200).Ratings), 0)
	want(t, "the counter wrapped", len(s.minutes(11).rate("1", 5, 200).Ratings), 1)
	want(t, "nonsense", len(s.rate("1", 9, 3).Ratings), 0)
	want(t, "unmatched ratings count", s.State(s.at).Ratings.Total(), 2)
}

func TestZones(t *testing.T) {
	s := begin(t)
	s.pass(Out)
	z := s.State(s.at).Zones
	want(t, "never below zero", z.Zones[0].People, 0)
	want(t, "and said", z.Zones[0].Estimated, true)
	s.pass(In)
	s.pass(Ambiguous)
	z = s.State(s.at).Zones
	want(t, "people", z.Total, 1)
	want(t, "ambiguous", z.Zones[0].Ambiguous, 1)
}

func TestGap(t *testing.T) {
	s := begin(t)
	s.pass(In)
	s.tell(Fact{Kind: KindGap, Gap: &Gap{From: s.at, To: s.at.Add(time.Minute), Reason: "restart"}})
	st := s.State(s.at)
	want(t, "gaps", len(st.Queue.Gaps), 1)
	want(t, "figures are estimates", []bool{st.Queue.Estimated, st.Zones.Zones[0].Estimated}, []bool{true, true})
}

func TestPresence(t *testing.T) {
	s := begin(t)
	in := func() int { return len(s.State(s.at).Staff.Present) }
	s.punch("1001", s.at, 0)
	want(t, "in", in(), 1)
	want(t, "told again", len(s.punch("1001", s.at, 0).Punches), 0)
	s.minutes(60).punch("1002", s.at, 1)
	want(t, "out without in", in(), 1)
	s.minutes(60).punch("1001", s.at, 1)
	want(t, "out", in(), 0)
	c := s.punch("1003", s.at.AddDate(0, 0, -2), 0)
	want(t, "late from another day", []any{in(), c.Punches[0].Day}, []any{0, "2026-11-21"})
}

// TestPresenceUnkeyed: where nobody presses the state key, punches alternate.
func TestPresenceUnkeyed(t *testing.T) {
	s := begin(t)
	for i, n := range []int{1, 0, 1} {
		s.minutes(60).punch("1001", s.at, 0)
		want(t, fmt.Sprintf("after punch %d", i+1), len(s.State(s.at).Staff.Present), n)
	}
	s.at = s.at.Add(20 * time.Second)
	s.punch("1001", s.at, 0)
	want(t, "twice in a minute is once", len(s.State(s.at).Staff.Present), 1)
}

// TestReplay: any facts, folded twice, give the same, and no figure is ever impossible.
func TestReplay(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	facts := make([]Fact, 5000)
	at := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	for i := range facts {
		at = at.Add(time.Duration(rnd.IntN(60)-2) * time.Second)
		facts[i] = anyFact(rnd, uint64(i+1), at)
	}
	fold := func() (State, []byte) {
		b := NewBook(desc(), 7)
		var rows []Changes
		for _, f := range facts {
			rows = append(rows, b.Apply(f))
			possible(t, b.State(f.At.Wall))
		}
		raw, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		return b.State(at), raw
	}
	s1, r1 := fold()
	s2, r2 := fold()
	want(t, "state of the second fold", s2, s1)
	want(t, "rows of the second fold", string(r2), string(r1))
}

func anyFact(rnd *rand.Rand, seq uint64, at time.Time) Fact {
	n, w := fmt.Sprintf("%c%03d", 'A'+rune(rnd.IntN(3)), rnd.IntN(20)), WindowID(fmt.Sprint(rnd.IntN(4)))
	f := Fact{Seq: seq, Kind: FactKind(rnd.IntN(12)), At: Stamp{Wall: at, Mark: Mark(rnd.IntN(4))}, Device: "d"}
	f.Ticket, f.Call, f.Invite = &TicketIssued{Number: n}, &Call{n, w}, &Invite{n, w}
	f.Rating, f.Passage = &Rating{w, rnd.IntN(7), uint32(rnd.IntN(9))}, &Passage{"hall", Direction(rnd.IntN(3) - 1)}
	f.Punch = &Punch{Serial: "Z", PIN: StaffNo(n), DeviceTime: at.String(), At: at, Status: rnd.IntN(7)}
	f.Gap = &Gap{From: at, To: at.Add(time.Second)}
	return f
}

func possible(t *testing.T, s State) {
	t.Helper()
	sum := 0
	for _, c := range s.Queue.Categories {
		sum += c.Waiting
		if c.Waiting < 0 || c.Served < 0 || (c.Waiting > 0) == c.Oldest.IsZero() {
			t.Fatalf("impossible category %+v", c)
		}
	}
	if sum != s.Queue.Waiting || s.Queue.Served < 0 || s.Queue.NoShows < 0 || s.Zones.Total < 0 {
		t.Fatalf("impossible state %+v", s.Queue)
	}
}

func BenchmarkApply(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	facts := make([]Fact, 20_000)
	at := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	for i := range facts {
		facts[i] = anyFact(rnd, uint64(i+1), at.Add(time.Duration(i)*time.Second))
	}
	for b.Loop() {
		book := NewBook(desc(), 7)
		for _, f := range facts {
			book.Apply(f)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(facts)), "ns/fact")
}
