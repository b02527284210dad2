package dispenser_test

import (
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/printer"
	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

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
