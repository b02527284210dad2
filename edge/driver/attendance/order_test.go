package attendance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/inbound"
	"hallpulse/edge/simulator/terminal"
)

func told(t *testing.T, sim *terminal.Terminal, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := sim.Told(ctx, n); err != nil {
		t.Fatal(err)
	}
	return sim.Commands()
}

func TestOrder(t *testing.T) {
	st := open(t, Options{})
	sim := plug(t, st, nil)
	sim.Punch("1001", 0, 1)
	drained(t, sim)
	told(t, sim, 2) // of the first contact
	now := time.Now()
	span := Command{From: now.Add(-time.Hour), To: now.Add(time.Hour)}
	for _, kind := range CommandKinds() {
		c := span
		c.Kind = kind
		if err := st.srv.Order(serial, c); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
	}
	got := told(t, sim, 9)[2:]
	for i, want := range []string{"INFO", "CHECK", "DATA QUERY ATTLOG StartTime=", "VERIFY SUM ATTLOG StartTime=", "SET OPTION TimeZone=8", "REBOOT", "REBOOT"} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("%q, want %q", got[i], want)
		}
	}
	poll(t, func() bool { return st.drv.Status().Waiting == 0 })
	sum := 0
	for _, r := range st.srv.Results(serial) {
		sum += r.Sum
	}
	if sum != 1 {
		t.Errorf("verified %d punches", sum)
	}
	equal(t, st, sim)
}

