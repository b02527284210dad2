package printer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"hallpulse/firmware-bridge/escpos"
)

func network(t *testing.T) *Network {
	t.Helper()
	n := NewNetwork("127.0.0.1:0")
	if err := n.Power(true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func dial(t *testing.T, n *Network) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", n.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t *testing.T, c net.Conn, p string) {
	t.Helper()
	if _, err := c.Write([]byte(p)); err != nil {
		t.Fatal(err)
	}
}

func answer(t *testing.T, c net.Conn) byte {
	t.Helper()
	b := []byte{0}
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	return b[0]
}

func TestNetworkPrints(t *testing.T) {
	n := network(t)
	p := New(Options{Out: Remote(n.Addr()), Hall: "大厅", Now: func() time.Time { return time.Date(2026, 10, 5, 9, 30, 0, 0, time.UTC) }})
	for range 2 {
		if err := p.Print("A012", "综合业务", 3); err != nil {
			t.Fatal(err)
		}
	}
	if got := n.Printed(); !bytes.Equal(got, append(bytes.Clone(golden), golden...)) {
		t.Errorf("% X", got)
	}
	if err := n.Power(false); err != nil {
		t.Fatal(err)
	}
	if err := p.Print("A013", "综合业务", 3); err == nil {
		t.Error("printed without power")
	}
	if err := n.Power(true); err != nil {
		t.Fatal(err)
	}
	if err := p.Note("x"); err != nil {
		t.Error(err)
	}
}

func TestNetworkStatus(t *testing.T) {
	n := network(t)
	c := dial(t, n)
	for _, s := range []escpos.Status{
		{}, {PaperLow: true}, {PaperLow: true, PaperEnd: true, Offline: true}, {Cover: true, Offline: true}, {Cutter: true, Offline: true, Failed: true},
		{Recoverable: true, Failed: true, Offline: true}, {Fatal: true, Offline: true, Failed: true},
	} {
		n.State(s)
		var got escpos.Status
		for kind := escpos.StatusPrinter; kind <= escpos.StatusPaper; kind++ {
			send(t, c, "A"+string(escpos.Query(kind)))
			if err := got.Take(kind, answer(t, c)); err != nil {
				t.Fatal(err)
			}
		}
		if got != s {
			t.Errorf("got %+v, want %+v", got, s)
		}
	}
	send(t, c, "\x10\x10\x04\x09\x10")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
	if got := string(n.Printed()); got != "AAAAAAAAAAAAAAAAAAAAAAAAAAAA\x10\x10\x04\x09\x10" {
		t.Errorf("%q", got)
	}
}

func TestNetworkFaults(t *testing.T) {
	n := network(t)
	c := dial(t, n)
	silent := func() {
		t.Helper()
		if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	n.NoStatus(true)
	send(t, c, "\x10\x04\x01")
	silent()
	n.NoStatus(false)
	n.Slow(time.Minute)
	send(t, c, "\x10\x04\x01")
	silent()
	n.Slow(0)
	answer(t, c)
	n.HalfOpen(true)
	send(t, c, "A\x10\x04\x01")
	c2 := dial(t, n)
	send(t, c2, "B\x10\x04\x01")
	silent()
	n.HalfOpen(false)
	answer(t, c)
	answer(t, c2)
	n.Single(true)
	if _, err := dial(t, n).Read(make([]byte, 1)); err == nil {
		t.Error("two connections at a time")
	}
	if err := n.Say([]byte{0x14}); err != nil {
		t.Fatal(err)
	}
	for answer(t, c2) != 0x14 {
	}
	if err := n.Power(false); err != nil {
		t.Fatal(err)
	}
	if _, err := c2.Read(make([]byte, 1)); err == nil {
		t.Error("a connection without power")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.Run(ctx); err != nil {
		t.Error(err)
	}
}
