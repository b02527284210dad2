// Package cable is the network cable of a simulated device: it is cut and mended while the device itself goes on.
package cable

import (
	"net"
	"sync"
)

// Cable is a listener at the end of a cable: while it is cut, connections are reset.
type Cable struct {
	net.Listener
	mu   sync.Mutex
	off  bool
	open map[net.Conn]struct{}
}

// New gives a cable that is whole.
func New(ln net.Listener) *Cable { return &Cable{Listener: ln, open: map[net.Conn]struct{}{}} }

// Accept gives the next connection; while the cable is cut it resets them.
func (l *Cable) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		off := l.off
		if !off {
			l.open[c] = struct{}{}
		}
		l.mu.Unlock()
		if !off {
			return &wire{Conn: c, leave: func() { l.forget(c) }}, nil
		}
		reset(c)
	}
}

func (l *Cable) forget(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// Cut cuts the cable or mends it.
func (l *Cable) Cut(off bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.off = off
	if off {
		for c := range l.open {
			reset(c)
		}
		clear(l.open)
	}
}

// reset ends a connection as a lost cable does at its next use.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // without it the end is in good order, which is a lesser fault
	}
	_ = c.Close() // the error is what is wanted
}

type wire struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (w *wire) Close() error {
	w.leave()
	return w.Conn.Close()
}
