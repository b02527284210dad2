package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hallpulse/hall"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// gateway is what a server acts on: it notes what was asked of it.
type gateway struct {
	mu    sync.Mutex
	asked []string
	hold  chan struct{} // Switch waits for it, or for its context; nil: it does not
	held  chan struct{} // closed when Switch waits
	fails error
	long  bool
}

func (g *gateway) note(format string, args ...any) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, fmt.Sprintf(format, args...))
	return g.fails
}

func (g *gateway) notes() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strings.Join(g.asked, "; ")
}

func (g *gateway) Terminals() []Terminal {
	if g.long {
		return []Terminal{{Firmware: strings.Repeat("x", MaxAnswer)}}
	}
	return []Terminal{{Serial: "CEXA1", Users: 12, Tamper: TamperNone}}
}

func (g *gateway) Order(serial, kind, from, to string) (Terminal, error) {
	return Terminal{Serial: serial, Waiting: 1}, g.note("order %s %s %s %s", serial, kind, from, to)
}
func (g *gateway) Acknowledge(serial string) error { return g.note("acknowledge %s", serial) }
func (g *gateway) Relays() []Relay                 { on := true; return []Relay{{Device: "lights", On: &on}} }
func (g *gateway) Switch(ctx context.Context, d hall.DeviceID, on bool) error {
	if g.hold != nil {
		close(g.held)
		select {
		case <-g.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g.note("switch %s %v", d, on)
}

// shelf gives a folder with a short path, as a socket needs one.
func shelf(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func served(dir string, g *gateway, log io.Writer) *Server {
	return New(Options{Path: filepath.Join(dir, SocketFile), Terminals: g, Orderer: g, Acknowledger: g, Relays: g, Switcher: g,
		Now: func() time.Time { return time.Unix(1.8e9, 0).UTC() }, Logger: slog.New(slog.NewTextHandler(log, nil))})
}

// running runs a server until the test ends or stop is called, and waits until it listens.
func running(t testing.TB, s *Server) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("Run: %v", err)
				}
			case <-time.After(patience):
				t.Error("Run does not end")
			}
		})
	}
	t.Cleanup(stop)
	eventually(t, "it listens", func() bool {
		conn, err := net.Dial("unix", s.o.Path)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return stop
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late, tick := time.After(patience), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("%s: not within %v", what, patience)
		case <-tick.C:
		}
	}
}

// raw sends bytes and gives the answer, nil: none.
func raw(t testing.TB, dir string, request []byte) *Answer {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, SocketFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = conn.Write(request) // the answer tells
	_ = conn.(*net.UnixConn).CloseWrite()
	text, _ := io.ReadAll(io.LimitReader(conn, MaxAnswer+1))
	if len(text) == 0 {
		return nil
	}
	var a Answer
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return &a
}

func yes() *bool { on := true; return &on }

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

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

// Only the gateway's user and root: the file says so from its first moment, whatever the umask, and the kernel names the caller.
func TestMode(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := shelf(t)
	sock, err := listen(t.Context(), filepath.Join(dir, SocketFile)) // nothing but bind has touched it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sock.Close() }()
	info, err := os.Lstat(filepath.Join(dir, SocketFile))
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if info, err = os.Lstat(filepath.Join(dir, SocketFile+".lock")); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestStrangerIsDenied(t *testing.T) {
	dir, g, log := shelf(t), &gateway{}, &syncBuffer{}
	s := served(dir, g, log)
	s.mayBe = func(uint32) bool { return false }
	running(t, s)
	var p *Problem
	if _, err := NewClient(dir).Do(t.Context(), Request{Do: Acknowledge, Serial: "X"}); !errors.As(err, &p) || p.Code != CodeDenied {
		t.Errorf("%v", err)
	}
	if g.notes() != "" || !strings.Contains(log.String(), "denied") {
		t.Errorf("asked %q, log %s", g.notes(), log)
	}
}

func TestNobodyThere(t *testing.T) {
	dir := shelf(t)
	ask := func(dir string) error {
		_, err := NewClient(dir).Do(t.Context(), Request{Do: ListRelays})
		return err
	}
	for _, d := range []string{dir, filepath.Join(dir, "nowhere")} {
		if err := ask(d); !errors.Is(err, ErrNoGateway) {
			t.Errorf("%s: %v", d, err)
		}
	}
	stale(t, dir)
	if err := ask(dir); !errors.Is(err, ErrNoGateway) {
		t.Errorf("a killed gateway: %v", err)
	}
	if err := ask(strings.Repeat("/long", 40)); !errors.Is(err, errPath) {
		t.Errorf("%v", err)
	}
	if err := dialError(&net.OpError{Err: os.NewSyscallError("connect", syscall.EACCES)}); !errors.Is(err, ErrDenied) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewClient(dir).Do(ctx, Request{Do: ListRelays}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// stale leaves a socket as a killed gateway does.
func stale(t testing.TB, dir string) {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, SocketFile), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	dir := shelf(t)
	stale(t, dir)
	stop := running(t, served(dir, &gateway{}, io.Discard))
	if _, err := NewClient(dir).Do(t.Context(), Request{Do: ListRelays}); err != nil {
		t.Error(err)
	}
	stop()
	if _, err := os.Lstat(filepath.Join(dir, SocketFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it left its socket: %v", err)
	}
	running(t, served(dir, &gateway{}, io.Discard)) // its lock is free
}

func TestLiveGatewayIsNotReplaced(t *testing.T) {
	dir := shelf(t)
	first := &gateway{}
	running(t, served(dir, first, io.Discard))
	if err := served(dir, &gateway{}, io.Discard).Run(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(dir, SocketFile+".lock")); err != nil { // by a hand that tidies up
		t.Fatal(err)
	}
	if err := served(dir, &gateway{}, io.Discard).Run(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("without its lock: %v", err)
	}
	if _, err := NewClient(dir).Do(t.Context(), Request{Do: Acknowledge, Serial: "X"}); err != nil || first.notes() != "acknowledge X" {
		t.Errorf("%v, asked %q", err, first.notes())
	}
}

func TestWhatIsNoSocketStays(t *testing.T) {
	dir := shelf(t)
	file := filepath.Join(dir, SocketFile)
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := served(dir, &gateway{}, io.Discard).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("%q %v", text, err)
	}
	for _, d := range []string{filepath.Join(dir, "nowhere"), strings.Repeat("/long", 40)} {
		if err := served(d, &gateway{}, io.Discard).Run(t.Context()); err == nil {
			t.Errorf("%s: no error", d)
		}
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
