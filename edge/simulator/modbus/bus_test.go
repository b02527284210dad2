package modbus

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"hallpulse/edge/simulator/line"
	codec "hallpulse/firmware-bridge/modbus"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire gives a line and the gateway's end of it.
func wire(t *testing.T) (*line.Line, *os.File) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "bus"))
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(l.Path(), unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	g := os.NewFile(uintptr(fd), l.Path())
	t.Cleanup(func() { _ = g.Close(); _ = l.Close() })
	if err := g.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return l, g
}

func read(t *testing.T, g *os.File, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(g, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got % X, %v, want % X", got, err, want)
	}
}

var (
	show   = []byte("\x01\x10\x00\x70\x00\x06\x0CA012\x00\x00\x00\x00\x00\x00\x00\x00\x30\x94")
	shown  = []byte("\x01\x10\x00\x70\x00\x06\x41\xD0")
	number = []byte("\x01\x06\x00\x88\x00\x2A\x88\x3F")
)

func TestMaster(t *testing.T) {
	l, g := wire(t)
	b := New(Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1}})
	call := func(want error) {
		t.Helper()
		if err := b.Call("1", "A012"); !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	call(nil)
	read(t, g, append(bytes.Clone(show), shown...))
	b.LoseReplies(1, 1)
	call(nil)
	read(t, g, show)
	b.Silence(1, true)
	call(nil)
	read(t, g, show)
	b.Silence(1, false)
	b.BadCRC(1, true)
	call(nil)
	read(t, g, append(bytes.Clone(show), "\x01\x10\x00\x70\x00\x06\x41\x85"...))
	b.BadCRC(1, false)
	b.Exception(1, codec.Busy)
	call(nil)
	read(t, g, append(bytes.Clone(show), "\x01\x90\x06\xCC\x02"...))
	b.Exception(1, 0)
	b.Duplicate(1, true)
	call(nil)
	read(t, g, show)
	double := make([]byte, len(shown)+2)
	if _, err := io.ReadFull(g, double); err != nil || bytes.HasPrefix(double, shown) {
		t.Errorf("two displays say % X, %v", double, err)
	}
	if b.Mute(true); b.Shown("1") != "A012" || b.Shown("9") != "" {
		t.Errorf("shown %q", b.Shown("1"))
	}
	call(ErrMuted)
	if err := b.Call("9", "A012"); err == nil {
		t.Error("a window without a display")
	}
	b.Reboot(1, true)
	if b.Shown("1") != "001" {
		t.Errorf("shown %q", b.Shown("1"))
	}
	b.Reboot(1, false)
	if b.Shown("1") != "" {
		t.Errorf("shown %q", b.Shown("1"))
	}
}

func TestInteger(t *testing.T) {
	l, g := wire(t)
	b := New(Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1}, Integer: true, Value: ValueRegister})
	if err := b.Call("1", "A1"); err == nil {
		t.Error("a letter on a display of digits")
	}
	if err := b.Call("1", "42"); err != nil || b.Shown("1") != "42" {
		t.Fatal(err)
	}
	read(t, g, append(bytes.Clone(number), number...))
}

func TestGateway(t *testing.T) {
	l, g := wire(t)
	b := New(Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1, "2": 2}, Gateway: true, Refresh: 10 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { b.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	if err := b.Call("1", "A012"); err != nil {
		t.Fatal(err)
	}
	ask, err := codec.Read(1, codec.ReadHolding, TextRegister, 2).Encode()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := codec.Reply{Address: 1, Function: codec.ReadHolding, Data: []byte("A012")}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	write := func() {
		t.Helper()
		if _, err := g.Write(ask); err != nil {
			t.Fatal(err)
		}
	}
	write()
	read(t, g, answer)
	b.Echo(true)
	write()
	read(t, g, append(bytes.Clone(ask), answer...))
	if err := b.Noise([]byte{0xFF, 0xFE}); err != nil {
		t.Fatal(err)
	}
	read(t, g, []byte{0xFF, 0xFE})
}
