package localbroker

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// listener accepts connections for mochi. Its own listener ends at the first failed accept, bounds neither the number of
// connections nor the time they take to say who they are, and owns none of its goroutines.
type listener struct {
	ln      net.Listener
	most    int
	hook    *hook
	log     *slog.Logger
	running sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	quit   chan struct{}
}

var _ listeners.Listener = (*listener)(nil)

func newListener(ln net.Listener, most int, h *hook, log *slog.Logger) *listener {
	return &listener{ln: ln, most: most, hook: h, log: log, conns: map[net.Conn]struct{}{}, quit: make(chan struct{})}
}

// Init has nothing to do: the address is open.
func (l *listener) Init(*slog.Logger) error { return nil }

// ID names the listener.
func (l *listener) ID() string { return "hall" }

// Address is where it listens.
func (l *listener) Address() string { return l.ln.Addr().String() }

// Protocol is what it speaks.
func (l *listener) Protocol() string { return "tcp" }

// Serve accepts until Close.
func (l *listener) Serve(establish listeners.EstablishFn) {
	const pause = 50 * time.Millisecond // after a failure that may pass, such as too many open files
	for {
		c, err := l.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			l.log.Error("localbroker: accept", "err", err)
			select {
			case <-time.After(pause):
				continue
			case <-l.quit:
				return
			}
		}
		if !l.add(c) {
			_ = c.Close()
			continue
		}
		go l.serve(c, establish)
	}
}

// serve runs one connection; add has counted it.
func (l *listener) serve(c net.Conn, establish listeners.EstablishFn) {
	defer l.running.Done()
	defer l.remove(c)
	begun, err := opening(c)
	if errors.Is(err, errOpening) {
		l.hook.turnAway("connection", "", c.RemoteAddr().String(), "", err.Error())
	}
	if err == nil {
		_ = establish(l.ID(), begun) // the hook tells what matters of it
	}
}

// add takes a connection in, with a deadline for its CONNECT; mochi moves it with every packet after that.
func (l *listener) add(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	if len(l.conns) >= l.most {
		l.hook.turnAway("connection", "", c.RemoteAddr().String(), "", "too many connections")
		return false
	}
	if err := c.SetDeadline(time.Now().Add(connectTime)); err != nil {
		return false
	}
	l.conns[c] = struct{}{}
	l.running.Add(1)
	return true
}

func (l *listener) remove(c net.Conn) {
	_ = c.Close()
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
}

// Close ends accepting and every connection, also those that mochi does not know yet.
func (l *listener) Close(closeClients listeners.CloseFn) {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	l.mu.Unlock()
	if !first {
		return
	}
	close(l.quit)
	_ = l.ln.Close()
	closeClients(l.ID())
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Close()
	}
}

// wait returns when no connection runs any more.
func (l *listener) wait() { l.running.Wait() }
