package attendance

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"hallpulse/edge/inbound"
)

// StampStore keeps the stamp a terminal sent last with each table. Losing it costs a re-send of the terminal's whole
// memory, nothing more.
type StampStore interface {
	Stamp(serial, table string) string // empty: none
	SetStamp(serial, table, stamp string) error
}

// Options of a Server.
type Options struct {
	Listener net.Listener     // where terminals connect; nil: Addr is listened on by Run
	Addr     string           // host:port; empty: 127.0.0.1:8081
	Logger   *slog.Logger     // nil: none
	Now      func() time.Time // the gateway's clock; nil: time.Now
	Stamps   StampStore       // nil: kept in memory
}

// Server answers every terminal of a hall. Create it with NewServer; Run may be called again after it returned, except
// when a Listener was given.
type Server struct {
	opts    Options
	log     *slog.Logger
	times   patience
	memory  *memory
	slots   chan struct{}
	gate    *inbound.Gate
	pending *pending

	mu        sync.Mutex
	terminals map[string]*Terminal
	newest    map[string]string // device time of the newest punch in the journal, by serial
	addr      net.Addr
}

// NewServer prepares a server; it opens nothing.
func NewServer(o Options) *Server {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:8081"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Stamps == nil {
		o.Stamps = &memoryStamps{}
	}
	return &Server{opts: o, log: o.Logger, times: defaultPatience(), memory: newMemory(), slots: make(chan struct{}, maxUploads), gate: inbound.NewGate(),
		pending: &pending{}, terminals: map[string]*Terminal{}, newest: map[string]string{}}
}

// Remember says that the punch with this key is in the journal. The gateway calls it for the punches of recent days
// before Run, so that a re-send after a crash is not journalled twice.
func (s *Server) Remember(k Key) {
	s.memory.add(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.terminals[k.Serial]; t != nil {
		t.mu.Lock()
		t.repair.know(k.Time)
		t.mu.Unlock()
		return
	}
	r := repairs{newest: s.newest[k.Serial]}
	if r.know(k.Time); r.newest != "" && (s.newest[k.Serial] != "" || len(s.newest) < maxPending) {
		s.newest[k.Serial] = r.newest
	}
}

// Addr gives the address listened on, nil before Run listens.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Run serves until ctx ends (nil) or the listener fails.
func (s *Server) Run(ctx context.Context) error {
	ln := s.opts.Listener
	if ln == nil {
		var err error
		if ln, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.opts.Addr); err != nil {
			return fmt.Errorf("attendance: listen: %w", err)
		}
	}
	s.mu.Lock()
	s.addr = ln.Addr()
	s.mu.Unlock()
	if err := inbound.Serve(ctx, ln, inbound.Options{
		Handler: s, Logger: s.log, Times: s.times.Times, Limits: inbound.Limits{Together: maxConns, From: maxConnsPerIP}, MaxHeader: maxHeader, Gate: s.gate,
	}); err != nil {
		return fmt.Errorf("attendance: %w", err)
	}
	return nil
}

// terminal finds the configured terminal with this serial.
func (s *Server) terminal(serial string) *Terminal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.terminals[serial]
}

// memoryStamps keeps stamps until the program ends.
type memoryStamps struct {
	mu sync.Mutex
	m  map[[2]string]string
}

// Stamp gives the stamp stored last.
func (m *memoryStamps) Stamp(serial, table string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.m[[2]string{serial, table}]
}

// SetStamp stores a stamp. Serials are those of configured terminals and tables two, so the map stays small.
func (m *memoryStamps) SetStamp(serial, table, stamp string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.m == nil {
		m.m = map[[2]string]string{}
	}
	m.m[[2]string{serial, table}] = stamp
	return nil
}
