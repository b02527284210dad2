package dispenser_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/dispenser"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/printer"
	"hallpulse/firmware-bridge/escpos"
)

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

// A printer that ends idle connections: what is sent then is not taken, and the queue machine sees it.
func TestProxyPrinterEndsTheConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
			_ = c.Close()
		}
	})
	t.Cleanup(func() { _ = ln.Close(); wg.Wait() })
	p := &post{t: t, sink: &drivertest.Sink{}, proxy: dispenser.NewProxy(dispenser.ProxyOptions{
		Listen: "127.0.0.1:0", Printer: ln.Addr().String(), Layout: escpos.DefaultLayout(), Interval: time.Hour})}
	p.run()
	c := p.machine()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("the printer's end was not passed on: %v", err)
	}
	p.send(c, ticketA012)
	late := time.Now().Add(drivertest.Patience)
	for err = nil; err == nil && time.Now().Before(late); _, err = c.Write([]byte{'\n'}) {
		<-time.After(5 * time.Millisecond)
	}
	if err == nil {
		t.Error("the queue machine believes that it was printed")
	}
	if h := p.sink.Heard(); len(h.Facts) > 0 {
		t.Errorf("%+v", h.Facts)
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
