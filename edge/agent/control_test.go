package agent

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/control"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/edge/simulator/terminal"
	"hallpulse/hall"
)

const switchedDevices = `
  - {id: side-door, name: {zh: 侧门考勤机}, driver: zkteco-push, zkteco: {serial: CEXA000000002, time_zone: Asia/Tokyo}}
  - {id: lights, name: {zh: 大厅灯}, driver: relay, relay: {pin: GPIO5, initial: "off", feedback: GPIO6}}
  - {id: fan, driver: relay, relay: {pin: GPIO7}}
`

// clocked runs a simulated terminal until the test ends.
func clocked(t testing.TB, a *Agent, serial string) *terminal.Terminal {
	t.Helper()
	eventually(t, "terminals can push", func() bool { return a.AttendanceAddr() != "" })
	term := terminal.New(terminal.Options{Serial: serial, Server: "http://" + a.AttendanceAddr(), Retry: 50 * time.Millisecond, Poll: 50 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = term.Run(ctx) }) // it ends with ctx
	t.Cleanup(func() { cancel(); wg.Wait() })
	return term
}

// lines is a log that is read while it is written.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// held is a running gateway with a technician's hand on it.
type held struct {
	*Agent
	t      *testing.T
	client *control.Client
	board  *contacts.Board
	log    *lines
	stop   func()
}

func newHeld(t *testing.T) *held {
	t.Helper()
	dir, err := os.MkdirTemp("", "hp") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h := &held{t: t, client: control.NewClient(dir), board: contacts.New("OUT", "IN", "GPIO5", "GPIO6", "GPIO7"), log: &lines{}}
	must(t, h.board.Load("GPIO5", "GPIO6", false))
	h.Agent = made(t, Options{GPIO: h.board, Logger: slog.New(slog.NewTextHandler(h.log, nil)), Config: configured(t, dir, switchedDevices)})
	h.stop = running(t, h.Agent)
	eventually(t, "the hand", func() bool {
		_, err := h.client.Do(t.Context(), control.Request{Do: control.ListRelays})
		return err == nil
	})
	return h
}

func (h *held) do(r control.Request) control.Answer {
	h.t.Helper()
	a, err := h.client.Do(h.t.Context(), r)
	if err != nil {
		h.t.Fatalf("%+v: %v", r, err)
	}
	return a
}

// refused wants a problem with these words.
func (h *held) refused(r control.Request, code string, words ...string) {
	h.t.Helper()
	_, err := h.client.Do(h.t.Context(), r)
	var p *control.Problem
	if !errors.As(err, &p) || p.Code != code || p.Message.ZH == p.Message.EN {
		h.t.Errorf("%+v: %v", r, err)
		return
	}
	for _, w := range words {
		if !strings.Contains(p.Message.ZH, w) && !strings.Contains(p.Message.EN, w) {
			h.t.Errorf("%+v: no %q in %+v", r, w, p.Message)
		}
	}
}

func (h *held) terminal(serial string) control.Terminal {
	h.t.Helper()
	list := h.do(control.Request{Do: control.ListTerminals}).Terminals
	i := slices.IndexFunc(list, func(t control.Terminal) bool { return t.Serial == serial })
	if i < 0 {
		h.t.Fatalf("no terminal %s in %+v", serial, list)
	}
	return list[i]
}

// ended gives the newest result of an order that begins with text, and whether there is one.
func ended(t control.Terminal, text string) (r control.Result, ok bool) {
	for _, x := range t.Results {
		if strings.HasPrefix(x.Command, text) {
			r = x
		}
	}
	return r, r.Done
}

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
	if a := h.do(control.Request{Do: control.GiveOrder, Serial: "CEXA000000001", Kind: "verify", From: today, To: today}); len(a.Terminals) != 1 || a.Terminals[0].Serial != "CEXA000000001" {
		t.Errorf("%+v", a)
	}
	eventually(t, "it counted", func() bool {
		r, ok := ended(h.terminal("CEXA000000001"), "VERIFY SUM ATTLOG StartTime="+today+" 00:00:00\tEndTime="+today+" 23:59:59")
		return ok && r.Sum == 3
	})
	h.do(control.Request{Do: control.GiveOrder, Serial: "CEXA000000002", Kind: "query", From: "2026-11-01 08:00", To: "2026-11-02T00:00:00Z"})
	if x := h.terminal("CEXA000000002"); x.Waiting != 1 || x.Results[0].Command != "DATA QUERY ATTLOG StartTime=2026-11-01 08:00:00\tEndTime=2026-11-02 09:00:00" || x.Results[0].Done {
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

func TestHandOnRelays(t *testing.T) {
	h := newHeld(t)
	relay := func(id hall.DeviceID) control.Relay {
		list := h.do(control.Request{Do: control.ListRelays}).Relays
		i := slices.IndexFunc(list, func(r control.Relay) bool { return r.Device == id })
		if len(list) != 2 || i < 0 {
			t.Fatalf("%+v", list)
		}
		return list[i]
	}
	is := func(id hall.DeviceID, on bool) func() bool {
		return func() bool { r := relay(id); return r.On != nil && *r.On == on && !r.At.IsZero() }
	}
	eventually(t, "both are read back", func() bool { return is("lights", false)() && is("fan", false)() })
	for _, on := range []bool{true, false, true} {
		for _, id := range []hall.DeviceID{"lights", "fan"} {
			h.do(control.Request{Do: control.SwitchRelay, Device: id, On: &on})
			eventually(t, string(id)+" is told", is(id, on))
		}
		if level := h.board.Level("GPIO5"); bool(level) != on {
			t.Errorf("commanded %v, the line is %v", on, level)
		}
	}
	if r := relay("lights"); r.Name.ZH != "大厅灯" || r.Health != "ok" {
		t.Errorf("%+v", r)
	}
	must(t, h.board.SetFaults("GPIO6", contacts.Faults{Stuck: true})) // a welded contact
	h.refused(control.Request{Do: control.SwitchRelay, Device: "lights", On: new(bool)}, control.CodeFailed, "feedback differs")
	eventually(t, "it is named", func() bool { r := relay("lights"); return r.Reason.Code == "feedback_differs" && *r.On })
	must(t, h.board.SetFaults("GPIO7", contacts.Faults{Away: true}))
	eventually(t, "what is not known is not told", func() bool { return relay("fan").On == nil })
	h.refused(control.Request{Do: control.SwitchRelay, Device: "fan", On: new(bool)}, control.CodeFailed)
	if n := strings.Count(h.log.String(), "do=switch"); n != 8 {
		t.Errorf("%d switches in the log", n)
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
