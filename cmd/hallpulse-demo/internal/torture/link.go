package torture

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link is a TCP path whose packets can be made to vanish without any close: a half-open link. A connection that was open
// while packets vanished stays dead for ever, as behind a router that forgot it.
type link struct {
	listener net.Listener
	target   string
	dead     atomic.Bool
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	wg       sync.WaitGroup
}

// newLink listens on a free loopback port and forwards to target.
func newLink(target string) (*link, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("torture: %w", err)
	}
	p := &link{listener: l, target: target, conns: map[net.Conn]struct{}{}}
	p.wg.Go(p.accept)
	return p, nil
}

func (p *link) addr() string { return p.listener.Addr().String() }

// vanish lets packets disappear (true) or pass again (false).
func (p *link) vanish(on bool) { p.dead.Store(on) }

// close ends the path and every connection on it.
func (p *link) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *link) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.forward(c) })
	}
}

// track lets close reach c; the returned function forgets and closes it.
func (p *link) track(c net.Conn) func() {
	p.mu.Lock()
	p.conns[c] = struct{}{}
	p.mu.Unlock()
	return func() {
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
		_ = c.Close()
	}
}

func (p *link) forward(in net.Conn) {
	defer p.track(in)()
	var died atomic.Bool // seen dead once: this connection never works again
	var out net.Conn
	if p.dead.Load() {
		died.Store(true)
		_, _ = io.Copy(io.Discard, in)
		return
	}
	dialer := net.Dialer{Timeout: 2 * time.Second}
	out, err := dialer.DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		return
	}
	defer p.track(out)()
	var wg sync.WaitGroup
	wg.Go(func() { p.pump(out, in, &died) })
	p.pump(in, out, &died)
	wg.Wait()
}

// pump copies from src to dst until either fails. Once packets vanished it swallows what comes and hides that the other
// side closed.
func (p *link) pump(dst, src net.Conn, died *atomic.Bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		if p.dead.Load() {
			died.Store(true)
		}
		if died.Load() {
			if err != nil {
				return
			}
			continue
		}
		if err == nil {
			_, err = dst.Write(buf[:n])
		}
		if err != nil {
			_ = dst.Close()
			_ = src.Close()
			return
		}
	}
}
