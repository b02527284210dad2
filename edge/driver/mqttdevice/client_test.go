package mqttdevice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/localbroker"
)

// peer is a broker that can be stopped and started again at the same address.
type peer interface {
	start(t *testing.T)
	stop()
	address() string
}

// embedded is the gateway's own broker.
type embedded struct {
	addr string
	b    *localbroker.Broker
}

func (e *embedded) start(t *testing.T) {
	t.Helper()
	b, err := localbroker.Start(context.Background(), localbroker.Options{Listen: e.addr, Users: []localbroker.User{
		{Name: "hall", Password: "secret words"}, {Name: "narrow", Password: "secret words", Topics: []string{"a"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	e.b, e.addr = b, b.Addr()
}

func (e *embedded) stop()           { _ = e.b.Stop() }
func (e *embedded) address() string { return "mqtt://" + e.addr }

// external is Mosquitto, where it is installed.
type external struct {
	path, dir, host string
	cmd             *exec.Cmd
}

// mosquittoPort is on a loopback address of its own for each test, so that nobody else takes it.
const mosquittoPort = "18831"

func (m *external) start(t *testing.T) {
	t.Helper()
	conf := filepath.Join(m.dir, "mosquitto.conf")
	text := "listener " + mosquittoPort + " " + m.host + "\nallow_anonymous true\npersistence false\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	m.cmd = exec.Command(m.path, "-c", conf)
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dial(t, net.JoinHostPort(m.host, mosquittoPort))
}

// dial waits until something listens.
func dial(t *testing.T, addr string) {
	t.Helper()
	tick, late := time.NewTicker(10*time.Millisecond), time.After(drivertest.Patience)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the broker does not start")
		}
	}
}

func (m *external) stop() {
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
}

func (m *external) address() string { return "mqtt://" + net.JoinHostPort(m.host, mosquittoPort) }

// peers runs a test against each broker that there is.
func peers(t *testing.T, test func(t *testing.T, p peer)) {
	t.Run("embedded", func(t *testing.T) { test(t, started(t, &embedded{addr: loopback(t) + ":0"})) })
	t.Run("mosquitto", func(t *testing.T) {
		path := "/usr/sbin/mosquitto"
		if _, err := os.Stat(path); err != nil {
			if path, err = exec.LookPath("mosquitto"); err != nil {
				t.Skip("mosquitto is not installed")
			}
		}
		test(t, started(t, &external{path: path, dir: t.TempDir(), host: loopback(t)}))
	})
}

func started(t *testing.T, p peer) peer {
	t.Helper()
	p.start(t)
	t.Cleanup(func() { p.stop() })
	return p
}

// loopback gives an address of this process and test alone.
func loopback(t *testing.T) string {
	t.Helper()
	sum := os.Getpid()
	for _, c := range []byte(t.Name()) {
		sum = sum*31 + int(c)
	}
	return fmt.Sprintf("127.%d.%d.%d", 1+sum&0x7f, sum>>7&0xff, 1+sum>>15&0x7f)
}

// client runs a client for the time of the test.
func client(t *testing.T, o ClientOptions) *Client {
	t.Helper()
	if o.ClientID == "" {
		o.ClientID = "gateway"
	}
	if o.Username == "" {
		o.Username, o.Password = "hall", "secret words"
	}
	o.retry = 10 * time.Millisecond
	c := NewClient(o)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { c.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return c
}

// heard is a subscription that runs.
type heard struct {
	messages chan driver.Message
	end      chan error
	cancel   context.CancelFunc
}

// hear subscribes and waits until the broker has taken it.
func hear(t *testing.T, c *Client, filters ...string) *heard {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	h := &heard{make(chan driver.Message, 100_000), make(chan error, 1), cancel}
	connected := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.end <- c.Subscribe(ctx, filters, func() { close(connected) }, func(m driver.Message) {
			m.Payload = append([]byte(nil), m.Payload...)
			h.messages <- m
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case <-connected:
	case err := <-h.end:
		t.Fatalf("not subscribed: %v", err)
	case <-time.After(drivertest.Patience):
		t.Fatal("not subscribed")
	}
	return h
}

func (h *heard) next(t *testing.T, topic, payload string, retained bool) {
	t.Helper()
	select {
	case m := <-h.messages:
		if m.Topic != topic || string(m.Payload) != payload || m.Retained != retained {
			t.Fatalf("%s %q retained %v, want %s %q %v", m.Topic, m.Payload, m.Retained, topic, payload, retained)
		}
	case err := <-h.end:
		t.Fatalf("ended: %v", err)
	case <-time.After(drivertest.Patience):
		t.Fatalf("no %s", topic)
	}
}

func (h *heard) ends(t *testing.T) error {
	t.Helper()
	select {
	case err := <-h.end:
		return err
	case <-time.After(3 * drivertest.Patience):
		t.Fatal("the subscription does not end")
		return nil
	}
}

func TestSubscribeAndPublish(t *testing.T) {
	peers(t, func(t *testing.T, p peer) {
		c := client(t, ClientOptions{Address: p.address()})
		must(t, c.Publish(t.Context(), "a/kept", []byte("old"), true))
		first := hear(t, c, "a/#", "b/+/state")
		first.next(t, "a/kept", "old", true)
		must(t, c.Publish(t.Context(), "a/kept", []byte("new"), true))
		first.next(t, "a/kept", "new", false)
		second := hear(t, c, "a/#") // the broker sends what it retains to the connection, so to both
		second.next(t, "a/kept", "new", true)
		must(t, c.Publish(t.Context(), "b/x/state", []byte("1"), false), c.Publish(t.Context(), "a/x", nil, false))
		first.next(t, "b/x/state", "1", false)
		first.next(t, "a/x", "", false)
		second.next(t, "a/x", "", false)
		second.cancel()
		if err := second.ends(t); err != nil {
			t.Errorf("an end that was asked for: %v", err)
		}
		must(t, c.Publish(t.Context(), "a/y", []byte("2"), false)) // the other one has the same filter still
		first.next(t, "a/y", "2", false)
		first.cancel()
		_ = first.ends(t)
	})
}

// TestBrokerRestarts: a subscription ends with its connection, and the next one hears again, by itself.
func TestBrokerRestarts(t *testing.T) {
	peers(t, func(t *testing.T, p peer) {
		c := client(t, ClientOptions{Address: p.address()})
		h := hear(t, c, "a")
		p.stop()
		if err := h.ends(t); !errors.Is(err, ErrNotConnected) {
			t.Errorf("%v", err)
		}
		if err := c.Subscribe(t.Context(), []string{"a"}, nil, nil); !errors.Is(err, ErrNotConnected) {
			t.Errorf("%v", err)
		}
		if err := c.Publish(t.Context(), "a", nil, false); !errors.Is(err, ErrNotConnected) {
			t.Errorf("%v", err)
		}
		p.start(t)
		connected(t, c)
		h = hear(t, c, "a")
		must(t, c.Publish(t.Context(), "a", []byte("again"), false))
		h.next(t, "a", "again", false)
	})
}

// connected waits for a connection.
func connected(t *testing.T, c *Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
	defer cancel()
	for {
		c.mu.Lock()
		changed, there := c.changed, c.session != nil
		c.mu.Unlock()
		if there {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatal("no connection")
		}
	}
}

// TestSlowHandler: a device that does not read on harms itself alone, and is told.
func TestSlowHandler(t *testing.T) {
	p := started(t, &embedded{addr: "127.0.0.1:0"})
	c := client(t, ClientOptions{Address: p.address()})
	ctx, cancel := context.WithCancel(t.Context())
	slow, held, ready := make(chan error, 1), make(chan struct{}), make(chan struct{})
	defer cancel()
	go func() {
		slow <- c.Subscribe(ctx, []string{"a"}, func() { close(ready) }, func(driver.Message) { <-held })
	}()
	<-ready
	quick := hear(t, c, "a")
	for range maxQueued + 2 {
		c.mu.Lock()
		s := c.session
		c.mu.Unlock()
		s.client.Publish("a", 0, false, "x")
	}
	must(t, c.Publish(t.Context(), "a", []byte("last"), false))
	for {
		m := <-quick.messages
		if string(m.Payload) == "last" {
			break
		}
	}
	close(held)
	if err := <-slow; !errors.Is(err, ErrSlow) {
		t.Errorf("%v", err)
	}
	must(t, c.Publish(t.Context(), "a", []byte("on"), false))
	quick.next(t, "a", "on", false)
}

func TestRefusedByTheBroker(t *testing.T) {
	p := started(t, &embedded{addr: "127.0.0.1:0"})
	c := client(t, ClientOptions{Address: p.address(), ClientID: "n", Username: "narrow", Password: "secret words"})
	if err := c.Subscribe(t.Context(), []string{"a/#", "b"}, nil, func(driver.Message) {}); err == nil || !strings.Contains(err.Error(), "refuses the subscription of b") {
		t.Errorf("%v", err)
	}
	wrong := client(t, ClientOptions{Address: p.address(), ClientID: "w", Username: "narrow", Password: "hunter2"})
	err := wrong.Subscribe(t.Context(), []string{"a"}, nil, nil)
	if !errors.Is(err, ErrNotConnected) || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "user name or password") && !strings.Contains(err.Error(), "not Authorized") && !strings.Contains(err.Error(), "bad user name") {
		t.Errorf("%v", err)
	}
}

func TestNobodyIsThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "mqtt://" + ln.Addr().String()
	must(t, ln.Close())
	for address, permanent := range map[string]bool{address: false, "http://x": true, "mqtt://": true, "": true} {
		c := client(t, ClientOptions{Address: address})
		err := c.Subscribe(t.Context(), []string{"a"}, nil, nil)
		if !errors.Is(err, ErrNotConnected) || errors.Is(err, driver.ErrPermanent) != permanent {
			t.Errorf("%s: %v", address, err)
		}
	}
	c := NewClient(ClientOptions{Address: address}) // never run
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Subscribe(ctx, []string{"a"}, nil, nil); err != nil {
		t.Errorf("an end that was asked for: %v", err)
	}
}

// TestHalfOpenLink: a connection that carries nothing any more is noticed, though nobody says so.
func TestHalfOpenLink(t *testing.T) {
	p := started(t, &embedded{addr: "127.0.0.1:0"})
	w := newWire(t, strings.TrimPrefix(p.address(), "mqtt://"))
	c := client(t, ClientOptions{Address: "mqtt://" + w.ln.Addr().String(), keepAlive: time.Second})
	h := hear(t, c, "a")
	w.cut()
	if err := h.ends(t); !errors.Is(err, ErrNotConnected) {
		t.Errorf("%v", err)
	}
}

// wire passes connections on until it is cut; then it swallows everything.
type wire struct {
	ln     net.Listener
	mu     sync.Mutex
	silent bool
	conns  []net.Conn
	wg     sync.WaitGroup
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{ln: ln}
	w.wg.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			w.wg.Go(func() { _, _ = io.Copy(passing{w, far}, near) })
			w.wg.Go(func() { _, _ = io.Copy(passing{w, near}, far) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		w.mu.Lock()
		for _, c := range w.conns {
			_ = c.Close()
		}
		w.mu.Unlock()
		w.wg.Wait()
	})
	return w
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent = true
}

// passing writes until the wire is cut.
type passing struct {
	w  *wire
	to net.Conn
}

func (p passing) Write(b []byte) (int, error) {
	p.w.mu.Lock()
	silent := p.w.silent
	p.w.mu.Unlock()
	if silent {
		return len(b), nil
	}
	return p.to.Write(b)
}

// TestMuteServer: one that takes the connection and says nothing is given up.
func TestMuteServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	c := NewClient(ClientOptions{Address: "mqtt://" + ln.Addr().String(), ClientID: "x"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Read(make([]byte, 1)); err != nil { // its CONNECT
		t.Fatal(err)
	}
	cancel()
	select { // in the middle of the handshake
	case <-done:
	case <-time.After(drivertest.CloseTime):
		t.Error("does not end")
	}
}

func TestMeter(t *testing.T) {
	var m meter
	for _, p := range []string{"\x30", "\x80", "\x01", strings.Repeat("x", 100), strings.Repeat("x", 28), "\xd0\x00", "\x30\x80\x80\x80\x01"[:1], "\x02", "ab"} {
		if err := m.feed([]byte(p)); err != nil {
			t.Fatalf("%q: %v", p, err)
		}
	}
	if m.header != 0 || m.rest != 0 {
		t.Errorf("%+v after whole packets", m)
	}
	for _, p := range []string{"\x30\xff\xff\xff\x7f", "\x30\xff\xff\xff\xff\x01", "\x30\x81\x80\x80\x01"} {
		if err := new(meter).feed([]byte(p)); !errors.Is(err, errTooLong) {
			t.Errorf("% x passes", p)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a", false}, {"a", "a/b", false}, {"a/+", "a/b", true}, {"a/+", "a", false}, {"a/+", "a/b/c", false},
		{"+/b", "a/b", true}, {"+", "/a", false}, {"+/+", "/a", true}, {"#", "a/b", true}, {"a/#", "a", true}, {"a/#", "a/b/c", true},
		{"a/#", "ab", false}, {"#", "$SYS/x", false}, {"+/x", "$SYS/x", false}, {"$SYS/#", "$SYS/x", true}, {"a//b", "a//b", true}, {"a/+/b", "a//b", true},
		{"a/", "a", false}, {"a", "a/", false}, {"a/#", "a/", true}, {"", "", true}, {"+/+/#", "a/b", true}, {"+/+/#", "a", false},
	} {
		if got := Match(c.filter, c.topic); got != c.want {
			t.Errorf("%q %q: %v", c.filter, c.topic, got)
		}
	}
}

func FuzzMeter(f *testing.F) {
	f.Add([]byte("\x30\x80\x01xyz"), 2)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		var whole, parts meter
		err := whole.feed(data)
		cut = min(max(cut, 0), len(data))
		first := parts.feed(data[:cut])
		if first == nil {
			first = parts.feed(data[cut:])
		}
		if (err == nil) != (first == nil) || err == nil && whole != parts {
			t.Fatalf("%v %v, %+v %+v", err, first, whole, parts)
		}
	})
}
