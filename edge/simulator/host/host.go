// Package host is a simulated machine on the network of a hall: it serves a page, and can refuse, hang, fail or go away.
package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Mode is how the machine is.
type Mode int

// The modes.
const (
	Works   Mode = iota
	Away         // the connection is refused
	Hangs        // takes the connection and says nothing
	Fails        // answers every page with an error
	Strange      // serves another page
)

// Host is the machine.
type Host struct {
	addr string
	page string

	mu   sync.Mutex
	mode Mode
	ln   net.Listener
}

// New gives a machine at addr (empty: a free loopback port) that serves a page.
func New(addr, page string) (*Host, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	return &Host{addr: ln.Addr().String(), page: page, ln: ln}, nil
}

// Addr is where it listens.
func (h *Host) Addr() string { return h.addr }

// Set changes how the machine is.
func (h *Host) Set(m Mode) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mode = m
	if m == Away && h.ln != nil {
		err := h.ln.Close()
		h.ln = nil
		return err
	}
	if m != Away && h.ln == nil {
		ln, err := net.Listen("tcp", h.addr)
		if err != nil {
			return fmt.Errorf("host: %w", err)
		}
		h.ln = ln
	}
	return nil
}

// Run serves until ctx ends.
func (h *Host) Run(ctx context.Context) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close(); _ = h.Set(Away) })
	defer stop()
	for ctx.Err() == nil {
		h.mu.Lock()
		ln := h.ln
		h.mu.Unlock()
		if ln == nil {
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Millisecond):
			}
			continue
		}
		if err := srv.Serve(ln); errors.Is(err, http.ErrServerClosed) {
			return nil
		}
	}
	return nil
}

// ServeHTTP gives the page as the machine is now.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	mode := h.mode
	h.mu.Unlock()
	switch mode {
	case Hangs:
		<-r.Context().Done()
	case Fails:
		http.Error(w, "broken", http.StatusInternalServerError)
	case Strange:
		_, _ = w.Write([]byte("another page"))
	default:
		_, _ = w.Write([]byte(h.page))
	}
}
