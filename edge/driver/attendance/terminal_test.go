package attendance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/inbound"
	"hallpulse/edge/simulator/terminal"
)

// plug connects a simulated terminal.
func plug(t *testing.T, st *site, change func(*terminal.Options)) *terminal.Terminal {
	t.Helper()
	o := terminal.Options{Serial: serial, Server: st.url, Poll: 20 * time.Millisecond, Retry: 10 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	sim := terminal.New(o)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = sim.Run(ctx) }) // it returns nil always
	t.Cleanup(func() { cancel(); wg.Wait() })
	return sim
}

func drained(t *testing.T, sim *terminal.Terminal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := sim.Drained(ctx); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, st *site, sim *terminal.Terminal) {
	t.Helper()
	want := map[string]bool{}
	for _, r := range sim.Memory() {
		want[fmt.Sprintf("%s %s %d %d", r.PIN, r.Time, r.Status, r.Verify)] = true
	}
	got := st.sink.punches()
	for _, p := range got {
		if !want[p] {
			t.Errorf("journalled twice or never made: %s", p)
		}
		delete(want, p)
	}
	if len(want) > 0 {
		t.Errorf("lost: %v", want)
	}
}

func TestFaultsOfTheField(t *testing.T) {
	for name, f := range map[string]terminal.Faults{
		"none": {}, "CRLF": {CRLF: true}, "spaces": {Spaces: true}, "four columns": {Columns: 4}, "twelve": {Columns: 12},
		"no last line end": {NoLastLF: true}, "GBK names": {Names: true}, "empty operlog": {EmptyOper: true},
		"resend": {Resend: 5}, "cut": {CutBodies: 3}, "handshakes": {Handshakes: true}, "impossible date": {BadDate: true},
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t, Options{})
			sim := plug(t, st, nil)
			sim.SetFaults(f)
			for i := range 50 {
				sim.Punch(fmt.Sprintf("1%03d", i), i%6, 15)
			}
			drained(t, sim)
			equal(t, st, sim)
		})
	}
}

func TestVariantsOfPaths(t *testing.T) {
	for name, change := range map[string]func(*terminal.Options){
		"aspx":      func(o *terminal.Options) { o.Suffix = ".aspx" },
		"no prefix": func(o *terminal.Options) { o.Prefix = "-" },
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t, Options{})
			sim := plug(t, st, change)
			sim.Punch("1001", 0, 1)
			drained(t, sim)
			equal(t, st, sim)
		})
	}
}

func TestOutage(t *testing.T) {
	st := open(t, Options{})
	sim := plug(t, st, nil)
	sim.Offline(true)
	at := time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC)
	var many []terminal.Record
	for i := range 10_000 {
		many = append(many, terminal.Record{PIN: "1001", Time: at.Add(time.Duration(i) * time.Second).Format(timeLayout), Verify: 1})
	}
	sim.Load(many...)
	st.sink.setFail(errors.New("disk full"), 5000)
	sim.Offline(false)
	poll(t, func() bool { return len(st.sink.punches()) == 5000 })
	st.sink.setFail(nil, 0)
	drained(t, sim)
	equal(t, st, sim)
}

// poll waits for good.
func poll(t *testing.T, good func() bool) {
	t.Helper()
	end := time.NewTimer(20 * time.Second)
	defer end.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !good() {
		select {
		case <-end.C:
			t.Fatal("did not happen")
		case <-tick.C:
		}
	}
}

