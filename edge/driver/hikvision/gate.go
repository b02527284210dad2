package hikvision

import (
	"net"
	"sync"
)

// gate tells drivers whether the server listens.
type gate struct {
	mu      sync.Mutex
	open    bool
	changed chan struct{}
}

func newGate() *gate { return &gate{changed: make(chan struct{})} }

func (g *gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = open
	close(g.changed)
	g.changed = make(chan struct{})
}

// state gives whether it is open and a channel closed at the next change.
func (g *gate) state() (bool, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.changed
}

// limitListener closes connections beyond maxConns at once: a device that holds many must not keep the others out.
type limitListener struct {
	net.Listener
	room chan struct{}
}

func limit(ln net.Listener) net.Listener {
	return &limitListener{Listener: ln, room: make(chan struct{}, maxConns)}
}

// Accept gives the next connection that there is room for.
func (l *limitListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.room <- struct{}{}:
			return &limitedConn{Conn: c, leave: func() { <-l.room }}, nil
		default:
			_ = c.Close() // refused; nothing was said on it
		}
	}
}

type limitedConn struct {
	net.Conn
	once  sync.Once
	leave func()
}

// Close closes the connection and makes room for another.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.leave)
	return err
}
