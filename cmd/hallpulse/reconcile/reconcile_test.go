package reconcile

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
	"hallpulse/hub/store"
)

var nine = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// at gives a time of the day the tests play on.
func at(seconds float64) time.Time { return nine.Add(time.Duration(seconds * float64(time.Second))) }

func cpunch(s float64) truth.Event {
	return truth.Event{At: at(s), Hall: "a", Device: "terminal", Kind: "punch", Serial: "S1", PIN: "7", DeviceTime: "2026-03-02 09:00:30", Verify: 1}
}

func fpunch(s float64) store.FactRow {
	p := &hall.Punch{Serial: "S1", PIN: "7", DeviceTime: "2026-03-02 09:00:30", At: at(s), Verify: 1}
	return fact(s+40, hall.Fact{Kind: hall.KindPunch, Device: "terminal", Punch: p})
}

func ccall(s float64, number, window string) truth.Event {
	return truth.Event{At: at(s), Hall: "a", Device: "display", Kind: "call", Number: number, Window: hall.WindowID(window)}
}

func fcall(s float64, number, window string) store.FactRow {
	return fact(s, hall.Fact{Kind: hall.KindCall, Device: "display", Call: &hall.Call{Number: number, Window: hall.WindowID(window)}})
}

func cpass(s float64) truth.Event {
	return truth.Event{At: at(s), Hall: "a", Device: "door", Kind: "passage", Zone: "z", Direction: hall.In}
}

func fpass(s float64) store.FactRow {
	return fact(s, hall.Fact{Kind: hall.KindPassage, Device: "door", Passage: &hall.Passage{Zone: "z", Direction: hall.In}})
}

func fambiguous(s float64) store.FactRow {
	return fact(s, hall.Fact{Kind: hall.KindPassage, Device: "door", Passage: &hall.Passage{Zone: "z", Direction: hall.Ambiguous}})
}

func crate(s float64, level int) truth.Event {
	return truth.Event{At: at(s), Hall: "a", Device: "keypad", Kind: "rating", Seq: 4, Level: level, Window: "w1"}
}

func frate(s float64, level int) store.FactRow {
	return fact(s, hall.Fact{Kind: hall.KindRating, Device: "keypad", Rating: &hall.Rating{Seq: 4, Level: level, Window: "w1"}})
}

func fgap(from, to float64, reason string) store.FactRow {
	return fact(to, hall.Fact{Kind: hall.KindGap, Gap: &hall.Gap{From: at(from), To: at(to), Reason: reason}})
}

func fact(s float64, f hall.Fact) store.FactRow {
	f.At = hall.Stamp{Wall: at(s)}
	return store.FactRow{Hall: "a", Epoch: 1, Fact: f}
}

func outage(from, to float64) truth.Event {
	return truth.Event{At: at(to), Hall: "a", Kind: truth.KindOutage, From: at(from), To: at(to)}
}

func estimated(f store.FactRow) store.FactRow {
	f.At.Mark = hall.Estimated
	return f
}

type (
	causes = []truth.Event
	stored = []store.FactRow
)

