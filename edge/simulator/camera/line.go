package camera

import (
	"net"
	"sync"
	"time"
)

// slowness is how late a slow camera answers.
const slowness = 20 * time.Second

// line is the camera's network: it breaks and delays the connections of both servers.
type line struct {
	mu      sync.Mutex
	offline bool
	slow    bool
	over    bool
	changed chan struct{} // closed at a change
	conns   map[*conn]struct{}
}

func newLine() *line { return &line{changed: make(chan struct{}), conns: map[*conn]struct{}{}} }

// set changes the state. A line that is down has no connections.
func (l *line) set(change func(*line)) {
	l.mu.Lock()
	change(l)
	close(l.changed)
	l.changed = make(chan struct{})
	var broken []*conn
	if l.offline || l.over {
		for c := range l.conns {
			broken = append(broken, c)
		}
	}
	l.mu.Unlock()
	for _, c := range broken {
		c.reset()
	}
}

// cut breaks all connections for good.
func (l *line) cut() { l.set(func(l *line) { l.over = true }) }

// listen opens a port on the line.
func (l *line) listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &listener{Listener: ln, line: l}, nil
}

type listener struct {
	net.Listener
	line *line
}

// Accept gives the next connection that the line lets through.
func (ln *listener) Accept() (net.Conn, error) {
	for {
		nc, err := ln.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: nc, line: ln.line, gone: make(chan struct{})}
		if ln.line.admit(c) {
			return c, nil
		}
		c.reset()
	}
}

func (l *line) admit(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.offline || l.over {
		return false
	}
	l.conns[c] = struct{}{}
	return true
}

// hold waits while the line is slow; it says whether the connection is still there.
func (l *line) hold(c *conn) bool {
	timer := time.NewTimer(slowness)
	defer timer.Stop()
	for {
		l.mu.Lock()
		slow, changed := l.slow, l.changed
		l.mu.Unlock()
		if !slow {
			return true
		}
		select {
		case <-changed:
		case <-timer.C:
			return true
		case <-c.gone:
			return false
		}
	}
}

// conn is a connection that the line may hold up or break.
type conn struct {
	net.Conn
	line *line
	once sync.Once
	gone chan struct{}
}

// Write answers, late on a slow line.
func (c *conn) Write(p []byte) (int, error) {
	if !c.line.hold(c) {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

// Close ends the connection and whoever waits to write on it.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.gone)
		c.line.mu.Lock()
		delete(c.line.conns, c)
		c.line.mu.Unlock()
	})
	return c.Conn.Close()
}

// reset closes the connection without a goodbye.
func (c *conn) reset() {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // a connection that is gone already needs no reset
	}
	_ = c.Close()
}
