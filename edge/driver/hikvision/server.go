package hikvision

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"hallpulse/edge/inbound"
	"hallpulse/hall"
)

// PathPrefix is what comes before a device's secret in the path that it posts to.
const PathPrefix = "/hik/ev/"

// ServerOptions are those of a Server.
type ServerOptions struct {
	Listener net.Listener     // where devices post; nil: Addr is listened on by Run
	Addr     string           // host:port; empty: 127.0.0.1:8082
	Logger   *slog.Logger     // nil: none
	Now      func() time.Time // the gateway's clock; nil: time.Now
}

// Server is the gateway's side of every ISAPI device of a hall: it takes what listening devices are told to post, and
// remembers for all of them what the journal holds already. Where no device is of mode listen it need not run. Create it with
// NewServer; Run may be called again after it returned, except when a Listener was given.
type Server struct {
	opts   ServerOptions
	log    *slog.Logger
	times  patience
	memory *memory
	past   past
	slots  chan struct{}
	gate   *inbound.Gate

	mu        sync.Mutex
	devices   []*device
	byToken   map[[sha256.Size]byte]*device
	addr      net.Addr
	strangers int
}

// NewServer prepares a server; it opens nothing.
func NewServer(o ServerOptions) *Server {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:8082"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{opts: o, log: o.Logger, times: defaultPatience(), memory: newMemory(), slots: make(chan struct{}, maxPosts), gate: inbound.NewGate(),
		byToken: map[[sha256.Size]byte]*device{}}
}

// Restore learns from a fact of the journal what need not be told again. The gateway calls it for the facts of recent days,
// oldest first, before Run; facts of other drivers mean nothing to it.
func (s *Server) Restore(f *hall.Fact) {
	switch {
	case f.Punch != nil:
		if ours(f.Raw) {
			s.memory.add(f.Punch)
			s.past.punched(f.Punch.Serial, f.Punch.At)
		}
	case f.Passage != nil:
		s.past.counted(f.Device, f.Raw)
	}
}

// Listens says whether a device of mode listen was registered.
func (s *Server) Listens() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byToken) > 0
}

// Addr gives the address listened on, nil before Run listens.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Strangers counts the posts to a path that is no device's.
func (s *Server) Strangers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.strangers
}

// Status gives what is known of every device, by id. Nothing in it identifies a person.
func (s *Server) Status() []Status {
	s.mu.Lock()
	devices := slices.Clone(s.devices)
	s.mu.Unlock()
	var out []Status
	for _, d := range devices {
		out = append(out, d.Status())
	}
	slices.SortFunc(out, func(a, b Status) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out
}

// register takes a device; one with the id of another replaces it.
func (s *Server) register(d *device) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.devices = append(slices.DeleteFunc(s.devices, func(o *device) bool { return o.o.ID == d.o.ID }), d)
	if d.o.Mode == Listen && d.o.Token != "" {
		s.byToken[sha256.Sum256([]byte(d.o.Token))] = d
	}
}

// device finds who posts to path; the comparison is of hashes, so that its time tells nothing.
func (s *Server) device(path string) *device {
	token, ok := strings.CutPrefix(path, PathPrefix)
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.byToken[sha256.Sum256([]byte(strings.TrimSuffix(token, "/")))]
	if !ok || d == nil {
		s.strangers++
		return nil
	}
	return d
}

// Run serves until ctx ends (nil) or the listener fails.
func (s *Server) Run(ctx context.Context) error {
	ln := s.opts.Listener
	if ln == nil {
		var err error
		if ln, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.opts.Addr); err != nil {
			return fmt.Errorf("hikvision: listen: %w", err)
		}
	}
	s.mu.Lock()
	s.addr = ln.Addr()
	s.mu.Unlock()
	if err := inbound.Serve(ctx, ln, inbound.Options{
		Handler: s, Logger: s.log, Times: s.times.Times, Limits: inbound.Limits{Together: maxConns, From: maxConnsPerIP}, MaxHeader: maxHeader, Gate: s.gate,
	}); err != nil {
		return fmt.Errorf("hikvision: %w", err)
	}
	return nil
}
