package profiled

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"hallpulse/edge/driver"
)

// Times of a TCP line.
const (
	dialTime    = 5 * time.Second
	listenTime  = 5 * time.Second // without a device for so long the run fails, so that the page can tell
	listenRetry = time.Second
	readTime    = 500 * time.Millisecond
	writeTime   = time.Second
	idleTime    = 15 * time.Second // then the system asks whether the other end is still there
)

// TCP is a line over the network: a serial device server, or a device with a network port of its own. Exactly one of Address and
// Listen is set.
type TCP struct {
	Address string       // host:port that is called
	Listen  string       // host:port where the device calls
	From    netip.Prefix // Listen: a device is believed from here alone; the zero prefix: from anywhere
}

// line is an open line of either kind.
type line interface {
	// read gives (0, false, nil) when nothing came within a fraction of a second. fresh says that the bytes are of another
	// connection than those before.
	read(buf []byte) (n int, fresh bool, err error)
	io.Writer
	io.Closer
}

// errNobody says that no device called.
var errNobody = errors.New("no device has connected")

func (d *Driver) open(ctx context.Context) (line, error) {
	switch t := d.o.TCP; {
	case t == nil:
		p, err := d.o.Port.OpenPort()
		if err != nil {
			return nil, err
		}
		return serial{p}, nil
	case t.Listen != "":
		return t.accept(ctx)
	default:
		return t.dial(ctx)
	}
}

// serial is a serial line.
type serial struct{ driver.Port }

func (s serial) read(buf []byte) (int, bool, error) {
	n, err := s.Read(buf)
	return n, false, err
}

// keepAlive finds a device that was switched off: it sends no word of farewell.
func keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: idleTime, Interval: idleTime / 3, Count: 3}
}

func (t *TCP) dial(ctx context.Context) (line, error) {
	dialer := net.Dialer{Timeout: dialTime, KeepAliveConfig: keepAlive()}
	c, err := dialer.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return nil, err
	}
	return &network{conn: c}, nil
}

// accept waits for a device to call. A device that calls again takes the place of its old connection, which may be dead.
func (t *TCP) accept(ctx context.Context) (line, error) {
	config := net.ListenConfig{KeepAliveConfig: keepAlive()}
	l, err := config.Listen(ctx, "tcp", t.Listen)
	if err != nil {
		return nil, err
	}
	n := &network{listener: l, calls: make(chan net.Conn)}
	n.stop = make(chan struct{})
	n.wg.Go(func() { n.answerCalls(t.From) })
	select {
	case c := <-n.calls:
		n.conn = c
		return n, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(listenTime):
		err = fmt.Errorf("%s: %w", t.Listen, errNobody)
	}
	return nil, errors.Join(err, n.Close())
}

// network is a line over TCP.
type network struct {
	mu       sync.Mutex
	conn     net.Conn
	closed   bool
	listener net.Listener  // nil: we called
	calls    chan net.Conn // devices that called
	stop     chan struct{}
	wg       sync.WaitGroup
}

// answerCalls hands on those who call until the listener is closed.
func (n *network) answerCalls(from netip.Prefix) {
	for {
		c, err := n.listener.Accept()
		if err != nil {
			return
		}
		if !believed(c.RemoteAddr(), from) {
			_ = c.Close()
			continue
		}
		select {
		case n.calls <- c:
		case <-n.stop:
			_ = c.Close()
			return
		}
	}
}

// believed says whether a caller is one that is expected.
func believed(a net.Addr, from netip.Prefix) bool {
	if !from.IsValid() {
		return true
	}
	at, err := netip.ParseAddrPort(a.String())
	return err == nil && from.Contains(at.Addr().Unmap())
}

// next takes a device that called anew: its old connection may be dead, though nobody said so.
func (n *network) next() (fresh bool) {
	select {
	case c := <-n.calls: // nil: never
		n.mu.Lock()
		defer n.mu.Unlock()
		_ = n.conn.Close()
		n.conn = c
		return true
	default:
		return false
	}
}

func (n *network) read(buf []byte) (k int, fresh bool, err error) {
	fresh = n.next()
	if err := n.conn.SetReadDeadline(time.Now().Add(readTime)); err != nil {
		return 0, fresh, err
	}
	k, err = n.conn.Read(buf)
	switch {
	case err == nil || errors.Is(err, os.ErrDeadlineExceeded):
		return k, fresh, nil
	case k > 0: // the error comes again
		return k, fresh, nil
	case n.next():
		return 0, true, nil
	case errors.Is(err, io.EOF):
		return 0, fresh, fmt.Errorf("the device closed the connection: %w", err)
	}
	return 0, fresh, err
}

// Write sends b to the device. It may come from another goroutine than the reader's, also after Close.
func (n *network) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return 0, net.ErrClosed
	}
	if err := n.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return n.conn.Write(b)
}

// Close ends the connection, and listening.
func (n *network) Close() (err error) {
	n.mu.Lock()
	n.closed = true
	c := n.conn
	n.mu.Unlock()
	if n.listener != nil {
		close(n.stop)
		err = n.listener.Close()
		n.wg.Wait()
	}
	if c != nil {
		err = errors.Join(err, c.Close())
	}
	return err
}
