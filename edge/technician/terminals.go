package technician

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"hallpulse/hall"
)

const (
	headerTime = 5 * time.Second
	maxHead    = 8 << 10
	maxSerial  = 32 // bytes of a terminal's serial number
)

var noteTerminal = hall.Text{ZH: "考勤机已指向本机；打卡记录未被取走", EN: "the terminal points to this machine; its records were left with it"}

// terminals listens for attendance terminals that push (ZKTeco ADMS). Every request is answered with 503, so that a terminal
// keeps what it has and tries again: nothing that it sends is taken.
func terminals(ctx context.Context, o *Options) ([]Finding, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", o.Terminals)
	if err != nil {
		return nil, err
	}
	calls := &calls{seen: map[string]bool{}}
	server := &http.Server{Handler: calls, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, MaxHeaderBytes: maxHead}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
	case <-time.After(o.Wait):
	case err := <-served:
		return calls.list(), err
	}
	err = server.Close()
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return calls.list(), err
}

// calls are the terminals that called.
type calls struct {
	mu    sync.Mutex
	seen  map[string]bool
	found []Finding
}

// ServeHTTP notes who calls and takes nothing.
func (c *calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusServiceUnavailable)
	serial := r.URL.Query().Get("SN")
	if !strings.HasPrefix(r.URL.Path, "/iclock/") || serial == "" || len(serial) > maxSerial {
		return
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[serial] || len(c.found) >= maxFindings {
		return
	}
	c.seen[serial] = true
	c.found = append(c.found, Finding{Where: host, What: oneLine(serial), Note: noteTerminal, Block: propose(
		fmt.Sprintf("- id: %s\n  driver: zkteco-push\n  zkteco: {serial: %s, from: %s}", id("terminal-"+serial), quoted(serial), quoted(host)))})
}

func (c *calls) list() []Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found
}
