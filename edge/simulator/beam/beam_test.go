package beam

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/hall"
)

// chip is a running server with the lines a and b.
func chip(t *testing.T) (s *Server, c *Client, stop func()) {
	t.Helper()
	sock := filepath.Join(t.TempDir(), "gpio")
	s, c = NewServer(Options{Socket: sock, Pins: []string{"a", "b"}, Pace: 20 * time.Millisecond}), NewClient(sock)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return s, c, stop
}

// line opens a line as soon as the server is there.
func line(t *testing.T, c *Client, name string) gpio.PinIn {
	t.Helper()
	late := time.Now().Add(10 * time.Second)
	for {
		p, err := c.Pin(name)
		if err == nil {
			t.Cleanup(func() { _ = p.Halt() })
			return p
		}
		if !errors.Is(err, errAway) || time.Now().After(late) {
			t.Fatal(err)
		}
	}
}

func TestEdgesArrive(t *testing.T) {
	s, c, _ := chip(t)
	p := line(t, c, "a")
	if err := p.In(gpio.PullUp, gpio.BothEdges); err != nil {
		t.Fatal(err)
	}
	if p.Read() != gpio.High || p.WaitForEdge(0) {
		t.Error("a clear beam is low, or has an edge")
	}
	for range 3 {
		if err := s.Passage(t.Context(), "a", "b", hall.In); err != nil {
			t.Fatal(err)
		}
		for _, what := range []string{"broken", "clear"} {
			if !p.WaitForEdge(10 * time.Second) {
				t.Errorf("no edge: %s", what)
			}
		}
	}
	if p.WaitForEdge(0) || p.Read() != gpio.High {
		t.Error("more edges than changes")
	}
}

func TestStuckWinsOverTheDriver(t *testing.T) {
	s, _, _ := chip(t)
	if err := errors.Join(s.Stick("a", true), s.Set("a", gpio.High)); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Level("a"); l != gpio.Low || err != nil {
		t.Error(l, err)
	}
	if err := s.Stick("a", false); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Level("a"); l != gpio.High || err != nil {
		t.Error(l, err)
	}
	if err := s.Set("none", gpio.Low); err == nil {
		t.Error("a line that is not there was set")
	}
}

func TestUnknownLines(t *testing.T) {
	_, c, _ := chip(t)
	line(t, c, "a")
	for _, name := range []string{"none", "", "a\nb", strings.Repeat("x", 2*maxName)} {
		if p, err := c.Pin(name); err == nil {
			t.Errorf("opened %q", name)
			_ = p.Halt()
		}
	}
}

// A line does not come back by itself: its driver must learn that edges were missed.
func TestAwayIsForGood(t *testing.T) {
	_, c, stop := chip(t)
	p := line(t, c, "a")
	if err := p.In(gpio.PullUp, gpio.BothEdges); err != nil {
		t.Fatal(err)
	}
	stop()
	began := time.Now()
	if p.WaitForEdge(time.Minute) || time.Since(began) > 30*time.Second {
		t.Error("a line without a chip waits")
	}
	if err := p.(*Pin).Err(); !errors.Is(err, errAway) {
		t.Error(err)
	}
	if err := p.In(gpio.PullUp, gpio.BothEdges); !errors.Is(err, errAway) {
		t.Error(err)
	}
	if err := p.Halt(); err != nil {
		t.Error(err)
	}
}

func TestHaltEndsAWait(t *testing.T) {
	_, c, _ := chip(t)
	p := line(t, c, "a")
	done := make(chan bool)
	go func() { done <- p.WaitForEdge(-1) }()
	if err := p.Halt(); err != nil {
		t.Fatal(err)
	}
	if <-done {
		t.Error("an edge that was none")
	}
}
