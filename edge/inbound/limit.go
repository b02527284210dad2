package inbound

import (
	"net"
	"net/netip"
	"sync"
)

// Limits are the most connections that may be open.
type Limits struct {
	Together int
	From     int // of one address
}

// limitListener closes connections beyond the limits at once, so that a device which opens many (or holds them open
// without a word) cannot keep the others out.
type limitListener struct {
	net.Listener
	most  Limits
	mu    sync.Mutex
	open  int
	perIP map[netip.Addr]int
}

// Limit gives ln with these bounds.
func Limit(ln net.Listener, most Limits) net.Listener {
	return &limitListener{Listener: ln, most: most, perIP: map[netip.Addr]int{}}
}

// Accept gives the next connection that is within the limits.
func (l *limitListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		ip := AddrOf(c.RemoteAddr().String())
		if l.take(ip) {
			return &limitedConn{Conn: c, leave: func() { l.give(ip) }}, nil
		}
		_ = c.Close() // refused; nothing was said on it
	}
}

func (l *limitListener) take(ip netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.most.Together || l.perIP[ip] >= l.most.From {
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

// AddrOf gives the address of host:port; the zero Addr when it is none.
func AddrOf(hostport string) netip.Addr {
	ap, err := netip.ParseAddrPort(hostport)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}
