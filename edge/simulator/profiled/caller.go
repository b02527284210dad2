package profiled

import (
	"context"
	"net"
	"sync"
	"time"
)

const (
	dialTime  = 2 * time.Second
	callAgain = 50 * time.Millisecond
)

// Caller is a device that connects to the gateway, again and again. It is safe for concurrent use.
type Caller struct {
	ears
	address string

	mu   sync.Mutex
	conn net.Conn // nil: not connected
	out  bool     // unplugged
}

// NewCaller gives a device that connects to address, host:port, while Run runs.
func NewCaller(address string) *Caller { return &Caller{address: address} }

// Run connects until ctx ends.
func (c *Caller) Run(ctx context.Context) {
	defer c.ears.close()
	defer c.set(nil)
	stop := context.AfterFunc(ctx, func() { c.set(nil) })
	defer stop()
	for ctx.Err() == nil {
		if c.dial(ctx) {
			c.mu.Lock()
			conn := c.conn
			c.mu.Unlock()
			if conn != nil {
				c.listen(conn)
			}
			c.set(nil)
		}
		select {
		case <-ctx.Done():
		case <-time.After(callAgain):
		}
	}
}

func (c *Caller) dial(ctx context.Context) bool {
	c.mu.Lock()
	out := c.out
	c.mu.Unlock()
	if out {
		return false
	}
	conn, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return false
	}
	return c.set(conn) && ctx.Err() == nil
}

// set takes a new connection, or ends the one there is.
func (c *Caller) set(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		_ = c.conn.Close()
	}
	if c.conn = conn; c.out && conn != nil {
		_ = conn.Close()
		c.conn = nil
	}
	return c.conn != nil
}

// Unplug takes it off the network, or puts it back.
func (c *Caller) Unplug(out bool) error {
	c.mu.Lock()
	c.out = out
	c.mu.Unlock()
	if out {
		c.set(nil)
	}
	return nil
}

// Connected says whether it is connected.
func (c *Caller) Connected() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.conn != nil }

// Write says p; ErrUnplugged: nobody is connected.
func (c *Caller) Write(p []byte) (int, error) {
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	return write(conn, p)
}
