package dispenser_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/dispenser"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/printer"
	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
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

func TestProxyConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		n := newPrinter(t)
		proxy := newProxy(n, quick)
		if err := n.Power(false); err != nil {
			t.Fatal(err)
		}
		write := func(c net.Conn, s string) error { _, err := c.Write([]byte(s)); return err }
		connect := func() (net.Conn, error) {
			c, err := net.Dial("tcp", proxy.Addr().String())
			if err == nil {
				t.Cleanup(func() { _ = c.Close() })
			}
			return c, err
		}
		say := func(s string) error {
			c, err := connect()
			if err != nil {
				return err
			}
			return errors.Join(write(c, s), c.Close())
		}
		return &drivertest.Rig{
			Driver: proxy, Asked: true, Plug: n.Power,
			Event: func() error { return say(ticketA012) },
			Half: func() (func() error, error) {
				c, err := connect()
				if err != nil {
					return nil, err
				}
				return func() error { return errors.Join(write(c, ticketA012[20:]), c.Close()) }, write(c, ticketA012[:20])
			},
			Babble: func() (int, error) { s := noise(1800); return len(s), say(s) },
		}
	}})
}

func noise(n int) string {
	rnd := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rnd.Uint32())
	}
	return string(p)
}

func TestProxyTickets(t *testing.T) {
	p := open(t, quick, nil)
	b007 := strings.ReplaceAll(ticketA012, "A012", "B007")
	p.job(ticketA012)
	p.job(b007) // another connection
	p.tickets("A012", "B007")
	c := p.machine()
	p.send(c, ticketA012+b007[:15])
	p.tickets("A012", "B007", "A012")
	p.send(c, b007[15:])
	p.tickets("A012", "B007", "A012", "B007")
	p.printed(ticketA012 + b007 + ticketA012 + b007)
	h := p.sink.Heard()
	if want := (hall.TicketIssued{Number: "A012", Category: "general", Text: "综合业务", Ahead: -1}); *h.Facts[0].Ticket != want {
		t.Errorf("got %+v", *h.Facts[0].Ticket)
	}
	if len(h.Refusals) > 0 || h.Degraded != nil {
		t.Errorf("refused %+v, degraded %+v", h.Refusals, h.Degraded)
	}
}

// Every byte passes unchanged in both directions, whatever it is, and the queue machine gets its own answers alone.
func TestProxyChangesNothing(t *testing.T) {
	p := open(t, quick, func(n *printer.Network) { n.State(escpos.Status{PaperLow: true}) })
	c := p.machine()
	sent := strings.ReplaceAll(noise(300_000), "\x10\x04", "\x10\x05") // no question by chance
	for i := 0; i < len(sent); i += 7001 {
		p.send(c, sent[i:min(len(sent), i+7001)])
	}
	p.printed(sent)
	answers := func(n int) []byte {
		got := make([]byte, n)
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	p.send(c, "\x10\x04\x04\x10\x04\x01")
	if got := answers(2); string(got) != "\x1E\x12" {
		t.Errorf("the queue machine got % X", got)
	}
	if err := p.printer.Say([]byte{0x14, 0x00, 0x0F, 0x13}); err != nil { // automatic status and flow control
		t.Fatal(err)
	}
	if got := answers(4); string(got) != "\x14\x00\x0F\x13" {
		t.Errorf("the queue machine got % X", got)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("% X, %v", rest, err)
	}
	p.printed(sent)
}

// Our questions are asked between jobs, on the connection that the queue machine holds, and it does not hear the answers.
func TestProxyAsksOnAnOpenConnection(t *testing.T) {
	p := open(t, quick, nil)
	c := p.machine()
	p.send(c, ticketA012)
	p.tickets("A012")
	p.printer.State(escpos.Status{PaperLow: true, PaperEnd: true, Offline: true})
	p.degraded("paper_end", "printer_offline", false)
	if p.printer.Connections() != 1 {
		t.Errorf("%d connections", p.printer.Connections())
	}
	p.send(c, "\x1B\x40A0") // a job is open: nothing gets into it
	p.printer.State(escpos.Status{})
	n := p.sink.Heard().Seen
	p.sink.Until(t, "looks", func(h drivertest.Heard) bool { return h.Seen > n+5 })
	if p.sink.Heard().Degraded == nil {
		t.Error("the printer was asked in a job")
	}
	p.send(c, "13\x0A\x1D\x56\x42\x00")
	p.healthy()
	p.printed(ticketA012 + "\x1B\x40A013\x0A\x1D\x56\x42\x00")
	p.tickets("A012", "A013")
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if k, err := c.Read(make([]byte, 8)); k > 0 || err == nil {
		t.Errorf("the queue machine heard %d bytes", k)
	}
}

// A queue machine that asks all the time leaves no pause: its own answers are read along.
func TestProxyHearsTheMachinesQuestions(t *testing.T) {
	p := open(t, quick, nil)
	c := p.machine()
	p.printer.State(escpos.Status{Cover: true, Offline: true})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				_, _ = c.Write([]byte("\x10\x04\x02"))
				_, _ = io.ReadFull(c, []byte{0})
			}
		}
	})
	p.sink.Until(t, "cover_open", func(h drivertest.Heard) bool { return h.Degraded != nil && h.Degraded.Code == "cover_open" })
	p.printer.State(escpos.Status{})
	p.healthy()
	close(stop)
	wg.Wait()
}

