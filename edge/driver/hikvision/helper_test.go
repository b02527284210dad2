package hikvision

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/inbound"
	sim "hallpulse/edge/simulator/hikvision"
	"hallpulse/hall"
)

const (
	user, password = "hall", "hunter2"
	token          = "0123456789abcdef"
)

var cst = time.FixedZone("UTC+8", 8*3600)

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

func hasty() patience {
	p := defaultPatience()
	p.ask, p.reopen, p.search, p.slot = 2*time.Second, 10*time.Millisecond, 20*time.Millisecond, 200*time.Millisecond
	return p
}

// site is a simulated device, a server and the device's driver.
type site struct {
	t    testing.TB
	sim  *sim.Device
	srv  *Server
	drv  driver.Driver
	sink *drivertest.Sink
	dev  *device
	stop func()
	done chan error
}

// simulated gives a device that runs.
func simulated(t testing.TB, o sim.Options) *sim.Device {
	t.Helper()
	o.Username, o.Password = user, password
	if o.Heartbeat == 0 {
		o.Heartbeat = 50 * time.Millisecond
	}
	o.Retry = 10 * time.Millisecond
	d, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.Run(t.Context()); err != nil {
			t.Errorf("simulator: %v", err)
		}
	})
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	return d
}

// setup is what a test wants to be different.
type setup struct {
	sim      sim.Options
	server   ServerOptions
	mode     Mode
	noURL    bool
	password string
	restore  []hall.Fact
	counter  CounterOptions
	granted  []int
	history  time.Duration
	beat     time.Duration
}

// build makes everything; nothing of the driver runs yet.
func build(t testing.TB, s setup) *site {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	s.server.Listener = ln
	x := &site{t: t, srv: NewServer(s.server), sink: &drivertest.Sink{}, done: make(chan error, 1)}
	x.srv.times = hasty()
	for i := range s.restore {
		x.srv.Restore(&s.restore[i])
	}
	if s.server.Now != nil {
		s.sim.Now = s.server.Now
	}
	if s.mode == Listen {
		s.sim.Target = "http://" + ln.Addr().String() + PathPrefix + token
	}
	x.sim = simulated(t, s.sim)
	if s.password == "" {
		s.password = password
	}
	o := DeviceOptions{ID: "dev", Mode: s.mode, Token: token, URL: x.sim.URL(), Username: user, Password: s.password, Interval: 50 * time.Millisecond,
		Heartbeat: s.beat}
	if s.noURL {
		o.URL, o.Serial = "", "DS-SIM000000001"
	}
	if s.sim.Kind == sim.Counter {
		s.counter.DeviceOptions, s.counter.Zone = o, "waiting"
		c := x.srv.Counter(s.counter)
		x.drv, x.dev = c, c.device
	} else {
		c := x.srv.Terminal(TerminalOptions{DeviceOptions: o, Granted: s.granted, History: s.history})
		x.drv, x.dev = c, c.device
	}
	return x
}

// open runs server and driver.
func open(t testing.TB, s setup) *site {
	t.Helper()
	x := build(t, s)
	x.run()
	x.sink.Until(t, "opened", func(h drivertest.Heard) bool { return h.Opened > 0 })
	return x
}

func (x *site) run() {
	ctx, cancel := context.WithCancel(x.t.Context())
	var wg sync.WaitGroup
	if x.dev.o.Mode == Listen {
		wg.Go(func() {
			if err := x.srv.Run(ctx); err != nil {
				x.t.Errorf("server: %v", err)
			}
		})
	}
	wg.Go(func() {
		err := x.drv.Run(ctx, x.sink)
		if err != nil && errors.Is(err, inbound.ErrClosed) {
			err = nil
		}
		x.done <- err
	})
	x.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	x.t.Cleanup(x.stop)
}

func (x *site) until(what string, ok func(drivertest.Heard) bool) drivertest.Heard {
	x.t.Helper()
	return x.sink.Until(x.t, what, ok)
}

// status waits for what the device's counters show.
func (x *site) status(what string, ok func(Status) bool) {
	x.t.Helper()
	eventually(x.t, what, func() bool { return ok(x.dev.Status()) })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late, tick := time.NewTimer(drivertest.Patience), time.NewTicker(3*time.Millisecond)
	defer late.Stop()
	defer tick.Stop()
	for !ok() {
		select {
		case <-late.C:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

// punched waits until exactly the terminal's granted events are facts, each once.
func (x *site) punched(n int) []hall.Punch {
	x.t.Helper()
	h := x.until("punches", func(h drivertest.Heard) bool { return len(h.Facts) >= n })
	seen := map[string]int{}
	var out []hall.Punch
	for _, f := range h.Facts {
		if err := drivertest.Check(f); err != nil || f.Punch == nil {
			x.t.Fatalf("%+v: %v", f, err)
		}
		p := *f.Punch
		seen[string(p.PIN)+" "+p.DeviceTime]++
		out = append(out, p)
	}
	if len(out) != n {
		x.t.Errorf("%d punches, want %d: %+v", len(out), n, out)
	}
	for k, c := range seen {
		if c > 1 {
			x.t.Errorf("%s %d times", k, c)
		}
	}
	return out
}

// people counts passages.
func people(h drivertest.Heard) (in, out int) {
	for _, f := range h.Facts {
		switch {
		case f.Passage == nil:
		case f.Passage.Direction == hall.In:
			in++
		default:
			out++
		}
	}
	return in, out
}

func (x *site) passed(in, out int) {
	x.t.Helper()
	x.until("passages", func(h drivertest.Heard) bool { i, o := people(h); return i+o >= in+out })
	if i, o := people(x.sink.Heard()); i != in || o != out {
		x.t.Errorf("%d in, %d out; want %d, %d", i, o, in, out)
	}
}

func (x *site) degraded(code string) drivertest.Heard {
	x.t.Helper()
	return x.until(code, func(h drivertest.Heard) bool { return h.Degraded != nil && h.Degraded.Code == code })
}

func (x *site) healthy() {
	x.t.Helper()
	x.until("health", func(h drivertest.Heard) bool { return h.Degraded == nil })
}
