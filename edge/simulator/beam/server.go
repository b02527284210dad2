// Package beam is a simulated GPIO chip with beam pairs on it. The simulator's process owns the lines ([Server]); a
// gateway opens them over a Unix socket ([Client]) as periph pins, so it can be killed and started again while people
// go on walking.
//
// The protocol is one connection per line: the client writes the line's name and LF; the server answers with the level,
// 'H' or 'L', and writes another at each change; 'E' and the end say that there is no such line.
package beam

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Limits of the server.
const (
	maxName    = 64
	maxReaders = 64
	queue      = 256 // changes a reader may be behind; it is cut off then and must connect again
)

// Options of a Server.
type Options struct {
	Socket string        // path of the Unix socket; what is there is replaced
	Pins   []string      // the lines; they start high: clear beams
	Pace   time.Duration // how long a passage takes; 0: 300 ms
}

// Server owns simulated lines. They have levels whether or not Run is running.
type Server struct {
	o    Options
	door map[[2]string]*sync.Mutex // one person at a time between a pair

	mu      sync.Mutex
	lines   map[string]*wire
	readers int
}

type wire struct {
	driven gpio.Level // what the receiver wants
	stuck  bool       // held broken
	shown  gpio.Level
	subs   map[chan gpio.Level]struct{}
}

// NewServer prepares a chip; it opens nothing.
func NewServer(o Options) *Server {
	if o.Pace <= 0 {
		o.Pace = 300 * time.Millisecond
	}
	s := &Server{o: o, door: map[[2]string]*sync.Mutex{}, lines: map[string]*wire{}}
	for _, p := range o.Pins {
		s.lines[p] = &wire{driven: gpio.High, shown: gpio.High, subs: map[chan gpio.Level]struct{}{}}
	}
	return s
}

// Run serves the lines until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	if err := os.Remove(s.o.Socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("beam: %w", err)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "unix", s.o.Socket)
	if err != nil {
		return fmt.Errorf("beam: %w", err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	for {
		c, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("beam: %w", err)
		}
		wg.Go(func() { s.serve(ctx, c) })
	}
}

// serve sends one line's level and changes until the client leaves.
func (s *Server) serve(ctx context.Context, c net.Conn) {
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return
	}
	rd := bufio.NewReaderSize(c, maxName)
	name, err := rd.ReadSlice('\n')
	if err != nil {
		return
	}
	sub := make(chan gpio.Level, queue)
	if !s.subscribe(string(name[:len(name)-1]), sub) {
		_, _ = c.Write([]byte("E")) // the client is told, or gone
		return
	}
	defer s.unsubscribe(string(name[:len(name)-1]), sub)
	gone := make(chan struct{})
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { _ = c.Close() }()
	wg.Go(func() { defer close(gone); _, _ = rd.ReadByte() }) // nothing is expected but the end
	for {
		select {
		case l, ok := <-sub:
			if !ok {
				return
			}
			if _, err := c.Write(letter(l)); err != nil {
				return
			}
		case <-gone:
			return
		}
	}
}

func letter(l gpio.Level) []byte {
	if l {
		return []byte("H")
	}
	return []byte("L")
}

// subscribe sends the level now and each change to sub, which is closed when it is full.
func (s *Server) subscribe(pin string, sub chan gpio.Level) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.lines[pin]
	if !ok || s.readers >= maxReaders {
		return false
	}
	s.readers++
	w.subs[sub] = struct{}{}
	sub <- w.shown
	return true
}

func (s *Server) unsubscribe(pin string, sub chan gpio.Level) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers--
	delete(s.lines[pin].subs, sub)
}

// Set drives a line. An unknown line is an error.
func (s *Server) Set(pin string, level gpio.Level) error {
	return s.change(pin, func(w *wire) { w.driven = level })
}

// Stick holds a line broken (low) whatever drives it, or lets it go.
func (s *Server) Stick(pin string, stuck bool) error {
	return s.change(pin, func(w *wire) { w.stuck = stuck })
}

// Level gives a line's level.
func (s *Server) Level(pin string) (gpio.Level, error) {
	var l gpio.Level
	err := s.change(pin, func(w *wire) { l = w.shown })
	return l, err
}

func (s *Server) change(pin string, do func(*wire)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.lines[pin]
	if !ok {
		return fmt.Errorf("beam: no line %q", pin)
	}
	do(w)
	now := w.driven && !gpio.Level(w.stuck)
	if now == w.shown {
		return nil
	}
	w.shown = now
	for sub := range w.subs {
		select {
		case sub <- now:
		default:
			delete(w.subs, sub)
			close(sub)
		}
	}
	return nil
}
