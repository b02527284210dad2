package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

func TestActions(t *testing.T) {
	dir, g, log := shelf(t), &gateway{}, &syncBuffer{}
	running(t, served(dir, g, log))
	c := NewClient(dir)
	do := func(r Request) Answer {
		t.Helper()
		a, err := c.Do(t.Context(), r)
		if err != nil || a.AsOf.Unix() != 1.8e9 {
			t.Errorf("%+v: %v %v", r, a, err)
		}
		return a
	}
	if a := do(Request{Do: ListTerminals}); len(a.Terminals) != 1 || a.Terminals[0].Users != 12 {
		t.Errorf("%+v", a)
	}
	if a := do(Request{Do: ListRelays}); len(a.Relays) != 1 || !*a.Relays[0].On {
		t.Errorf("%+v", a)
	}
	if strings.Contains(log.String(), "level=INFO") {
		t.Errorf("a look is logged like an action: %s", log)
	}
	if a := do(Request{Do: GiveOrder, Serial: "CEXA1", Kind: "query", From: "2026-11-01", To: "2026-11-02"}); a.Terminals[0].Waiting != 1 {
		t.Errorf("%+v", a)
	}
	do(Request{Do: Acknowledge, Serial: "CEXA1"})
	do(Request{Do: SwitchRelay, Device: "lights", On: yes()})
	do(Request{Do: SwitchRelay, Device: "lights", On: new(bool)})
	if want := "order CEXA1 query 2026-11-01 2026-11-02; acknowledge CEXA1; switch lights true; switch lights false"; g.notes() != want {
		t.Errorf("asked %s", g.notes())
	}
	for _, w := range []string{"do=order", "serial=CEXA1", "kind=query", "from=2026-11-01", "do=acknowledge", "device=lights on=true", "on=false", fmt.Sprintf("uid=%d", os.Geteuid())} {
		if !strings.Contains(log.String(), w) {
			t.Errorf("no %q in the log\n%s", w, log)
		}
	}
}

func TestProblems(t *testing.T) {
	dir, g, log := shelf(t), &gateway{}, &syncBuffer{}
	running(t, served(dir, g, log))
	c := NewClient(dir)
	g.fails = fmt.Errorf("agent: %w", &Problem{Code: CodeUnknown, Message: hall.Text{ZH: "没有", EN: "there is none"}})
	var p *Problem
	if _, err := c.Do(t.Context(), Request{Do: Acknowledge, Serial: "X"}); !errors.As(err, &p) || p.Code != CodeUnknown || p.Message.ZH != "没有" {
		t.Errorf("%v", err)
	}
	g.fails = errors.New("contact: the line is gone")
	if _, err := c.Do(t.Context(), Request{Do: SwitchRelay, Device: "lights", On: yes()}); !errors.As(err, &p) || p.Code != CodeFailed || !strings.Contains(p.Message.ZH, "the line is gone") {
		t.Errorf("%v", err)
	}
	if strings.Count(log.String(), "level=WARN") != 2 {
		t.Errorf("failures are not logged: %s", log)
	}
	for _, r := range []string{
		"", "{", "[]", "null", `{"do":"erase"}`, `{"do":"order","serial":"a"}`, `{"do":"order","kind":"info"}`, `{"do":"switch","device":"a"}`, `{"do":"terminals","serial":"a"}`,
		`{"do":"relays"} {"do":"relays"}`, `{"do":"relays","by":"me"}`, `{"do":"acknowledge","serial":"` + strings.Repeat("9", maxWord+1) + `"}`, strings.Repeat(" ", MaxRequest) + `{"do":"relays"}`,
	} {
		a := raw(t, dir, []byte(r+"\n"))
		if a == nil || a.Problem == nil || a.Problem.Code != CodeRequest || a.Problem.Message.ZH == "" {
			t.Errorf("%.60s: %+v", r, a)
		}
	}
	if a := raw(t, dir, nil); a != nil {
		t.Errorf("an answer to nothing: %+v", a)
	}
	g.long = true
	if _, err := c.Do(t.Context(), Request{Do: ListTerminals}); !errors.As(err, &p) || p.Code != CodeTooLarge {
		t.Errorf("%v", err)
	}
}

// The end does not wait for a caller who says nothing, nor for a device that hangs; and the caller is told.
func TestEndWithCallers(t *testing.T) {
	dir, g := shelf(t), &gateway{hold: make(chan struct{}), held: make(chan struct{})}
	stop := running(t, served(dir, g, io.Discard))
	silent, err := net.Dial("unix", filepath.Join(dir, SocketFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	asked := make(chan error, 1)
	go func() {
		_, err := NewClient(dir).Do(context.Background(), Request{Do: SwitchRelay, Device: "lights", On: yes()})
		asked <- err
	}()
	<-g.held
	stop()
	select {
	case err := <-asked:
		var p *Problem
		if !errors.Is(err, ErrNoAnswer) && !errors.As(err, &p) {
			t.Errorf("the caller was told %v", err)
		}
	case <-time.After(patience):
		t.Error("the caller waits")
	}
	if g.notes() != "" {
		t.Errorf("asked %s", g.notes())
	}
}

// Callers who send nothing do not keep others out for longer than they may take.
func TestSilentCallers(t *testing.T) {
	dir, g := shelf(t), &gateway{}
	s := served(dir, g, io.Discard)
	s.read = 50 * time.Millisecond
	running(t, s)
	for range 3 * maxCallers {
		conn, err := net.Dial("unix", filepath.Join(dir, SocketFile))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := conn.Write([]byte(`{"do":"acknowledge","serial":"X"}`)); err != nil { // and no end of line
			t.Fatal(err)
		}
	}
	if _, err := NewClient(dir).Do(t.Context(), Request{Do: ListRelays}); err != nil {
		t.Error(err)
	}
	if g.notes() != "" {
		t.Errorf("a line without an end was obeyed: %s", g.notes())
	}
}
