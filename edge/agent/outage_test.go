package agent

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hallpulse/edge/journal"
	"hallpulse/hall"
)

// run is one run of the program on a machine whose uptime the test moves.
type gatewayRun struct {
	*outages
	j     *journal.Journal
	began time.Duration
	up    *time.Duration
	facts []hall.Fact
}

// life starts runs in one data folder.
type gatewayLife struct {
	t   *testing.T
	dir string
	id  string
	up  time.Duration
	// newest is the stamp of the newest fact in the journal.
	newest hall.Stamp
}

func (l *gatewayLife) start(wall time.Time) *gatewayRun {
	l.t.Helper()
	j, err := journal.Open(filepath.Join(l.dir, JournalDir), journal.Options{})
	if err != nil {
		l.t.Fatal(err)
	}
	o, err := openOutages(l.dir, machine{id: l.id, up: func() time.Duration { return l.up }}, slog.New(slog.DiscardHandler))
	if err != nil {
		l.t.Fatal(err)
	}
	r := &gatewayRun{outages: o, j: j, began: l.up, up: &l.up}
	o.begin(j, l.newest, r.stamp(wall))
	return r
}

func (r *gatewayRun) stamp(wall time.Time) hall.Stamp {
	s := hall.Stamp{Wall: wall.UTC(), Boot: r.j.Boot(), Mono: *r.up - r.began}
	if wall.Year() < 2000 {
		s.Mark = hall.Unsure
	}
	return s
}

// open opens the devices and settles what can be.
func (r *gatewayRun) openNow(t *testing.T, wall time.Time, confirmed bool) {
	t.Helper()
	if err := r.open(); err != nil {
		t.Fatal(err)
	}
	r.settleNow(t, wall, confirmed)
}

