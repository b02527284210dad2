package onvif

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/onvif"
	"hallpulse/hall"
)

const secret = "Pa55-w0rd"

func simulate(t testing.TB, o sim.Options) *sim.Camera {
	t.Helper()
	c, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	ask := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := ask.Get(c.URL()) // all of it runs
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return c
}

func optionsOf(c *sim.Camera) Options {
	return Options{URL: c.URL(), Username: "admin", Password: secret, Zone: "door", Pull: time.Second,
		Counters: map[string]hall.Direction{"enter": hall.In, "leave": hall.Out}, coolDown: time.Millisecond}
}

// running is a driver that runs.
type running struct {
	t    *testing.T
	sink *drivertest.Sink
	stop func() error
	done chan error
}

func run(t *testing.T, d *Driver) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	x := &running{t: t, sink: &drivertest.Sink{}, done: make(chan error, 1)}
	go func() { x.done <- d.Run(ctx, x.sink) }()
	x.stop = sync.OnceValue(func() error { cancel(); return <-x.done })
	t.Cleanup(func() { _ = x.stop() })
	return x
}

func (x *running) until(what string, ok func(drivertest.Heard) bool) drivertest.Heard {
	x.t.Helper()
	return x.sink.Until(x.t, what, ok)
}

func (x *running) opened() { x.until("open", func(h drivertest.Heard) bool { return h.Opened > 0 }) }

func (x *running) wrong(code string) {
	x.t.Helper()
	x.until("trouble "+code, func(h drivertest.Heard) bool {
		return code == "" && h.Degraded == nil || h.Degraded != nil && h.Degraded.Code == code
	})
}

// reading waits for the last value of a metric.
func (x *running) reading(m hall.Metric, part string, want float64) {
	x.t.Helper()
	x.until(string(m), func(h drivertest.Heard) bool {
		v, ok := last(h, m, part)
		return ok && v == want
	})
}

func last(h drivertest.Heard, m hall.Metric, part string) (v float64, ok bool) {
	for _, r := range h.Readings {
		if r.Metric == m && r.Part == part {
			v, ok = r.Value, true
		}
	}
	return v, ok
}

// pulling waits until the camera has given all it had and the driver waits for more.
func pulling(t *testing.T, c *sim.Camera, beyond int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
	defer cancel()
	if err := c.Until(ctx, func(s sim.Stats) bool { return s.Pulls > beyond && s.Waiting > 0 }); err != nil {
		t.Fatal(err)
	}
}
