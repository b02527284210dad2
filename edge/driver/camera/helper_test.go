package camera

import (
	"context"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/camera"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink records what a driver says.
type sink struct{ drivertest.Sink }

func newSink() *sink { return &sink{} }

// why gives the reason of a camera that is degraded, an empty one of a healthy camera.
func (s *sink) why() hall.Reason {
	if r := s.Heard().Degraded; r != nil {
		return *r
	}
	return hall.Reason{}
}

// raw gives what was kept of the last refusal.
func (s *sink) raw() []byte {
	if r := s.Heard().Refusals; len(r) > 0 {
		return r[len(r)-1].Raw
	}
	return nil
}

// of gives the readings of a metric.
func (s *sink) of(m hall.Metric) (out []float64) {
	for _, r := range s.Heard().Readings {
		if r.Metric == m {
			out = append(out, r.Value)
		}
	}
	return out
}

// simulate runs a simulated camera for the time of the test.
func simulate(t *testing.T, o sim.Options) *sim.Camera {
	t.Helper()
	c, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(context.Background()) }()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil && err.Error() != "camera: run: closed" { // Close may come before Run
			t.Error(err)
		}
	})
	return c
}

// answer serves each connection to a new port with f for the time of the test and gives host:port.
func answer(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer func() { _ = c.Close() }()
				f(c)
			})
			wg.Go(func() { <-over; _ = c.Close() })
		}
	})
	t.Cleanup(func() {
		close(over)
		_ = ln.Close()
		wg.Wait()
	})
	return ln.Addr().String()
}

// hang never answers.
func hang(c net.Conn) {
	b := make([]byte, 1024)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

// clock is a clock that the test moves.
type clock struct{ at time.Time }

func newClock() *clock                  { return &clock{time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC)} }
func (c *clock) now() time.Time         { return c.at }
func (c *clock) forth(by time.Duration) { c.at = c.at.Add(by) }

// eyeOf prepares the looks of a driver without running it.
func eyeOf(t *testing.T, o Options) *eye {
	t.Helper()
	e, err := New(o).eye()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// glance looks once and tells the sink, unless nothing answered.
func glance(t *testing.T, e *eye, s *sink) error {
	t.Helper()
	l := e.look(t.Context())
	if err := l.dead(); err != nil {
		return err
	}
	l.tell(s)
	return nil
}

// noneLeft fails when a goroutine of the driver outlives Run. The peers' own still run, so that they unblock nothing;
// TestMain looks after those.
func noneLeft(t *testing.T) {
	t.Helper()
	tick, over := time.NewTicker(time.Millisecond), time.After(time.Second)
	defer tick.Stop()
	buf := make([]byte, 1<<20)
	for {
		stacks := string(buf[:runtime.Stack(buf, true)])
		of := ""
		for _, f := range []string{"gortsplib/v5.(*Client)", "gortsplib/v5.(*clientReader)", "camera.closeAtEnd", "net/http.(*persistConn)", "net/http.(*Transport)"} {
			if strings.Contains(stacks, f) {
				of = f
			}
		}
		if of == "" {
			return
		}
		select {
		case <-tick.C: // net/http ends its goroutines just after it gave its answer
		case <-over:
			t.Errorf("%s is left:\n%s", of, stacks)
			return
		}
	}
}
