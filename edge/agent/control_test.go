package agent

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/control"
	"hallpulse/edge/driver/attendance"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/hall"
)

func TestHandOnTerminals(t *testing.T) {
	h := newHeld(t)
	if x := h.terminal("CEXA000000001"); x.Health != "unknown" || x.Tamper != control.TamperUnknown || x.Users != -1 || !x.LastSeen.IsZero() || x.Skew != nil {
		t.Errorf("before it called: %+v", x)
	}
	term := clocked(t, h.Agent, "CEXA000000001")
	var told control.Terminal
	eventually(t, "it tells who it is", func() bool {
		told = h.terminal("CEXA000000001")
		_, ok := ended(told, "INFO")
		return ok && told.Health == "ok" && told.Users == 12
	})
	if told.Device != "terminal" || told.Firmware != "Ver 2.0.33S" || told.LastSeen.IsZero() || told.Tamper != control.TamperNone || told.Waiting != 0 {
		t.Errorf("%+v", told)
	}
	if r, _ := ended(told, "INFO"); !strings.Contains(r.Text, "K40") || r.At.IsZero() {
		t.Errorf("%+v", r)
	}
	if x := h.terminal("CEXA000000002"); x.Health != "unknown" || x.Name.ZH != "侧门考勤机" || x.Users != -1 {
		t.Errorf("the other one: %+v", x)
	}
	for n := range 3 {
		term.Punch(string(rune('1'+n)), 0, 1)
	}
	must(t, term.Drained(t.Context()))
	eventually(t, "its clock is judged or not known", func() bool { x := h.terminal("CEXA000000001"); return x.Skew == nil || *x.Skew > -60 && *x.Skew < 60 })
	today := time.Now().In(time.FixedZone("", 8*3600)).Format(time.DateOnly)
	a := h.do(control.Request{Do: control.GiveOrder, Serial: "CEXA000000001", Kind: "verify", From: today, To: today})
	if len(a.Terminals) != 1 || a.Terminals[0].Serial != "CEXA000000001" {
		t.Errorf("%+v", a)
	}
	eventually(t, "it counted", func() bool {
		r, ok := ended(h.terminal("CEXA000000001"), "VERIFY SUM ATTLOG StartTime="+today+" 00:00:00\tEndTime="+today+" 23:59:59")
		return ok && r.Sum == 3
	})
	h.do(control.Request{Do: control.GiveOrder, Serial: "CEXA000000002", Kind: "query", From: "2026-11-01 08:00", To: "2026-11-02T00:00:00Z"})
	own := "DATA QUERY ATTLOG StartTime=2026-11-01 08:00:00\tEndTime=2026-11-02 09:00:00"
	if x := h.terminal("CEXA000000002"); x.Waiting != 1 || x.Results[0].Command != own || x.Results[0].Done {
		t.Errorf("an order on the terminal's own clock: %+v", x)
	}
	_, page := get(t, h.Agent, "/content?lang=en")
	for _, w := range []string{"Attendance terminals", "Ver 2.0.33S", `<td class="n">12</td>`} {
		if !strings.Contains(page, w) {
			t.Errorf("no %q on the page", w)
		}
	}
	if strings.Contains(page, "CEXA000000001") {
		t.Error("the page tells a serial number, by which terminals are believed")
	}
}

func TestHandAcknowledges(t *testing.T) {
	h := newHeld(t)
	term := clocked(t, h.Agent, "CEXA000000001")
	term.Tamper(true)
	eventually(t, "it was opened", func() bool {
		x := h.terminal("CEXA000000001")
		return x.Tamper == control.TamperOpened && x.OpenedAt != ""
	})
	h.do(control.Request{Do: control.Acknowledge, Serial: "CEXA000000001"})
	eventually(t, "somebody looked", func() bool { return h.terminal("CEXA000000001").Tamper == control.TamperNone })
	for _, w := range []string{"do=acknowledge serial=CEXA000000001", "uid="} {
		if !strings.Contains(h.log.String(), w) {
			t.Errorf("no %q in the log", w)
		}
	}
}

func TestHandIsRefused(t *testing.T) {
	h := newHeld(t)
	order := func(serial, kind, from, to string) control.Request {
		return control.Request{Do: control.GiveOrder, Serial: serial, Kind: kind, From: from, To: to}
	}
	h.refused(order("CEXA00000002", "info", "", ""), control.CodeUnknown, "CEXA000000002")
	h.refused(order("X", "info", "", ""), control.CodeUnknown, "CEXA000000001", "CEXA000000002")
	h.refused(control.Request{Do: control.Acknowledge, Serial: "cexa000000001"}, control.CodeUnknown, "CEXA000000001")
	h.refused(order("CEXA000000001", "erase", "", ""), control.CodeUnknown, "info", "reboot")
	h.refused(order("CEXA000000001", "qurey", "", ""), control.CodeUnknown, "query")
	h.refused(order("CEXA000000001", "query", "", ""), control.CodeRange, "需要")
	h.refused(order("CEXA000000001", "info", "2026-11-01", ""), control.CodeRange, "不需要")
	h.refused(order("CEXA000000001", "query", "1.11.", "2026-11-02"), control.CodeRange, "1.11.")
	h.refused(order("CEXA000000001", "verify", "2026-11-02", "2026-11-01"), control.CodeRange, "62")
	h.refused(order("CEXA000000001", "verify", "2026-01-01", "2026-11-01"), control.CodeRange, "62")
	h.refused(control.Request{Do: control.SwitchRelay, Device: "light", On: new(bool)}, control.CodeUnknown, "lights")
	h.refused(control.Request{Do: control.SwitchRelay, Device: "door", On: new(bool)}, control.CodeUnknown, "fan") // it is a door
	clocked(t, h.Agent, "CEXA000000077")
	eventually(t, "a stranger calls", func() bool { return len(h.Strangers()) == 1 })
	h.refused(order("CEXA000000077", "info", "", ""), control.CodeUnknown, "hall.yaml")
	for range 40 { // until no more fit
		_, _ = h.client.Do(t.Context(), order("CEXA000000002", "info", "", ""))
	}
	h.refused(order("CEXA000000002", "info", "", ""), control.CodeFailed, "too many")
	if x := h.terminal("CEXA000000002"); x.Waiting != 32 || len(x.Results) != control.MaxResults {
		t.Errorf("%d waiting, %d told", x.Waiting, len(x.Results))
	}
}

// The socket goes with the gateway, is there again after a kill, and a socket that cannot be made stops nothing.
func TestHandComesAndGoes(t *testing.T) {
	h := newHeld(t)
	dir := h.cfg.DataDir
	h.stop()
	if _, err := h.client.Do(t.Context(), control.Request{Do: control.ListRelays}); !errors.Is(err, control.ErrNoGateway) {
		t.Errorf("%v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, control.SocketFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	must(t, os.Mkdir(filepath.Join(dir, control.SocketFile), 0o700)) // in its way
	log := &lines{}
	b := made(t, Options{GPIO: contacts.New("OUT", "IN"), Logger: slog.New(slog.NewTextHandler(log, nil)), Config: configured(t, dir, "")})
	running(t, b)
	awaitReady(t, b)
	eventually(t, "it is named", func() bool { return strings.Contains(log.String(), "is no socket") })
}

func TestHandWithoutDevices(t *testing.T) {
	c := configured(t, t.TempDir(), "")
	c.Devices = c.Devices[:1]
	a := made(t, Options{Config: c})
	h := &hand{a}
	if len(h.Terminals()) != 0 || a.Terminals() != nil {
		t.Error("terminals")
	}
	var p *control.Problem
	if err := h.Acknowledge("X"); !errors.As(err, &p) || p.Code != control.CodeUnknown {
		t.Errorf("%v", err)
	}
	if err := newRelays(a, nil).Switch(t.Context(), "x", true); !errors.As(err, &p) || p.Code != control.CodeUnknown {
		t.Errorf("%v", err)
	}
}

// What is not known is told as such: a silent terminal may have been opened, and a gateway without the time judges no clock.
func TestHandKnowsWhatItKnows(t *testing.T) {
	for _, c := range []struct {
		d    hall.DeviceState
		want control.Tamper
	}{
		{hall.DeviceState{Health: hall.HealthDegraded, Reason: hall.Reason{Code: "tamper", Detail: "2026-11-24 08:30:00"}}, control.TamperOpened},
		{hall.DeviceState{Health: hall.HealthDegraded, Reason: hall.Reason{Code: "clock_skew"}}, control.TamperNone},
		{hall.DeviceState{Health: hall.HealthOK}, control.TamperNone},
		{hall.DeviceState{Health: hall.HealthDown, Reason: hall.Reason{Code: "silent"}}, control.TamperUnknown},
		{hall.DeviceState{}, control.TamperUnknown},
	} {
		if got, at := tamper(c.d); got != c.want || at != "" && c.want != control.TamperOpened {
			t.Errorf("%+v: %s %s", c.d, got, at)
		}
	}
	x := seenTerminal{Status: attendance.Status{Skew: time.Hour, SkewKnown: true}}
	if _, known := x.skew(); known {
		t.Error("a gateway without the time judges a clock")
	}
	x.judge = true
	if d, known := x.skew(); !known || d != time.Hour {
		t.Error(d, known)
	}
}
