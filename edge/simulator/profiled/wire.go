package profiled

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

var (
	_ Wire = (*Server)(nil)
	_ Wire = (*Caller)(nil)
)

const (
	writeTime = time.Second
	keepHeard = 256 // chunks that are kept for a listener that does not listen
)

// ErrUnplugged says that nobody is connected.
var ErrUnplugged = errors.New("profiled: unplugged")

// ears hands on what was heard. The zero value is ready.
type ears struct {
	mu     sync.Mutex
	list   []chan []byte
	closed bool
}

// Heard gives what the gateway writes from now on; a listener that does not listen loses what is new.
func (e *ears) Heard() <-chan []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	ch := make(chan []byte, keepHeard)
	if e.closed {
		close(ch)
		return ch
	}
	e.list = append(e.list, ch)
	return ch
}

func (e *ears) tell(p []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ch := range e.list {
		select {
		case ch <- append([]byte(nil), p...):
		default:
		}
	}
}

func (e *ears) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.closed = true
		for _, ch := range e.list {
			close(ch)
		}
	}
}

// listen hands on what comes until the connection ends.
func (e *ears) listen(c net.Conn) {
	buf := make([]byte, 1024)
	for {
		n, err := c.Read(buf)
		if n > 0 {
			e.tell(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

func write(c net.Conn, p []byte) (int, error) {
	if c == nil {
		return 0, ErrUnplugged
	}
	if err := c.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, fmt.Errorf("profiled: %w", err)
	}
	n, err := c.Write(p)
	if err != nil {
		return n, fmt.Errorf("profiled: %w", err)
	}
	return n, nil
}

// Server is a serial device server: gateways connect to it. It is safe for concurrent use.
type Server struct {
	ears
	address string

	mu       sync.Mutex
	listener net.Listener // nil: unplugged
	conns    []net.Conn
	wg       sync.WaitGroup
}

// NewServer listens at address, host:port.
func NewServer(address string) (*Server, error) {
	s := &Server{address: address}
	if err := s.Unplug(false); err != nil {
		return nil, err
	}
	return s, nil
}

// Addr is where it listens, also while it is unplugged.
func (s *Server) Addr() string { s.mu.Lock(); defer s.mu.Unlock(); return s.address }

// Unplug takes it off the network: connections break and new ones are refused. Unplug(false) puts it back.
func (s *Server) Unplug(out bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if out == (s.listener == nil) {
		return nil
	}
	if out {
		err := s.listener.Close()
		for _, c := range s.conns {
			_ = c.Close()
		}
		s.listener, s.conns = nil, nil
		return err
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("profiled: %w", err)
	}
	s.listener, s.address = l, l.Addr().String()
	s.wg.Go(func() { s.serve(l) })
	return nil
}

func (s *Server) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.listener != l {
			s.mu.Unlock()
			_ = c.Close()
			return
		}
		s.conns = append(s.conns, c)
		s.wg.Go(func() { s.listen(c); s.forget(c) })
		s.mu.Unlock()
	}
}

func (s *Server) forget(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.conns {
		if other == c {
			s.conns = append(s.conns[:i], s.conns[i+1:]...)
			break
		}
	}
	_ = c.Close()
}

// Write says p to every gateway that is connected; ErrUnplugged: there is none.
func (s *Server) Write(p []byte) (n int, err error) {
	s.mu.Lock()
	conns := append([]net.Conn(nil), s.conns...)
	s.mu.Unlock()
	if len(conns) == 0 {
		return 0, ErrUnplugged
	}
	for _, c := range conns {
		if _, e := write(c, p); e != nil {
			err = e
		}
	}
	return len(p), err
}

// Connected says how many gateways are connected.
func (s *Server) Connected() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.conns) }

// Close ends it.
func (s *Server) Close() error {
	err := s.Unplug(true)
	s.wg.Wait()
	s.ears.close()
	return err
}
