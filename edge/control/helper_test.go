package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
