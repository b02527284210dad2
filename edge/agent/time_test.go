package agent

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// wall is a system's clock that the test sets.
type wall struct{ off atomic.Int64 }

func (w *wall) now() time.Time { return time.Now().Add(time.Duration(w.off.Load())) }

func (w *wall) set(t time.Time) { w.off.Store(int64(time.Until(t))) }

// in1970 gives a gateway that has just been switched on and knows no time.
func in1970(t *testing.T, dir string) (*Agent, *wall) {
	t.Helper()
	w := &wall{}
	w.set(time.Unix(5, 0))
	return made(t, Options{Config: configured(t, dir, ""), Wall: w.now}), w
}

func put(t *testing.T, a *Agent, fs ...hall.Fact) {
	t.Helper()
	for _, f := range fs {
		if err := a.rec.Fact(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
}

// near says that two times differ by less than a test's run.
func near(a, b time.Time) bool { return a.Sub(b).Abs() < 10*time.Second }

// The system's clock jumps to the right time (NTP): what was recorded before moves to its right place.
func TestTheSystemsClockSteps(t *testing.T) {
	a, w := in1970(t, t.TempDir())
	put(t, a, ticket(1), ticket(2), call(1))
	if s := a.State(); s.Queue.Waiting != 1 || s.Gateway.ClockMark != hall.Unsure {
		t.Fatalf("%+v", s)
	}
	w.set(day)
	if err := a.time.check(); err != nil {
		t.Fatal(err)
	}
	s := a.State()
	if s.Queue.Day != "2026-03-02" || s.Queue.Issued != 2 || s.Queue.Waiting != 1 || !near(s.Queue.Oldest, day) || s.Gateway.ClockMark != hall.Sure {
		t.Errorf("%+v", s.Queue)
	}
	put(t, a, call(2))
	if s := a.State(); s.Queue.Waiting != 0 || s.Queue.WaitMax > 10*time.Second {
		t.Errorf("%+v", s.Queue)
	}
	steps := facts(t, a, hall.KindClock)
	if len(steps) != 1 || steps[0].Clock.Source != "system" {
		t.Fatalf("%+v", steps)
	}
}

// The county tells the time: what the uplink journals is exactly what the clock gave.
func TestTheCountyTellsTheTime(t *testing.T) {
	dir := t.TempDir()
	a, _ := in1970(t, dir)
	put(t, a, ticket(1))
	f := a.time.Observe(day, 0)
	if f == nil {
		t.Fatal("no step")
	}
	if err := a.time.record(t.Context(), *f); err != nil {
		t.Fatal(err)
	}
	if s := a.State(); !near(s.Queue.Oldest, day) || !near(s.AsOf, day) {
		t.Errorf("%+v", s.Queue)
	}
	if got := facts(t, a, hall.KindClock); len(got) != 1 || got[0].At != f.At || *got[0].Clock != *f.Clock {
		t.Errorf("journalled %+v, given %+v", got, f)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b, w := in1970(t, dir) // the next start knows from the journal how wrong the run before was
	w.set(day.Add(time.Minute))
	if err := b.time.check(); err != nil {
		t.Fatal(err)
	}
	if s := b.State(); s.Queue.Waiting != 1 || !near(s.Queue.Oldest, day) {
		t.Errorf("%+v", s.Queue)
	}
}

// A jump of the system's clock that the clock found while the county told the time is journalled before any batch leaves.
func TestAStepFoundWhileTheCountySpeaks(t *testing.T) {
	a, w := in1970(t, t.TempDir())
	put(t, a, ticket(1))
	w.set(day)
	if f := a.time.Observe(day, 0); f != nil {
		t.Fatalf("the clock was right: %+v", f)
	}
	if got := facts(t, a, hall.KindClock); len(got) != 1 || !near(a.State().Queue.Oldest, day) {
		t.Errorf("%+v", got)
	}
}

// told collects the sections that an agent tells.
func told(a *Agent) func() []hall.Section {
	var mu sync.Mutex
	var got []hall.Section
	a.tell = func(s ...hall.Section) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, s...)
	}
	return func() []hall.Section {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

// At midnight the hall is empty, also when nothing happens in it.
func TestMidnight(t *testing.T) {
	w := &wall{}
	loc := time.FixedZone("", 8*3600)
	w.set(time.Date(2026, 3, 2, 23, 59, 59, 500_000_000, loc))
	a := made(t, Options{Config: configured(t, t.TempDir(), ""), Wall: w.now})
	put(t, a, ticket(1))
	seen := a.look(glance{})
	sections := told(a)
	if before := a.State(); before.Queue.Waiting != 1 || before.Queue.Day != "2026-03-02" {
		t.Fatalf("%+v", before.Queue)
	}
	eventually(t, "the new day", func() bool { seen = a.look(seen); return len(sections()) > 0 })
	for _, s := range []hall.Section{hall.SectionQueue, hall.SectionZones, hall.SectionStaff, hall.SectionRatings} {
		if !slices.Contains(sections(), s) {
			t.Errorf("%s was not told", s)
		}
	}
	if s := a.State(); s.Queue.Waiting != 0 || s.Queue.Day != "2026-03-03" {
		t.Errorf("%+v", s.Queue)
	}
	snap := a.section(hall.SectionQueue)()
	if snap.Queue == nil || snap.Queue.Day != "2026-03-03" || snap.AsOf.IsZero() {
		t.Errorf("%+v", snap)
	}
	if _, err := wire.EncodeSnapshot(snap); err != nil {
		t.Error(err)
	}
}

// A journal that is full refuses facts, says so, and takes them again once there is room.
func TestDiskFull(t *testing.T) {
	c := configured(t, t.TempDir(), "hub: {broker: \"mqtt://127.0.0.1:1\", credential: x}\n")
	c.Journal.MaxSize = 64 << 10
	a := made(t, Options{Config: c})
	sections := told(a)
	n := 0
	var err error
	for ; err == nil && n < 10_000; n++ {
		err = a.rec.Fact(t.Context(), ticket(n))
	}
	if !errors.Is(err, journal.ErrFull) {
		t.Fatalf("after %d facts: %v", n, err)
	}
	s := a.State()
	if !s.Gateway.DiskFull || s.Queue.Issued != n-1 || s.Gateway.FactsPending != uint64(n-1) || !slices.Contains(sections(), hall.SectionGateway) {
		t.Errorf("%+v", s.Gateway)
	}
	if err := a.journal.Ack(hall.Facts, s.Gateway.FactsPending); err != nil { // the county has them: the oldest may go
		t.Fatal(err)
	}
	put(t, a, ticket(n))
	if full, _, _ := a.rec.trouble(); full || a.State().Queue.Issued != n {
		t.Errorf("not recovered: %+v", a.State().Gateway)
	}
}

// A hall without a county keeps its days and no more.
func TestHallAloneTrims(t *testing.T) {
	w := &wall{}
	w.set(day)
	c := configured(t, t.TempDir(), "journal: {keep_days: 2}\n")
	c.Journal.MaxSize = 16 << 10 // so that segments are small
	a := made(t, Options{Config: c, Wall: w.now})
	for n := range 40 {
		put(t, a, ticket(n))
	}
	if err := a.trim(); err != nil {
		t.Fatal(err)
	}
	if first, last := a.journal.Bounds(hall.Facts); first != 1 || last != 40 {
		t.Fatalf("%d to %d", first, last)
	}
	w.set(day.AddDate(0, 0, 3))
	if err := a.time.check(); err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		put(t, a, ticket(100+n))
	}
	if err := a.trim(); err != nil {
		t.Fatal(err)
	}
	if first, last := a.journal.Bounds(hall.Facts); first == 1 || last != 81 {
		t.Errorf("%d to %d", first, last)
	}
	if s := a.State(); s.Gateway.FactsPending != 0 || s.Gateway.DiskFull {
		t.Errorf("%+v", s.Gateway)
	}
}

func TestStampsBelongToTheirJournal(t *testing.T) {
	path := t.TempDir() + "/" + stampsFile
	log := made(t, Options{Config: configured(t, t.TempDir(), "")}).log
	if err := openStamps(path, 7, log).SetStamp("S", "ATTLOG", "99"); err != nil {
		t.Fatal(err)
	}
	if got := openStamps(path, 7, log).Stamp("S", "ATTLOG"); got != "99" {
		t.Errorf("got %q", got)
	}
	if got := openStamps(path, 8, log).Stamp("S", "ATTLOG"); got != "" {
		t.Errorf("another journal got %q", got)
	}
}
