package machine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/host"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	interval = 20 * time.Millisecond
	timeout  = 300 * time.Millisecond
)

// machine is a simulated one that runs until the test ends.
func machine(t *testing.T) *host.Host {
	t.Helper()
	h, err := host.New("", "welcome")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = h.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return h
}

func reachOf(h *host.Host) *Reach {
	return NewReach(ReachOptions{Probes: []Probe{TCP{h.Addr()}, Web{URL: "http://" + h.Addr(), Contains: "welcome"}}, Interval: interval, Timeout: timeout})
}

func TestConformanceReach(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		h := machine(t)
		// A refusal is an answer of the machine; one that is unplugged says nothing at all.
		d := NewReach(ReachOptions{Probes: []Probe{silentTCP{TCP{h.Addr()}}}, Interval: interval, Timeout: timeout})
		if err := h.Set(host.Away); err != nil {
			t.Fatal(err)
		}
		return &drivertest.Rig{Driver: d, Says: drivertest.Readings, Asked: true, Event: func() error { return nil }, Plug: func(in bool) error {
			if in {
				return h.Set(host.Works)
			}
			return h.Set(host.Away)
		}}
	}})
}

// silentTCP takes a refusal for silence: a loopback has no cable to pull.
type silentTCP struct{ TCP }

func (p silentTCP) Ask(ctx context.Context) (bool, error) {
	_, err := p.TCP.Ask(ctx)
	return err == nil, err
}

func running(t *testing.T, d driver.Driver) (*drivertest.Sink, <-chan error) {
	t.Helper()
	out := &drivertest.Sink{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { done <- d.Run(ctx, out) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return out, done
}

func TestServicesAreNamed(t *testing.T) {
	h := machine(t)
	out, done := running(t, reachOf(h))
	out.Until(t, "round trips", func(h drivertest.Heard) bool {
		names := map[string]bool{}
		for _, r := range h.Readings {
			if r.Metric == hall.MetricRoundTrip && r.Value > 0 {
				names[r.Part] = true
			}
		}
		return len(names) == 2 && names["web"]
	})
	for mode, want := range map[host.Mode]string{host.Fails: "web: status 500", host.Strange: `web: the page does not say "welcome"`, host.Hangs: "web: no answer in time"} {
		if err := h.Set(mode); err != nil {
			t.Fatal(err)
		}
		out.Until(t, want, func(h drivertest.Heard) bool {
			return h.Degraded != nil && h.Degraded.Code == "service_down" && h.Degraded.Detail == want
		})
		if err := h.Set(host.Works); err != nil {
			t.Fatal(err)
		}
		out.Until(t, "healthy", func(h drivertest.Heard) bool { return h.Degraded == nil })
	}
	if err := h.Set(host.Away); err != nil {
		t.Fatal(err)
	}
	out.Until(t, "refused", func(h drivertest.Heard) bool {
		return h.Degraded != nil && strings.Contains(h.Degraded.Detail, "connection refused")
	})
	select {
	case err := <-done:
		t.Errorf("a machine that refuses is there: %v", err)
	default:
	}
}

// away answers nothing.
type away struct{ err error }

func (away) Name() string                            { return "ping" }
func (a away) Ask(ctx context.Context) (bool, error) { return false, a.err }

func TestAwayAfterThreeMisses(t *testing.T) {
	d := NewReach(ReachOptions{Probes: []Probe{away{errors.New("no answer in time")}}, Interval: time.Millisecond, Timeout: timeout})
	out := &drivertest.Sink{}
	if err := d.Run(t.Context(), out); !errors.Is(err, ErrAway) || out.Heard().Opened > 0 {
		t.Errorf("%v", err)
	}
	forbidden := NewReach(ReachOptions{Probes: []Probe{away{driver.ErrPermanent}}})
	if err := forbidden.Run(t.Context(), out); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("%v", err)
	}
}

func TestPing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := Ping{"127.0.0.1"}.Ask(ctx)
	if errors.Is(err, driver.ErrPermanent) && strings.Contains(err.Error(), "ping_group_range") {
		t.Skip("this system forbids pings, and says so: ", err)
	}
	if err != nil {
		t.Error(err)
	}
	if _, err := (Ping{"no such host.invalid"}).Ask(ctx); err == nil {
		t.Error("an impossible name")
	}
}
