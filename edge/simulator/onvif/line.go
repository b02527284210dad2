package onvif

import (
	"net"
	"sync"
)

// line is the device's network cable: while it is cut, connections are reset.
type line struct {
	net.Listener
	mu   sync.Mutex
	off  bool
	open map[net.Conn]struct{}
}

// Accept gives the next connection; while the line is cut it resets them.
func (l *line) Accept() (net.Conn, error) {
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

func (l *line) forget(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// cutOff cuts the line or mends it.
func (l *line) cutOff(off bool) {
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