func TestProxyStatus(t *testing.T) {
	p := open(t, quick, nil)
	for _, c := range []struct {
		state        escpos.Status
		code, detail string
		low          float64
	}{
		{escpos.Status{PaperEnd: true, PaperLow: true, Offline: true}, "paper_end", "printer_offline", 1},
		{escpos.Status{Cover: true}, "cover_open", "printer_offline", 0},
		{escpos.Status{Cutter: true}, "cutter_jam", "printer_error, printer_offline", 0},
		{escpos.Status{Fatal: true}, "printer_error", "printer_offline", 0},
		{escpos.Status{Recoverable: true}, "printer_hot", "", 0},
		{escpos.Status{Offline: true}, "printer_offline", "", 0},
		{escpos.Status{PaperLow: true}, "", "", 1},
	} {
		p.printer.State(c.state)
		if c.code == "" {
			p.healthy()
		} else {
			p.degraded(c.code, c.detail, false)
		}
		n := len(p.sink.Heard().Readings)
		p.sink.Until(t, "a reading", func(h drivertest.Heard) bool {
			return slices.ContainsFunc(h.Readings[min(n, len(h.Readings)):], func(r drivertest.Reading) bool {
				return r.Metric == hall.MetricPaperLow && r.Value == c.low
			})
		})
	}
}

func TestProxyNoStatus(t *testing.T) {
	p := open(t, quick, func(n *printer.Network) { n.NoStatus(true) })
	p.job(ticketA012)
	p.tickets("A012")
	n := p.sink.Heard().Seen
	p.sink.Until(t, "looks", func(h drivertest.Heard) bool { return h.Seen > n+12 }) // after eight it is not asked any more
	p.printer.NoStatus(false)
	n = p.sink.Heard().Seen
	p.sink.Until(t, "looks", func(h drivertest.Heard) bool { return h.Seen > n+4 })
	if h := p.sink.Heard(); h.Degraded != nil || len(h.Readings) > 0 {
		t.Errorf("%+v", h)
	}
	p.printed(ticketA012)
}

func TestProxyHalfOpenPrinter(t *testing.T) {
	p := open(t, quick, nil)
	p.sink.Until(t, "an answer", func(h drivertest.Heard) bool { return len(h.Readings) > 0 })
	p.printer.HalfOpen(true)
	p.degraded("printer_mute", "", true)
	p.printer.HalfOpen(false)
	p.healthy()
}

// A printer that is off takes no connection: the queue machine is refused, and served again once it is on.
func TestProxyDeadPrinter(t *testing.T) {
	p := open(t, time.Hour, nil)
	p.job(ticketA012)
	p.tickets("A012")
	address := p.proxy.Addr().String()
	if err := p.printer.Power(false); err != nil {
		t.Fatal(err)
	}
	if _, err := printer.Remote(address).Write([]byte(ticketA012)); err == nil {
		t.Error("a job for a dead printer was taken")
	}
	if err := <-p.done; err == nil || !strings.HasPrefix(err.Error(), "dispenser: the printer takes no connection") {
		t.Errorf("got %v", err)
	}
	if p.proxy.Addr() != nil {
		t.Error("it listens without a printer")
	}
	if c, err := net.Dial("tcp", address); err == nil {
		_ = c.Close()
		t.Error("the queue machine is not refused")
	}
	if err := p.proxy.Run(t.Context(), p.sink); err == nil {
		t.Error("opened without a printer")
	}
	if err := p.printer.Power(true); err != nil {
		t.Fatal(err)
	}
	p.run()
	p.job(ticketA012)
	p.tickets("A012", "A012")
}

