package dispenser_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver/dispenser"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/printer"
	"hallpulse/firmware-bridge/escpos"
)

const ticketA012 = "\x1B\x40\x1C\x26\x1B\x61\x01\x1D\x21\x33A012\x0A\x1D\x21\x00\xD7\xDB\xBA\xCF\xD2\xB5\xCE\xF1\x0A\x1B\x64\x03\x1D\x56\x42\x00"

// quick is how often a test's printer is looked at.
const quick = 50 * time.Millisecond

func newProxy(n *printer.Network, interval time.Duration) *dispenser.Proxy {
	return dispenser.NewProxy(dispenser.ProxyOptions{Listen: "127.0.0.1:0", Printer: n.Addr(), Categories: categories,
		Layout: escpos.DefaultLayout(), Interval: interval})
}

func newPrinter(t *testing.T) *printer.Network {
	t.Helper()
	n := printer.NewNetwork("127.0.0.1:0")
	if err := n.Power(true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// post is a proxy that runs, with its printer.
type post struct {
	t       *testing.T
	printer *printer.Network
	proxy   *dispenser.Proxy
	sink    *drivertest.Sink
	done    chan error
	cancel  context.CancelFunc
}

func open(t *testing.T, interval time.Duration, change func(*printer.Network)) *post {
	t.Helper()
	n := newPrinter(t)
	if change != nil {
		change(n)
	}
	p := &post{t: t, printer: n, proxy: newProxy(n, interval), sink: &drivertest.Sink{}}
	p.run()
	return p
}

func (p *post) run() {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	opened := p.sink.Heard().Opened
	done := make(chan error, 1)
	p.done, p.cancel = done, cancel
	go func() { done <- p.proxy.Run(ctx, p.sink); close(done) }()
	p.t.Cleanup(func() { cancel(); <-done })
	p.sink.Until(p.t, "the printer", func(h drivertest.Heard) bool { return h.Opened > opened })
}

// machine is a connection of the queue machine.
func (p *post) machine() *net.TCPConn {
	p.t.Helper()
	c, err := net.Dial("tcp", p.proxy.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func (p *post) send(c net.Conn, s string) {
	p.t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		p.t.Fatal(err)
	}
}

// job prints s on a connection of its own.
func (p *post) job(s string) {
	p.t.Helper()
	if _, err := printer.Remote(p.proxy.Addr().String()).Write([]byte(s)); err != nil {
		p.t.Fatal(err)
	}
}

// printed waits until the printer has printed want, and nothing else.
func (p *post) printed(want string) {
	p.t.Helper()
	late := time.Now().Add(drivertest.Patience)
	for len(p.printer.Printed()) < len(want) && time.Now().Before(late) {
		<-time.After(5 * time.Millisecond)
	}
	if got := p.printer.Printed(); string(got) != want {
		p.t.Fatalf("printed %d bytes, want %d: %.200q", len(got), len(want), got)
	}
}

func (p *post) tickets(want ...string) {
	p.t.Helper()
	h := p.sink.Until(p.t, fmt.Sprint(want), func(h drivertest.Heard) bool { return len(h.Facts) >= len(want) })
	var got []string
	for _, f := range h.Facts {
		if err := drivertest.Check(f); err != nil {
			p.t.Error(err)
		}
		got = append(got, f.Ticket.Number)
	}
	if !slices.Equal(got, want) {
		p.t.Fatalf("got %q, want %q", got, want)
	}
}

func (p *post) refused(reason string) {
	p.t.Helper()
	p.sink.Until(p.t, reason, func(h drivertest.Heard) bool {
		return slices.ContainsFunc(h.Refusals, func(r drivertest.Refusal) bool { return strings.Contains(r.Reason, reason) })
	})
}

func (p *post) degraded(code, detail string, stuck bool) {
	p.t.Helper()
	p.sink.Until(p.t, code, func(h drivertest.Heard) bool {
		return h.Degraded != nil && h.Degraded.Code == code && h.Degraded.Detail == detail && h.Stuck == stuck
	})
}

func (p *post) healthy() {
	p.t.Helper()
	p.sink.Until(p.t, "health", func(h drivertest.Heard) bool { return h.Degraded == nil })
}

func noise(n int) string {
	rnd := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rnd.Uint32())
	}
	return string(p)
}
