package agent

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/control"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/edge/simulator/terminal"
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
