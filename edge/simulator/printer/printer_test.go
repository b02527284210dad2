package printer

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"hallpulse/edge/simulator/line"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The bytes of a ticket, by hand: 大厅 is B4 F3 CC FC and so on.
var golden = []byte("\x1B\x40\x1C\x26\x1B\x61\x01\x1B\x45\x01\xB4\xF3\xCC\xFC\x0A\x1B\x45\x00\xC4\xFA\xB5\xC4\xBA\xC5\xC2\xEB\x0A" +
	"\x1D\x21\x33A012\x0A\x1D\x21\x00\xD7\xDB\xBA\xCF\xD2\xB5\xCE\xF1\x0A" +
	"\xC7\xB0\xC3\xE6\xB5\xC8\xBA\xF2 3 \xC8\xCB\x0A" +
	"\x1B\x61\x002026-10-05 09:30:00\x0A\x1B\x61\x01" +
	"\x1D\x28\x6B\x04\x00\x31\x41\x32\x00\x1D\x28\x6B\x03\x00\x31\x43\x06\x1D\x28\x6B\x03\x00\x31\x45\x31" +
	"\x1D\x28\x6B\x1B\x00\x31\x50\x30https://h.example/t/A012\x1D\x28\x6B\x03\x00\x31\x51\x30\x0A" +
	"\xC7\xEB\xC1\xF4\xD2\xE2\xBD\xD0\xBA\xC5\xA3\xAC\xB9\xFD\xBA\xC5\xC7\xEB\xD6\xD8\xD0\xC2\xC8\xA1\xBA\xC5\x0A" +
	"\x1B\x64\x03\x1D\x56\x42\x00")

func TestTicket(t *testing.T) {
	at := time.Date(2026, 10, 5, 9, 30, 0, 0, time.UTC)
	got, err := ticket{hall: "大厅", number: "A012", category: "综合业务", ahead: 3, at: at}.bytes()
	if err != nil || !bytes.Equal(got, golden) {
		t.Errorf("got\n%x, %v, want\n%x", got, err, golden)
	}
	got, err = ticket{hall: "大厅", number: "A012", category: "综合业务", ahead: -1, at: at}.bytes()
	if err != nil || bytes.Contains(got, []byte("\xC8\xCB\x0A")) {
		t.Errorf("people ahead on a ticket without: %x, %v", got, err)
	}
}

func TestPrint(t *testing.T) {
	l, err := line.Open(filepath.Join(t.TempDir(), "printer"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	fd, err := unix.Open(l.Path(), unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	g := os.NewFile(uintptr(fd), l.Path())
	defer func() { _ = g.Close() }()
	if err := g.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 5, 9, 30, 0, 0, time.UTC)
	p := New(Options{Line: l, Hall: "大厅", Now: func() time.Time { return at }})
	expect := func(want []byte) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(g, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("got %x, %v, want %x", got, err, want)
		}
	}
	print := func(want error) {
		t.Helper()
		if err := p.Print("A012", "综合业务", 3); !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	print(nil)
	expect(golden)
	p.Mute(true)
	print(ErrMuted)
	p.Mute(false)
	p.NoPaper(true)
	print(ErrPaper)
	expect(golden[:bytes.Index(golden, []byte("A012"))+2])
	p.NoPaper(false)
	if err := p.Note("test"); err != nil {
		t.Fatal(err)
	}
	expect([]byte("\x1B\x40test\x1B\x64\x03\x1D\x56\x42\x00"))
	if err := l.Unplug(true); err != nil {
		t.Fatal(err)
	}
	print(line.ErrUnplugged)
}
