package profiled

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is a server and a gateway that is connected to it.
func pair(t *testing.T) (*Server, net.Conn) {
	t.Helper()
	s, err := NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); _ = s.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(10 * time.Second); s.Connected() == 0; <-time.After(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("nobody connects")
		}
	}
	return s, c
}

func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("got %q, %v, want %q", got[:n], err, want)
	}
}

func running(t *testing.T, run func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func TestKeypadRepeatsUntilItIsAnswered(t *testing.T) {
	s, c := pair(t)
	k := NewKeypad(Options{Wire: s, Beat: time.Hour, Resend: 20 * time.Millisecond}, 3)
	running(t, k.Run)
	if seq, err := k.Press(2); seq != 1 || err != nil {
		t.Fatal(seq, err)
	}
	for range 3 {
		expect(t, c, "RATE,3,2,1\r\n")
	}
	for _, answer := range []string{"OK,4,1\r\n", "OK,3,2\r\n", "OK,3,x\r\n", "O", "K,3,1\n"} {
		if _, err := c.Write([]byte(answer)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := k.Drained(ctx); err != nil {
		t.Fatal(err)
	}
	k.Mute(true)
	if _, err := k.Press(2); !errors.Is(err, ErrMuted) {
		t.Error(err)
	}
}

func TestDispenser(t *testing.T) {
	s, c := pair(t)
	p := NewDispenser(Options{Wire: s, Beat: time.Hour, Resend: time.Hour})
	running(t, p.Run)
	if _, err := p.Print(1, 12, 3); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "\xA5\x5A\x00\x0A\x31\x01\x00\x0C\x00\x03\x00\x01\x94\xAC")
	if _, err := c.Write(append([]byte{0xA5}, frame(0xB1, []byte{0, 1})...)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := p.Drained(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Print(9, 1, 0); err == nil {
		t.Error("queue 9")
	}
	if got := xmodem([]byte("123456789")); got != 0x31C3 {
		t.Errorf("%04X", got)
	}
}

func TestFaults(t *testing.T) {
	s, c := pair(t)
	q := NewQueue(Options{Wire: s})
	for _, f := range []struct {
		faults Faults
		want   string
	}{
		{Faults{}, "CALL,1,A1\r\n"}, {Faults{Twice: true}, "CALL,1,A1\r\nCALL,1,A1\r\n"}, {Faults{Noise: true}, "\x00\xFF\x07\nCALL,1,A1\r\n"},
		{Faults{Split: true}, "CALL,1,A1\r\n"}, {Faults{Damaged: 1}, "CALL,\xB1,A1\r\n"}, {Faults{Cut: 1}, "CALL,"},
	} {
		q.SetFaults(f.faults)
		if err := q.Call(1, "A1"); err != nil {
			t.Fatal(err)
		}
		expect(t, c, f.want)
	}
	p := NewTextDispenser(Options{Wire: s})
	if err := p.Print("B2", "社保", -1); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "TICKET,B2,\xC9\xE7\xB1\xA3\r\n")
	if err := s.Unplug(true); err != nil {
		t.Fatal(err)
	}
	if err := q.Call(1, "A1"); !errors.Is(err, ErrUnplugged) {
		t.Error(err)
	}
}

func TestCallerCallsAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	caller := NewCaller(l.Addr().String())
	heard := caller.Heard()
	running(t, caller.Run)
	for range 2 {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if got := <-heard; !bytes.Equal(got, []byte("hello")) {
			t.Errorf("heard %q", got)
		}
		_ = c.Close()
	}
}
