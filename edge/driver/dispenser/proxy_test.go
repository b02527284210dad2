package dispenser_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/printer"
	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

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