func TestCommands(t *testing.T) {
	st := open(t, Options{})
	sim := plug(t, st, nil)
	sim.Punch("1001", 0, 1)
	drained(t, sim)
	for _, bad := range []string{"SHELL reboot", "CLEAR LOG", "INFO\nSHELL x", "INFOX", "DATA DELETE USERINFO PIN=1", strings.Repeat("INFO ", 999)} {
		if _, err := st.srv.Command(serial, bad); err == nil {
			t.Errorf("command %.20q was taken", bad)
		}
	}
	if _, err := st.srv.Command("NOBODY", "INFO"); !errors.Is(err, ErrUnknownTerminal) {
		t.Errorf("got %v", err)
	}
	check, err := st.srv.Command(serial, "CHECK")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	query, err := st.srv.Repair(serial, now.Add(-time.Hour), now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	poll(t, func() bool { r := st.srv.Results(serial); return r[check].Done && r[query].Done })
	poll(t, func() bool { return st.drv.Status().Duplicates >= 2 })
	drained(t, sim)
	equal(t, st, sim)
	got := sim.Commands()
	if len(got) != 4 || got[0] != "INFO" || got[1] != "SET OPTION TimeZone=8" {
		t.Errorf("commands %q", got)
	}
	if r := st.srv.Results(serial)["1"]; r.Code != 0 || !strings.Contains(r.Text, "~DeviceName=K40") {
		t.Errorf("INFO gave %+v", r)
	}
	if !strings.HasPrefix(st.drv.Status().Info, "Ver 2.0.33S") {
		t.Errorf("info %q", st.drv.Status().Info)
	}
}

func TestCommandWithoutAnswerIsGivenUp(t *testing.T) {
	c := &commands{}
	id := c.add("CHECK")
	now := time.Now()
	for range commandTries {
		if text, queries := c.due(now); text != "C:1:CHECK\n" || !queries {
			t.Fatalf("got %q", text)
		}
		if text, _ := c.due(now.Add(time.Second)); text != "" {
			t.Fatalf("sent again at once: %q", text)
		}
		now = now.Add(answerTime)
	}
	if text, _ := c.due(now); text != "" || len(c.queue) != 0 {
		t.Errorf("sent once more: %q", text)
	}
	if r := c.results[0]; r.ID != id || !r.Done || r.Code != -1003 {
		t.Errorf("got %+v", r)
	}
}

func TestClockSkew(t *testing.T) {
	clk := &clock{t: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)}
	st := open(t, Options{Now: clk.now})
	post := func(off time.Duration, lines int) {
		t.Helper()
		var b strings.Builder
		for i := range lines {
			fmt.Fprintf(&b, "%d\t%s\t0\t1\n", 1000+i, clk.now().Add(off).In(cst).Format(timeLayout))
		}
		st.want(t, "POST", attlog, b.String(), 200, fmt.Sprintf("OK: %d", lines))
	}
	poll := func(n int) {
		for range n {
			clk.add(Delay)
			st.ask(t, "GET", "/iclock/getrequest?SN="+serial, "")
		}
	}
	post(-time.Hour, 1) // first contact: it may have been kept
	if st.sink.health() != nil {
		t.Error("an old punch was taken for a slow clock")
	}
	poll(3)
	post(-2*time.Second, 1)
	if s := st.drv.Status(); s.Skew != -2*time.Second || !s.SkewKnown || st.sink.health() != nil {
		t.Errorf("skew %v", s.Skew)
	}
	poll(1)
	post(-8*time.Hour, 1) // in contact all the time: its clock is wrong
	if h := st.sink.health(); h == nil || h.Code != "clock_skew" {
		t.Errorf("health %+v", h)
	}
	if p := st.sink.facts[len(st.sink.facts)-1].Punch; p.Skew != -8*time.Hour || !p.At.Equal(clk.now().Add(-8*time.Hour)) {
		t.Errorf("punch %+v", p)
	}
	poll(1)
	post(time.Second, 1)
	if st.sink.health() != nil {
		t.Error("still degraded")
	}
	clk.add(time.Hour) // the line was down
	post(-30*time.Minute, 1)
	if st.sink.health() != nil {
		t.Error("a kept punch was taken for a slow clock")
	}
	post(4*time.Hour, 20) // nobody punches in the future
	if h := st.sink.health(); h == nil || h.Code != "clock_skew" {
		t.Errorf("health %+v", h)
	}
}

func TestRunEnds(t *testing.T) {
	srv := NewServer(Options{Addr: "127.0.0.1:0"})
	if err := srv.Terminal(TerminalOptions{Serial: "a b"}).Run(t.Context(), newSink()); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("bad serial: %v", err)
	}
	if err := srv.Terminal(TerminalOptions{Serial: serial}).Run(t.Context(), newSink()); !errors.Is(err, inbound.ErrClosed) {
		t.Errorf("no server: %v", err)
	}
	st := open(t, Options{})
	st.stop()
	if st.drv.sink != nil {
		t.Error("the sink is still held")
	}
}