// A printer that hangs and then breaks has not taken the tickets that are still on their way.
func TestProxyTicketThatThePrinterDidNotTake(t *testing.T) {
	p := open(t, time.Hour, nil)
	p.printer.HalfOpen(true)
	c := p.machine()
	job := "\x1Dv0\x00\x80\x00\x00\x02" + strings.Repeat("\xAA", 128*512) + ticketA012
	jobs := 0
	for { // until nobody takes any more
		if err := c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(job)); err != nil {
			break
		}
		jobs++
	}
	if err := p.printer.Power(false); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the queue machine was told %v", err)
	}
	if err := <-p.done; err == nil {
		t.Error("a dead printer is served")
	}
	p.refused("the printer did not take it")
	if n := len(p.sink.Heard().Facts); n >= jobs {
		t.Errorf("%d tickets of %d jobs", n, jobs)
	}
}

func TestProxyJobCut(t *testing.T) {
	half := ticketA012[:len(ticketA012)-4] // without its cut
	for name, cut := range map[string]func(c *net.TCPConn) error{
		"reset": func(c *net.TCPConn) error { return errors.Join(c.SetLinger(0), c.Close()) },
		"ended": func(c *net.TCPConn) error { return c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, quick, nil)
			p.job(ticketA012) // this printer has a cutter
			p.tickets("A012")
			c := p.machine()
			p.send(c, half)
			p.printed(ticketA012 + half)
			if err := cut(c); err != nil {
				t.Fatal(err)
			}
			if name == "reset" {
				p.refused("the connection broke")
			} else {
				p.refused("without its cut")
			}
			p.job(strings.ReplaceAll(ticketA012, "A012", "A013"))
			p.tickets("A012", "A013")
		})
	}
}

// A printer without a cutter: a ticket ends with its connection, or when no more is printed.
func TestProxyNoCutter(t *testing.T) {
	p := open(t, quick, nil)
	p.job("\x1B\x40\x1D\x21\x33B007\x0A\x1D\x21\x00\x1B\x64\x05")
	p.tickets("B007")
	c := p.machine()
	p.send(c, "\x1B\x40\x1D\x21\x33B008\x0A\x1D\x21\x00\x1B\x64\x05")
	p.tickets("B007", "B008")
	if h := p.sink.Heard(); len(h.Refusals) > 0 {
		t.Errorf("refused %+v", h.Refusals)
	}
}

// Neither a disk that is slow nor one that is full delays a print, and no ticket is lost.
func TestProxySlowDisk(t *testing.T) {
	p := open(t, quick, nil)
	release := p.sink.Hold()
	var all string
	var numbers []string
	for i := range 20 {
		n := fmt.Sprintf("A%03d", i)
		job := strings.ReplaceAll(ticketA012, "A012", n)
		p.job(job)
		all += job
		numbers = append(numbers, n)
	}
	p.printed(all)
	if h := p.sink.Heard(); len(h.Facts) > 0 {
		t.Errorf("stored %+v", h.Facts)
	}
	full := errors.New("disk full")
	p.sink.Fail(full)
	release()
	p.job(ticketA012)
	p.printed(all + ticketA012)
	p.sink.Until(t, "tries", func(h drivertest.Heard) bool { return h.Tried > 2 })
	p.sink.Fail(nil)
	p.tickets(append(numbers, "A012")...)
}

// A printer that takes one connection at a time: looks never cost a job.
func TestProxySingleConnection(t *testing.T) {
	p := open(t, time.Millisecond, func(n *printer.Network) { n.Single(true) })
	var all string
	for i := range 30 {
		job := strings.ReplaceAll(ticketA012, "A012", fmt.Sprintf("A%03d", i))
		p.job(job)
		all += job
	}
	p.printed(all)
	p.sink.Until(t, "tickets", func(h drivertest.Heard) bool { return len(h.Facts) == 30 })
}

func TestProxySlowPrinter(t *testing.T) {
	p := open(t, quick, nil)
	p.printer.Slow(20 * time.Millisecond)
	job := strings.Repeat("\x1B\x40"+strings.Repeat("x", 2000)+"\n", 40) + ticketA012
	p.job(job)
	p.tickets("A012")
	if !bytes.Equal(p.printer.Printed(), []byte(job)) {
		t.Error("not what was sent")
	}
}

func TestProxyCannotListen(t *testing.T) {
	n := newPrinter(t)
	p := dispenser.NewProxy(dispenser.ProxyOptions{Listen: n.Addr(), Printer: n.Addr(), Layout: escpos.DefaultLayout()})
	if err := p.Run(t.Context(), &drivertest.Sink{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Run(ctx, &drivertest.Sink{}); err != nil {
		t.Errorf("got %v", err)
	}
	if e := p.Expect(); e.Silence != 36*time.Second || e.MaxRetry != 3*time.Second {
		t.Errorf("%+v", e)
	}
	var _ driver.Driver = p
}
