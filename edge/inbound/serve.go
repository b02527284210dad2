// Package inbound is the door by which equipment and visitors' telephones call the gateway over HTTP. It bounds the connections,
// together and of one address, ends with its context, and leaves no request behind.
package inbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Times is how long a connection may take for each thing.
type Times struct {
	Header, Read, Write, Idle time.Duration
	Stop                      time.Duration // running requests may take this long to end; then they are cut
}

// Options of a server; all are required.
type Options struct {
	Handler   http.Handler
	Logger    *slog.Logger
	Times     Times
	Limits    Limits
	MaxHeader int   // bytes of a request's head
	Gate      *Gate // open while requests are served; nil: nobody waits for that
}

// Serve serves ln until ctx ends (nil) or the listener fails. It closes ln. Requests have a context that ends with ctx.
func Serve(ctx context.Context, ln net.Listener, o Options) error {
	srv := &http.Server{Handler: o.Handler, ReadHeaderTimeout: o.Times.Header, ReadTimeout: o.Times.Read, WriteTimeout: o.Times.Write,
		IdleTimeout: o.Times.Idle, MaxHeaderBytes: o.MaxHeader, ErrorLog: slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx }}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(Limit(ln, o.Limits)) }()
	if o.Gate != nil {
		o.Gate.set(true)
		defer o.Gate.set(false)
	}
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	return stop(ctx, srv, done, o.Times.Stop)
}

// stop lets running requests end for a moment, then cuts them: who called calls again with what was not answered.
func stop(ctx context.Context, srv *http.Server, done <-chan error, within time.Duration) error {
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	err := srv.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}
