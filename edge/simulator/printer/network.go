package printer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"hallpulse/firmware-bridge/escpos"
)

// maxKept bounds what a network printer remembers of what it printed.
const maxKept = 4 << 20

// Network is a simulated printer on TCP (port 9100). It takes every connection, keeps what is printed and answers when it is
// asked for its status. It is safe for concurrent use.
type Network struct {
	mu      sync.Mutex
	address string
	ln      net.Listener // nil: off
	conns   map[net.Conn]bool
	printed []byte
	status  escpos.Status
	faults  faults
	wg      sync.WaitGroup
	changed chan struct{} // closed when the faults change
}

// faults are what may be wrong with the line or the printer's firmware.
type faults struct {
	noStatus bool
	halfOpen bool
	single   bool
	slow     time.Duration
}

// NewNetwork gives a printer at address, host:port, that is off. Port 0: any, which it keeps.
func NewNetwork(address string) *Network {
	return &Network{address: address, conns: map[net.Conn]bool{}, changed: make(chan struct{})}
}

// Run turns the printer on, and off when ctx ends.
func (n *Network) Run(ctx context.Context) error {
	if err := n.Power(true); err != nil {
		return err
	}
	<-ctx.Done()
	return n.Close()
}

// Close turns the printer off and waits until nothing of it is left.
func (n *Network) Close() error {
	err := n.Power(false)
	n.wg.Wait()
	return err
}

// Power turns the printer on, or off: every connection breaks and new ones are refused.
func (n *Network) Power(on bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if on == (n.ln != nil) {
		return nil
	}
	if !on {
		err := n.ln.Close() // first: who loses a connection comes again at once
		n.ln = nil
		for c := range n.conns {
			_ = c.(*net.TCPConn).SetLinger(0) // it may have ended
			_ = c.Close()
		}
		return err
	}
	ln, err := net.Listen("tcp", n.address)
	if err != nil {
		return fmt.Errorf("printer: %w", err)
	}
	n.ln, n.address = ln, ln.Addr().String()
	n.wg.Go(func() { n.accept(ln) })
	return nil
}

// Addr is where the printer is; with port 0 once it was on.
func (n *Network) Addr() string { n.mu.Lock(); defer n.mu.Unlock(); return n.address }

// Printed gives what the printer took for printing, without the questions for its status.
func (n *Network) Printed() []byte { n.mu.Lock(); defer n.mu.Unlock(); return bytes.Clone(n.printed) }

// Connections gives how many connections are open.
func (n *Network) Connections() int { n.mu.Lock(); defer n.mu.Unlock(); return len(n.conns) }

// State says what the printer answers when it is asked for its status: paper near its end or ended, cover open, cutter jammed and
// so on.
func (n *Network) State(s escpos.Status) { n.mu.Lock(); defer n.mu.Unlock(); n.status = s }

// change changes the faults and wakes who waits for them to end.
func (n *Network) change(f func(*faults)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(&n.faults)
	close(n.changed)
	n.changed = make(chan struct{})
}

// NoStatus makes the printer answer no question.
func (n *Network) NoStatus(on bool) { n.change(func(f *faults) { f.noStatus = on }) }

// HalfOpen makes the printer hang: it takes connections, and nothing that is sent on them.
func (n *Network) HalfOpen(on bool) { n.change(func(f *faults) { f.halfOpen = on }) }

// Single makes the printer take one connection at a time and break others.
func (n *Network) Single(on bool) { n.change(func(f *faults) { f.single = on }) }

// Slow makes the printer wait before it takes what is sent, and before it answers; 0 ends it.
func (n *Network) Slow(d time.Duration) { n.change(func(f *faults) { f.slow = d }) }

// Say sends bytes on every connection, as a printer with automatic status does.
func (n *Network) Say(p []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all error
	for c := range n.conns {
		_, err := c.Write(p)
		all = errors.Join(all, err)
	}
	return all
}

func (n *Network) accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		n.mu.Lock()
		if n.ln != ln || n.faults.single && len(n.conns) > 0 {
			_ = c.(*net.TCPConn).SetLinger(0) // it is new
			_ = c.Close()
			n.mu.Unlock()
			continue
		}
		n.conns[c] = true
		n.mu.Unlock()
		n.wg.Go(func() { n.serve(c) })
	}
}
