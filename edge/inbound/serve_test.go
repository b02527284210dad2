package inbound

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func listening(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func options(h http.HandlerFunc, stop time.Duration) Options {
	second := time.Second
	return Options{Handler: h, Logger: slog.New(slog.DiscardHandler), MaxHeader: 4 << 10, Limits: Limits{Together: 8, From: 8}, Gate: NewGate(),
		Times: Times{Header: second, Read: 5 * second, Write: 5 * second, Idle: second, Stop: stop}}
}

// A request that does not end is cut: Serve returns, and its handler sees the end.
func TestServeLeavesNoRequestBehind(t *testing.T) {
	began, left := make(chan struct{}), make(chan struct{})
	ln := listening(t)
	o := options(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(left)
	}, 10*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, o) }()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if r, err := http.Get("http://" + ln.Addr().String()); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
	}()
	<-began
	if !o.Gate.Open() {
		t.Error("the gate is closed while requests are served")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-left
	<-asked
	if o.Gate.Open() {
		t.Error("the gate is open after the end")
	}
}

func TestServeTellsThatItsListenerFailed(t *testing.T) {
	ln := listening(t)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), ln, options(nil, time.Second)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, begin := NewGate(), time.Now()
		if err := g.Await(t.Context(), time.Second); !errors.Is(err, ErrClosed) || time.Since(begin) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
		if err := g.Follow(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		time.AfterFunc(time.Second, func() { g.set(true) })
		if err := g.Await(t.Context(), time.Minute); err != nil || !g.Open() {
			t.Errorf("got %v, open %v", err, g.Open())
		}
		time.AfterFunc(time.Second, func() { g.set(false) })
		if err := g.Follow(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.Await(ctx, time.Minute); err != nil {
			t.Errorf("after the end: %v", err)
		}
	})
}