func TestCompare(t *testing.T) {
	tests := []struct {
		name    string
		causes  causes
		stored  stored
		kind    string
		want    Count
		gap     bool // a gap is complained of
		horizon float64
	}{
		{name: "calm", causes: causes{ccall(1, "A1", "w1"), ccall(9, "A2", "w1")}, stored: stored{fcall(9.1, "A2", "w1"), fcall(1.1, "A1", "w1")},
			kind: "call", want: Count{Truth: 2, Stored: 2}},
		{name: "missing", causes: causes{ccall(1, "A1", "w1"), ccall(9, "A2", "w1")}, stored: stored{fcall(1, "A1", "w1")},
			kind: "call", want: Count{Truth: 2, Stored: 1, Missing: 1}},
		{name: "missing in a gap", causes: causes{ccall(15, "A1", "w1"), outage(10, 20)}, stored: stored{fgap(9.6, 20.3, "restart")},
			kind: "call", want: Count{Truth: 1, InGap: 1}},
		{name: "missing behind a gap", causes: causes{ccall(21, "A1", "w1"), outage(10, 20)}, stored: stored{fgap(9.6, 20.3, "restart")},
			kind: "call", want: Count{Truth: 1, Missing: 1}},
		{name: "lost records excuse nothing", causes: causes{ccall(15, "A1", "w1")}, stored: stored{fgap(10, 20, store.ReasonLost)},
			kind: "call", want: Count{Truth: 1, Missing: 1}},
		{name: "a punch in a gap is missing", causes: causes{cpunch(15), outage(10, 20)}, stored: stored{fgap(10, 20, "restart")},
			kind: "punch", want: Count{Truth: 1, Missing: 1}},
		{name: "a punch of a terminal whose clock is wrong", causes: causes{cpunch(15)}, stored: stored{fpunch(75)},
			kind: "punch", want: Count{Truth: 1, Stored: 1}},
		{name: "a punch told again", causes: causes{cpunch(15)}, stored: stored{fpunch(15), fpunch(15)},
			kind: "punch", want: Count{Truth: 1, Stored: 1, ToldAgain: 1}},
		{name: "duplicated", causes: causes{ccall(1, "A1", "w1")}, stored: stored{fcall(1, "A1", "w1"), fcall(1, "A1", "w1")},
			kind: "call", want: Count{Truth: 1, Stored: 2, Duplicated: 1}},
		{name: "invented", stored: stored{fcall(1, "A1", "w1")}, kind: "call", want: Count{Stored: 1, Duplicated: 1}},
		{name: "altered", causes: causes{ccall(1, "A1", "w1")}, stored: stored{fcall(1, "A1", "w2")},
			kind: "call", want: Count{Truth: 1, Stored: 1, Altered: 1}},
		{name: "3 s off", causes: causes{ccall(1, "A1", "w1")}, stored: stored{fcall(4, "A1", "w1")},
			kind: "call", want: Count{Truth: 1, Stored: 1, Altered: 1}},
		{name: "3 s off without a name", causes: causes{cpass(1)}, stored: stored{fpass(4)},
			kind: "passage", want: Count{Truth: 1, Stored: 1, Missing: 1, Duplicated: 1}},
		{name: "a passage of unknown direction", causes: causes{cpass(1), cpass(9)}, stored: stored{fambiguous(1), fpass(9), fambiguous(20)},
			kind: "passage", want: Count{Truth: 2, Stored: 3, Unclear: 1, Duplicated: 1}},
		{name: "3 s off, marked as estimated", causes: causes{cpass(1)}, stored: stored{estimated(fpass(4))},
			kind: "passage", want: Count{Truth: 1, Stored: 1}},
		{name: "gap as long as its outage and 1.9 s", causes: causes{outage(10, 20)}, stored: stored{fgap(9, 20.9, "restart")}, kind: "call"},
		{name: "gap longer than its outage and 2 s", causes: causes{outage(10, 20)}, stored: stored{fgap(9, 21.1, "restart")}, kind: "call", gap: true},
		{name: "gap before a long outage", causes: causes{outage(10, 90)}, stored: stored{fgap(0, 12, "restart")}, kind: "call", gap: true},
		{name: "two outages in one gap", causes: causes{outage(10, 20), outage(23, 30)}, stored: stored{fgap(9.8, 30.2, "restart")}, kind: "call"},
		{name: "gap without an outage", stored: stored{fgap(10, 11, "restart")}, kind: "call", gap: true},
		{name: "call found late after a gap", causes: causes{ccall(15, "A1", "w1"), outage(10, 20)}, stored: stored{fgap(10, 20, "restart"), fcall(40, "A1", "w1")},
			kind: "call", want: Count{Truth: 1, Stored: 1}},
		{name: "call found late at another window", causes: causes{ccall(15, "A1", "w1"), outage(10, 20)}, stored: stored{fgap(10, 20, "restart"), fcall(40, "A1", "w2")},
			kind: "call", want: Count{Truth: 1, Stored: 1, Altered: 1}},
		{name: "call found too late", causes: causes{ccall(15, "A1", "w1"), outage(10, 20)}, stored: stored{fgap(10, 20, "restart"), fcall(61, "A1", "w1")},
			kind: "call", want: Count{Truth: 1, Stored: 1, InGap: 1, Duplicated: 1}},
		{name: "a passage in a gap does not take its neighbour's place", causes: causes{cpass(19.9), cpass(21), cpass(22), outage(10, 20)},
			stored: stored{fgap(10, 20, "restart"), fpass(21.1), fpass(22.1)}, kind: "passage", want: Count{Truth: 3, Stored: 2, InGap: 1}},
		{name: "a clock one second off does not part neighbours", causes: causes{cpass(0), cpass(1.9)}, stored: stored{fpass(1), fpass(3)},
			kind: "passage", want: Count{Truth: 2, Stored: 2}},
		{name: "a key press told again", causes: causes{crate(5, 4)}, stored: stored{frate(5, 4), frate(8, 4)},
			kind: "rating", want: Count{Truth: 1, Stored: 1, ToldAgain: 1}},
		{name: "a counter that wrapped", causes: causes{crate(5, 4), crate(65, 4)}, stored: stored{frate(5, 4), frate(65, 4)},
			kind: "rating", want: Count{Truth: 2, Stored: 2}},
		{name: "a level that changed", causes: causes{crate(5, 4)}, stored: stored{frate(5, 1)},
			kind: "rating", want: Count{Truth: 1, Stored: 1, Altered: 1}},
		{name: "after the horizon", horizon: 10, causes: causes{cpass(9), cpass(10.2), cpass(12)}, stored: stored{fpass(9), fpass(9.9), fpass(12)},
			kind: "passage", want: Count{Truth: 1, Stored: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			horizon := at(1000)
			if tt.horizon > 0 {
				horizon = at(tt.horizon)
			}
			res := Compare(tt.causes, tt.stored, horizon)
			tt.want.Kind = tt.kind
			i := slices.IndexFunc(res.Counts, func(c Count) bool { return c.Kind == tt.kind })
			if got := res.Counts[i]; got != tt.want {
				t.Errorf("got  %+v\nwant %+v\n%+v", got, tt.want, res.Problems)
			}
			gap := slices.ContainsFunc(res.Problems, func(p Problem) bool { return p.What == "gap" })
			if gap != tt.gap {
				t.Errorf("gap complained of: %v, want %v: %+v", gap, tt.gap, res.Problems)
			}
			bad := tt.want.Missing+tt.want.Duplicated+tt.want.Altered > 0 || tt.gap
			if res.OK() == bad {
				t.Errorf("OK is %v", res.OK())
			}
		})
	}
}

