package inbound

import (
	"net"
	"testing"
)

// TestSilentConnectionsDoNotKeepOthersOut: a device that holds connections open without a word loses them, and no other does.
func TestSilentConnectionsDoNotKeepOthersOut(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	most := Limits{Together: 8, From: 3}
	l := Limit(ln, most)
	accepted := make(chan net.Conn, most.Together)
	go func() {
		defer close(accepted)
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			accepted <- c
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		for range accepted {
		}
	})
	dial := func(from string) net.Conn {
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	var held []net.Conn
	for range most.From {
		dial("127.0.0.1")
		held = append(held, <-accepted)
	}
	if _, err := dial("127.0.0.1").Read(make([]byte, 1)); err == nil {
		t.Error("a connection too many was not closed")
	}
	dial("127.0.0.2")
	held = append(held, <-accepted)
	if err := held[0].Close(); err != nil {
		t.Fatal(err)
	}
	dial("127.0.0.1")
	if c := <-accepted; c == nil {
		t.Error("no room after a connection closed")
	}
}
