package hikvision

import (
	"net"
	"net/netip"
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

// limitListener closes connections beyond the limits at once: a device that opens many, or holds them open without a word,
// must not keep the others out.
type limitListener struct {
	net.Listener
	mu    sync.Mutex
	open  int
	perIP map[netip.Addr]int
}

func limit(ln net.Listener) net.Listener {
	return &limitListener{Listener: ln, perIP: map[netip.Addr]int{}}
}

// Accept gives the next connection that is within the limits.
func (l *limitListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, _ := netip.ParseAddrPort(c.RemoteAddr().String()) // of a TCP connection always
		ip := from.Addr().Unmap()
		if l.take(ip) {
			return &limitedConn{Conn: c, leave: func() { l.give(ip) }}, nil
		}
		_ = c.Close() // refused; nothing was said on it
	}
}

func (l *limitListener) take(ip netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= maxConns || l.perIP[ip] >= maxConnsPerIP {
		return false
	}
	l.open++
	l.perIP[ip]++
	return true
}

func (l *limitListener) give(ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.perIP[ip]--; l.perIP[ip] == 0 {
		delete(l.perIP, ip)
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
