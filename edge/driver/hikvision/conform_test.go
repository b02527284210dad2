package hikvision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/hikvision"
)

// TestConformanceStream runs the suite over drivers that hold a stream open.
func TestConformanceStream(t *testing.T) {
	for _, k := range []sim.Kind{sim.Terminal, sim.Counter} {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
				x := build(t, setup{mode: Stream, sim: sim.Options{Kind: k}})
				x.dev.restoreAll()
				if err := x.sim.Until(t.Context(), func(s sim.Stats) bool { return s.Heartbeats > 0 }); err != nil { // all of it runs
					t.Fatal(err)
				}
				x.sim.Offline(true)
				r := &drivertest.Rig{Driver: x.drv, Plug: func(in bool) error { x.sim.Offline(!in); return nil }, Event: x.event(k)}
				r.Babble = func() (int, error) {
					text := bytes.Repeat([]byte("?"), 100)
					x.sim.Say("text/plain", append([]byte("{"), text...))
					return len(text) + 1, x.following()
				}
				return r
			}})
		})
	}
}

// restoreAll makes the first report of a counter one that can be compared.
func (d *device) restoreAll() {
	if c, ok := d.kind.(*counter); ok {
		c.totals[place{1, 1}] = total{text: "2026-10-05T00:00:00+08:00"}
		c.restored = true
	}
}

func (x *site) following() error {
	return x.sim.Until(x.t.Context(), func(s sim.Stats) bool { return s.Following > 0 })
}

func (x *site) event(k sim.Kind) func() error {
	n := 0
	return func() error {
		if err := x.following(); err != nil {
			return err
		}
		if n++; k == sim.Counter {
			x.sim.Walk(1, 0)
		} else {
			x.sim.Verify(fmt.Sprint(n), 75, "checkIn")
		}
		return nil
	}
}

// listenRig is a server that can be switched off, and a device that posts by hand.
type listenRig struct {
	t    *testing.T
	srv  *Server
	drv  *Terminal
	n    int
	stop func()
}

// TestConformanceListen runs the suite over a driver whose device posts.
func TestConformanceListen(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		x := &listenRig{t: t, srv: NewServer(ServerOptions{Addr: "127.0.0.1:0"}), stop: func() {}}
		x.drv = x.srv.Terminal(TerminalOptions{DeviceOptions: DeviceOptions{ID: "dev", Mode: Listen, Token: token, Serial: "DS-1"}})
		t.Cleanup(func() { x.stop() })
		return &drivertest.Rig{Driver: x.drv, Plug: x.plug, Event: func() error { return x.post(x.next()) }, Half: x.half,
			Babble: func() (int, error) { text := strings.Repeat("?", 300); return len(text), x.post(text) }}
	}})
}

func (x *listenRig) plug(in bool) error {
	x.stop()
	x.stop = func() {}
	if !in {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := x.srv.Run(ctx); err != nil {
			x.t.Errorf("server: %v", err)
		}
	})
	x.stop = func() { cancel(); wg.Wait() }
	eventually(x.t, "the server", x.srv.gate.Open)
	return nil
}

func (x *listenRig) next() string {
	x.n++
	return strings.Replace(goldenAccess, `"1001"`, fmt.Sprintf(`"%d"`, x.n), 1)
}

func (x *listenRig) url() string { return "http://" + x.srv.Addr().String() + PathPrefix + token }

// post posts in the background: the suite holds facts back.
func (x *listenRig) post(text string) error {
	req, err := http.NewRequest(http.MethodPost, x.url(), strings.NewReader(text))
	if err != nil {
		return err
	}
	go func() {
		if resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	return nil
}

func (x *listenRig) half() (func() error, error) {
	c, err := net.Dial("tcp", x.srv.Addr().String())
	if err != nil {
		return nil, err
	}
	text := x.next()
	_, err = fmt.Fprintf(c, "POST %s%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", PathPrefix, token, len(text), text[:len(text)/2])
	return func() error {
		_, err := c.Write([]byte(text[len(text)/2:]))
		return errors.Join(err, c.Close())
	}, err
}

func TestStrangersArePutOff(t *testing.T) {
	x := open(t, setup{mode: Listen})
	for _, path := range []string{"/", PathPrefix, PathPrefix + "wrong", "/hik/" + token} {
		resp, err := http.Post("http://"+x.srv.Addr().String()+path, "application/json", strings.NewReader(goldenAccess))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	if n := x.srv.Strangers(); n != 4 || len(x.sink.Heard().Facts) > 0 {
		t.Errorf("%d strangers", n)
	}
	if s := x.srv.Status(); len(s) != 1 || s[0].ID != "dev" {
		t.Errorf("%+v", s)
	}
}

// TestAHangingPostDoesNotHoldTheDriver: a device that stops in the middle of a post.
func TestAHangingPostDoesNotHoldTheDriver(t *testing.T) {
	x := open(t, setup{mode: Listen, noURL: true})
	c, err := net.Dial("tcp", x.srv.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintf(c, "POST %s%s HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{", PathPrefix, token); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the post", func() bool { return len(x.srv.slots) == 1 })
	x.dev.detach(func() {}) // it returns
	x.dev.mu.Lock()
	defer x.dev.mu.Unlock()
	if x.dev.sink != nil {
		t.Error("the sink is still held")
	}
}
