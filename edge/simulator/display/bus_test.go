package display

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"hallpulse/edge/simulator/line"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tap opens a wire and listens to its far end.
func tap(t *testing.T) (*line.Line, *bufio.Reader) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "bus"))
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(l.Path(), unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), l.Path())
	if err := f.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close(); _ = l.Close() })
	return l, bufio.NewReader(f)
}

func run(t *testing.T, b *Bus) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { b.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func next(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('#')
	if err != nil {
		t.Fatalf("after %q: %v", s, err)
	}
	return s
}

func want(t *testing.T, r *bufio.Reader, frames ...string) {
	t.Helper()
	for _, w := range frames {
		if got := next(t, r); got != w {
			t.Fatalf("got %q, want %q", got, w)
		}
	}
}

func TestFrames(t *testing.T) {
	if got := string(ASCII.frame(1, "A012")); got != "$001,A012#" {
		t.Errorf("got %q", got)
	}
	caller := []byte{0xFF, 0x68, 6, 6, 0x68, 1, 1, 0x41, 0x30, 0x31, 0x32, 0xD6, 0x16} // device-protocols 7.3
	if got := Caller.frame(1, "A012"); !bytes.Equal(got, caller) {
		t.Errorf("got % X", got)
	}
}

func TestRefresh(t *testing.T) {
	l, r := tap(t)
	b := New(Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1, "2": 12}, Refresh: 50 * time.Millisecond})
	if err := b.Call("2", "B7"); err != nil {
		t.Fatal(err)
	}
	run(t, b)
	want(t, r, "$012,B7  #", "$001,    #", "$012,B7  #", "$001,    #", "$012,B7  #")
	if err := b.Call("1", "A001"); err != nil {
		t.Fatal(err)
	}
	for next(t, r) != "$001,A001#" {
	}
	for next(t, r) != "$012,B7  #" {
	}
	want(t, r, "$001,A001#")
}

func TestCallFails(t *testing.T) {
	l, r := tap(t)
	b := New(Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1}, Refresh: 20 * time.Millisecond})
	fails := func(want error) {
		t.Helper()
		if err := b.Call("1", "A001"); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	b.Mute(true)
	fails(ErrMuted)
	b.Mute(false)
	b.Babble(true)
	fails(ErrBabbles)
	b.Babble(false)
	if err := b.Call("9", "A001"); err == nil {
		t.Error("a window without a display")
	}
	run(t, b)
	want(t, r, "$001,    #") // what failed is not shown later
	if err := l.Unplug(true); err != nil {
		t.Fatal(err)
	}
	fails(line.ErrUnplugged)
}

func TestMuteAndBabble(t *testing.T) {
	l, r := tap(t)
	b := New(Options{Line: l, Addresses: map[hall.WindowID]int{"1": 1}, Refresh: 10 * time.Millisecond})
	b.Babble(true)
	run(t, b)
	for range 64 {
		c, err := r.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		if c < 0x80 || c > 0x9F {
			t.Fatalf("%02X among the noise", c)
		}
	}
	b.Babble(false)
	for next(t, r) != "$001,    #" { // the rest of the noise comes with the first frame
	}
	want(t, r, "$001,    #")
	if err := b.Say("1", "12:30"); err != nil {
		t.Fatal(err)
	}
	for next(t, r) != "$001,12:30#" {
	}
	want(t, r, "$001,    #")
}