func TestKindsAreComparedByTheirOwnFields(t *testing.T) {
	events := causes{
		{At: at(1), Hall: "a", Device: "printer", Kind: "ticket", Number: "A1", Category: "c", Ahead: 3},
		{At: at(2), Hall: "a", Device: "keypad", Kind: "invite", Number: "A1", Window: "w1"},
	}
	facts := stored{
		fact(1, hall.Fact{Kind: hall.KindTicket, Device: "printer", Ticket: &hall.TicketIssued{Number: "A1", Category: "c", Ahead: 3}}),
		fact(2, hall.Fact{Kind: hall.KindInvite, Device: "keypad", Invite: &hall.Invite{Number: "A1", Window: "w1"}}),
	}
	if res := Compare(events, facts, at(100)); !res.OK() {
		t.Errorf("%+v", res)
	}
	facts[0].Ticket.Ahead = 2
	facts[1].Hall = "b"
	res := Compare(events, facts, at(100))
	if res.Counts[0].Altered != 1 || res.Counts[2].Missing != 1 || res.Counts[2].Duplicated != 1 {
		t.Errorf("%+v", res.Counts)
	}
}

// TestFolder compares a store that the same code filled as the hub does.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	log, err := truth.Create(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range (causes{cpass(1), cpass(5), cpunch(30)}) {
		log.Write(e)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Folder(t.Context(), dir); err == nil {
		t.Fatal("a folder without a store was compared")
	}
	fill(t, filepath.Join(dir, "hub"), stored{fpass(1), fpass(5), fpunch(30), fpunch(30)})
	res, err := Folder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Rows{{"tickets", 0, 0}, {"punches", 1, 1}, {"passages", 2, 2}}
	if !res.OK() || !slices.Equal(res.Rows, want) {
		t.Errorf("%+v", res)
	}
	var out bytes.Buffer
	if err := res.Print(&out); err != nil || !strings.Contains(out.String(), "table punches: 1 rows, 1 by the facts") {
		t.Errorf("%v\n%s", err, out.String())
	}
	res.Rows[0].Rows++
	if res.OK() {
		t.Error("a row too many is no problem")
	}
}

// fill stores facts and what they mean.
func fill(t *testing.T, dir string, facts stored) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), filepath.Join(dir, "hub.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	desc := hall.Hall{ID: "a", TimeZone: "Asia/Shanghai"}
	if err := db.SaveHall(context.Background(), store.HallRow{Desc: desc, Epoch: 1}); err != nil {
		t.Fatal(err)
	}
	book := hall.NewBook(desc, 1)
	for i, f := range facts {
		f.Seq = uint64(i + 1)
		c := store.HallCommit{Hall: "a", Epoch: 1, Seq: f.Seq, Facts: []hall.Fact{f.Fact}, Changes: book.Apply(f.Fact)}
		if err := db.Commit(context.Background(), store.Commit{Halls: []store.HallCommit{c}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