func (r *gatewayRun) settleNow(t *testing.T, wall time.Time, confirmed bool) {
	t.Helper()
	err := r.settle(r.stamp(wall), confirmed, func(f hall.Fact) error { r.facts = append(r.facts, f); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func (r *gatewayRun) alive(t *testing.T, wall time.Time) {
	t.Helper()
	if err := r.j.Alive(wall, *r.up-r.began); err != nil {
		t.Fatal(err)
	}
}

func (r *gatewayRun) kill(t *testing.T) {
	t.Helper()
	if err := r.j.Close(); err != nil {
		t.Fatal(err)
	}
}

// gap fails unless exactly one gap with these bounds was journalled.
func (r *gatewayRun) gap(t *testing.T, from, to time.Time) {
	t.Helper()
	if len(r.facts) != 1 || !r.facts[0].Gap.From.Equal(from) || !r.facts[0].Gap.To.Equal(to) || r.facts[0].Gap.Reason != "restart" {
		t.Fatalf("%d facts, want a gap from %v to %v", len(r.facts), from, to)
	}
}

var bootAt = time.Date(1970, 1, 1, 0, 0, 5, 0, time.UTC)

func TestGapOfARestart(t *testing.T) {
	l := &gatewayLife{t: t, dir: t.TempDir(), id: "m", up: time.Hour}
	first := l.start(day)
	first.openNow(t, day, false)
	if len(first.facts) != 0 {
		t.Fatal("the very first start has a gap")
	}
	l.up += 10 * time.Second
	first.alive(t, day.Add(10*time.Second))
	first.kill(t)
	l.up += 3 * time.Second
	second := l.start(day.Add(13 * time.Second))
	defer second.kill(t)
	l.up += 500 * time.Millisecond
	second.openNow(t, day.Add(13500*time.Millisecond), false)
	second.gap(t, day.Add(10*time.Second), day.Add(13500*time.Millisecond))
}

// The wall clock may go where it wants between two runs: the gap is as long as nobody read.
func TestGapDoesNotGoByTheWallClock(t *testing.T) {
	for _, off := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		l := &gatewayLife{t: t, dir: t.TempDir(), id: "m", up: time.Hour}
		first := l.start(day)
		first.openNow(t, day, false)
		first.alive(t, day)
		first.kill(t)
		l.up += 2 * time.Second
		second := l.start(day.Add(off))
		second.openNow(t, day.Add(off), false)
		second.gap(t, day.Add(off-2*time.Second), day.Add(off)) // on the clock of its own stamp; a step moves it as a whole
		second.kill(t)
	}
}

// Two restarts in 1970: the gaps wait in the file, over the second restart, until the time is known.
func TestGapsOf1970WaitForTheTime(t *testing.T) {
	l := &gatewayLife{t: t, dir: t.TempDir(), id: "m", up: time.Minute}
	for range 3 {
		r := l.start(bootAt)
		l.up += time.Second
		r.openNow(t, bootAt.Add(time.Second), false)
		l.up += 9 * time.Second
		r.alive(t, bootAt.Add(10*time.Second))
		r.kill(t)
		if len(r.facts) != 0 {
			t.Fatal("a gap in 1970")
		}
		l.up += 2 * time.Second
	}
	l.up += time.Minute
	last := l.start(bootAt)
	defer last.kill(t)
	l.up += time.Second
	last.openNow(t, day, true)
	if len(last.facts) != 3 {
		t.Fatalf("%d gaps", len(last.facts))
	}
	for i, want := range []struct{ from, to time.Duration }{{-88 * time.Second, -85 * time.Second}, {-76 * time.Second, -73 * time.Second}, {-63 * time.Second, 0}} {
		// Each run lasts 10 s and is followed by 2 s of nothing; the last one by a minute more.
		g := last.facts[i].Gap
		if got := (struct{ from, to time.Duration }{g.From.Sub(day), g.To.Sub(day)}); got.to-got.from != want.to-want.from {
			t.Errorf("gap %d from %v to %v", i, got.from, got.to)
		}
	}
	last.settleNow(t, day, true)
	if len(last.facts) != 3 {
		t.Error("gaps twice")
	}
}

// A power cut over night on a gateway that starts with the time it was switched off at.
func TestGapOverAStartOfTheMachine(t *testing.T) {
	l := &gatewayLife{t: t, dir: t.TempDir(), id: "m1", up: time.Hour}
	first := l.start(day)
	first.openNow(t, day, false)
	first.alive(t, day)
	first.kill(t)
	l.id, l.up = "m2", 20*time.Second
	stale, right := day.Add(5*time.Second), day.Add(14*time.Hour)
	second := l.start(stale)
	defer second.kill(t)
	second.openNow(t, stale, false)
	if len(second.facts) != 0 {
		t.Fatal("the gap did not wait for the county's time")
	}
	l.up += 3 * time.Second
	second.settleNow(t, right.Add(3*time.Second), true)
	second.gap(t, day, right)
}

func TestGapWithoutACounty(t *testing.T) {
	l := &gatewayLife{t: t, dir: t.TempDir(), id: "m1", up: time.Hour}
	first := l.start(day)
	first.openNow(t, day, false)
	first.alive(t, day)
	first.kill(t)
	l.id, l.up = "m2", 20*time.Second
	second := l.start(day.Add(time.Minute))
	defer second.kill(t)
	second.openNow(t, day.Add(time.Minute), false)
	l.up += settleAfter
	second.settleNow(t, day.Add(time.Minute+settleAfter), false)
	second.gap(t, day, day.Add(time.Minute))
}

// A gap that the journal cannot take is journalled later, with the same bounds.
func TestGapWaitsForTheJournal(t *testing.T) {
	l := &gatewayLife{t: t, dir: t.TempDir(), id: "m", up: time.Hour}
	first := l.start(day)
	first.openNow(t, day, false)
	first.alive(t, day)
	first.kill(t)
	l.up += 4 * time.Second
	second := l.start(day.Add(4 * time.Second))
	defer second.kill(t)
	if err := second.open(); err != nil {
		t.Fatal(err)
	}
	err := second.settle(second.stamp(day.Add(4*time.Second)), true, func(hall.Fact) error { return journal.ErrFull })
	if !errors.Is(err, journal.ErrFull) {
		t.Fatal(err)
	}
	l.up += time.Minute
	second.settleNow(t, day.Add(64*time.Second), true)
	second.gap(t, day, day.Add(4*time.Second))
}

func TestOutagesFileIsBroken(t *testing.T) {
	l := &gatewayLife{t: t, dir: t.TempDir(), id: "m", up: time.Hour}
	first := l.start(day)
	first.openNow(t, day, true)
	first.alive(t, day)
	first.kill(t)
	if err := os.WriteFile(filepath.Join(l.dir, outagesFile), []byte(`{"machine":`), 0o600); err != nil {
		t.Fatal(err)
	}
	l.up += 4 * time.Second
	second := l.start(day.Add(4 * time.Second))
	defer second.kill(t)
	second.openNow(t, day.Add(4*time.Second), true)
	second.gap(t, day, day.Add(4*time.Second))
}

// A machine that has no clock of its own begins with the time at which it stopped. When the county is long in coming, the gap
// is told by that time first, and again, in its right length, once the county has set the clock.
func TestGapIsToldAgainWhenTheClockWasWrong(t *testing.T) {
	for name, behind := range map[string]time.Duration{"wrong": 20 * time.Minute, "right": 0} {
		t.Run(name, func(t *testing.T) {
			l := &gatewayLife{t: t, dir: t.TempDir(), id: "m", up: time.Hour}
			first := l.start(day)
			first.openNow(t, day, true)
			first.kill(t)
			l.newest = first.stamp(day)

			l.id, l.up = "started again", 20*time.Second
			opened := day.Add(5 * time.Second)
			second := l.start(opened)
			defer second.kill(t)
			second.openNow(t, opened, false)
			l.up += settleAfter
			second.settleNow(t, opened.Add(settleAfter), false)
			second.settleNow(t, opened.Add(settleAfter), false)
			second.gap(t, day, opened)
			second.facts = nil
			l.up += time.Minute
			second.settleNow(t, opened.Add(behind+settleAfter+time.Minute), true)
			if behind == 0 && len(second.facts) == 0 {
				return
			}
			second.gap(t, day, opened.Add(behind))
		})
	}
}

// A lost alive mark does not hide an outage: the newest fact says when the run before was there.
func TestGapWithoutAliveMark(t *testing.T) {
	l := &gatewayLife{t: t, dir: t.TempDir(), id: "m", up: time.Hour}
	first := l.start(day)
	first.openNow(t, day, true)
	l.up += 10 * time.Second
	l.newest = first.stamp(day.Add(10 * time.Second))
	first.kill(t) // and it never wrote one
	l.up += 5 * time.Second
	second := l.start(day.Add(15 * time.Second))
	defer second.kill(t)
	second.openNow(t, day.Add(15*time.Second), true)
	second.gap(t, day.Add(10*time.Second), day.Add(15*time.Second))
}