func TestOrderRefuses(t *testing.T) {
	st := open(t, Options{})
	now := time.Now()
	for _, c := range []Command{{}, {Kind: "shell"}, {Kind: CommandQuery}, {Kind: CommandQuery, From: now, To: now}, {Kind: CommandVerify, From: now.Add(-maxRange), To: now.Add(time.Hour)}} {
		if err := st.srv.Order(serial, c); !errors.Is(err, errCommand) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := st.srv.Order("NOBODY", Command{Kind: CommandInfo}); !errors.Is(err, ErrUnknownTerminal) {
		t.Errorf("got %v", err)
	}
	for _, text := range []string{"SHELL ls", "CLEAR DATA", "ENROLL_FP PIN=1", "ENROLL_BIO TYPE=1", "AC_UNLOCK", "DATA UPDATE USERINFO PIN=1", "DATA DELETE USERINFO PIN=1"} {
		if _, err := st.srv.Command(serial, text); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

// TestFailedAndUnansweredCommands: an error is a result, and what is never answered is given up.
func TestFailedAndUnansweredCommands(t *testing.T) {
	clk := &clock{t: time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)}
	st := open(t, Options{Now: clk.now})
	sim := plug(t, st, nil)
	sim.SetFaults(terminal.Faults{Return: -1})
	poll(t, func() bool { r := st.srv.Results(serial); return r["1"].Done && r["1"].Code == -1 && r["2"].Done })
	sim.SetFaults(terminal.Faults{Mute: true})
	id, err := st.srv.Command(serial, "REBOOT")
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !st.srv.Results(serial)[id].Done {
		<-tick.C
		clk.add(answerTime)
	}
	poll(t, func() bool { r := st.srv.Results(serial)[id]; return r.Done && r.Code == -1003 })
	n := 0
	for _, c := range sim.Commands() {
		if c == "REBOOT" {
			n++
		}
	}
	if n != commandTries {
		t.Errorf("asked %d times", n)
	}
}

// queries gives the questions for a range.
func queries(sim *terminal.Terminal) (out []string) {
	for _, c := range sim.Commands() {
		if strings.HasPrefix(c, "DATA QUERY ATTLOG") {
			out = append(out, c)
		}
	}
	return out
}

// TestGapOfATerminal: after a terminal was away it is asked, once, for what it recorded meanwhile; what it forgot to send comes.
func TestGapOfATerminal(t *testing.T) {
	clk := &clock{t: time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)}
	st := open(t, Options{Now: clk.now})
	sim := plug(t, st, func(o *terminal.Options) { o.Now = clk.now; o.Poll = 10 * time.Millisecond })
	sim.Punch("1", 0, 1)
	drained(t, sim)
	told(t, sim, 2)
	sim.Offline(true)
	sim.SetFaults(terminal.Faults{Keep: 3})
	for i := range 3 {
		clk.add(time.Minute)
		sim.Punch(fmt.Sprint(10+i), 0, 1)
	}
	sim.Offline(false)
	poll(t, func() bool { clk.add(100 * time.Millisecond); return len(st.sink.punches()) == 4 })
	equal(t, st, sim)
	if q := queries(sim); len(q) != 1 || !strings.HasPrefix(q[0], "DATA QUERY ATTLOG StartTime=2026-10-05 08:58:00\tEndTime=2026-10-05 09:05:0") {
		t.Errorf("asked %q", q)
	}
	if s := st.drv.Status(); s.Repairs != 1 {
		t.Errorf("%d repairs", s.Repairs)
	}
}

// TestGapOfTheGateway: at its start the gateway asks for what came after the newest punch of its journal.
func TestGapOfTheGateway(t *testing.T) {
	now := time.Now()
	stored := terminal.Record{PIN: "1", Time: now.Add(-2 * time.Hour).In(cst).Format(timeLayout), Verify: 1}
	lost := terminal.Record{PIN: "2", Time: now.Add(-time.Hour).In(cst).Format(timeLayout), Verify: 1}
	st := open(t, Options{})
	st.srv.Remember(Key{Serial: serial, PIN: stored.PIN, Time: stored.Time, Verify: 1})
	st.srv.Remember(Key{Serial: serial, PIN: "0", Time: "2026-10-04 08:00:00", Verify: 1})
	sim := plug(t, st, nil)
	sim.SetFaults(terminal.Faults{Keep: 1})
	sim.Load(stored, lost)
	poll(t, func() bool { return len(queries(sim)) == 1 })
	drained(t, sim)
	if got := st.sink.punches(); !slices.Equal(got, []string{"2 " + lost.Time + " 0 1"}) {
		t.Errorf("got %q", got)
	}
	srv := NewServer(Options{})
	srv.Remember(Key{Serial: serial, Time: "2026-10-05 08:00:00"})
	srv.Remember(Key{Serial: serial, Time: "nonsense"})
	if d := srv.Terminal(TerminalOptions{Serial: serial}); d.repair.newest != "2026-10-05 08:00:00" {
		t.Errorf("begins at %q", d.repair.newest)
	}
}

// TestAGapIsWidened: a terminal that comes and goes without a poll is asked once for all of it.
func TestAGapIsWidened(t *testing.T) {
	clk := &clock{t: time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)}
	srv := NewServer(Options{Now: clk.now})
	d := srv.Terminal(TerminalOptions{Serial: serial})
	for range 3 {
		d.touch(inbound.AddrOf("127.0.0.1:1"), false, "")
		clk.add(Silence + time.Minute)
	}
	var got []string
	for _, q := range d.commands.queue {
		got = append(got, q.text)
	}
	want := []string{"INFO", "SET OPTION TimeZone=8", "DATA QUERY ATTLOG StartTime=2026-10-05 08:58:00\tEndTime=2026-10-05 09:05:30"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestClocksOfTheField: whatever a terminal's clock says, its punches come and the clock is named.
func TestClocksOfTheField(t *testing.T) {
	for name, f := range map[string]terminal.Faults{"a day ahead": {ClockOff: 24 * time.Hour}, "a day behind": {ClockOff: -24 * time.Hour}, "wrong zone": {ClockOff: -8 * time.Hour}, "flat battery": {ClockReset: true}} {
		t.Run(name, func(t *testing.T) {
			st := open(t, Options{})
			sim := plug(t, st, func(o *terminal.Options) { o.Poll = 5 * time.Millisecond })
			sim.SetFaults(f)
			told(t, sim, 2)
			poll(t, func() bool { st.drv.mu.Lock(); defer st.drv.mu.Unlock(); return !st.drv.clock.backlog })
			sim.Punch("1001", 0, 1)
			drained(t, sim)
			equal(t, st, sim)
			if h := st.sink.health(); h == nil || h.Code != "clock_skew" {
				t.Errorf("health %+v", h)
			}
			sim.SetFaults(terminal.Faults{})
			sim.Operate(21)
			poll(t, func() bool { return st.sink.health() == nil })
		})
	}
}
