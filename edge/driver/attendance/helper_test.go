package attendance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/inbound"
	"hallpulse/hall"
)

const serial = "CEXA000000001"

// sink keeps what a driver reads.
type sink struct {
	mu       sync.Mutex
	facts    []hall.Fact
	fail     error
	after    int // facts stored before failing
	opened   chan struct{}
	seen     int
	degraded *hall.Reason
	refused  []string
	readings []float64
}

var _ driver.Sink = (*sink)(nil)

func newSink() *sink { return &sink{opened: make(chan struct{}, 8)} }

func (s *sink) Fact(_ context.Context, f hall.Fact) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil && len(s.facts) >= s.after {
		return s.fail
	}
	s.facts = append(s.facts, f)
	return nil
}

func (s *sink) Later(ctx context.Context, f hall.Fact, stored func()) error {
	err := s.Fact(ctx, f)
	if err == nil && stored != nil {
		stored()
	}
	return err
}

func (s *sink) Reading(_ hall.Metric, _ string, v float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings = append(s.readings, v)
}

func (s *sink) Opened() { s.opened <- struct{}{} }

func (s *sink) Seen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
}

func (s *sink) Degraded(_ bool, why hall.Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.degraded = &why
}

func (s *sink) Healthy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.degraded = nil
}

func (s *sink) Refused(reason string, raw []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, reason+"|"+string(raw))
}

func (s *sink) setFail(err error, after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.after = err, after
}

// punches gives what was journalled as "pin time status verify".
func (s *sink) punches() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, f := range s.facts {
		p := f.Punch
		out = append(out, fmt.Sprintf("%s %s %d %d", p.PIN, p.DeviceTime, p.Status, p.Verify))
	}
	return out
}

func (s *sink) health() *hall.Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.degraded
}

// site is a running server with one terminal's driver.
type site struct {
	srv  *Server
	drv  *Terminal
	sink *sink
	url  string
	stop func()
}

func open(t *testing.T, o Options) *site { return openWith(t, o, defaultPatience()) }

func openWith(t *testing.T, o Options, times patience) *site {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.Listener = ln
	st := &site{srv: NewServer(o), sink: newSink(), url: "http://" + ln.Addr().String()}
	st.srv.times = times
	st.drv = st.srv.Terminal(TerminalOptions{Serial: serial})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := st.srv.Run(ctx); err != nil {
			t.Errorf("server: %v", err)
		}
	})
	wg.Go(func() {
		if err := st.drv.Run(ctx, st.sink); err != nil && !errors.Is(err, inbound.ErrClosed) {
			t.Errorf("driver: %v", err)
		}
	})
	<-st.sink.opened
	st.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(st.stop)
	return st
}

// ask makes one request and gives status and body.
func (st *site) ask(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, st.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (st *site) want(t *testing.T, method, path, body string, code int, text string) {
	t.Helper()
	gotCode, got := st.ask(t, method, path, body)
	if gotCode != code || got != text {
		t.Errorf("%s %s: got %d %q, want %d %q", method, path, gotCode, got, code, text)
	}
}

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }
