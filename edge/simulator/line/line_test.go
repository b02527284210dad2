package line

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
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *Line {
	t.Helper()
	l, err := Open(filepath.Join(t.TempDir(), "port"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// gateway opens the far end as a program does that knows nothing of ptys. Its reads end at deadlines.
func gateway(t *testing.T, path string) *os.File {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), path)
	t.Cleanup(func() { _ = f.Close() })
	if err := f.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return f
}

func all() []byte {
	p := make([]byte, 256)
	for i := range p {
		p[i] = byte(i)
	}
	return p
}

func TestEveryBytePassesBothWays(t *testing.T) {
	l := open(t)
	heard := l.Heard()
	g := gateway(t, l.Path())
	if n, err := l.Write(all()); n != 256 || err != nil {
		t.Fatal(n, err)
	}
	got := make([]byte, 256)
	if _, err := io.ReadFull(g, got); err != nil || !bytes.Equal(got, all()) {
		t.Fatalf("gateway got %x, %v", got, err)
	}
	if _, err := g.Write(all()); err != nil {
		t.Fatal(err)
	}
	var back []byte
	for len(back) < 256 {
		select {
		case p := <-heard:
			back = append(back, p...)
		case <-time.After(5 * time.Second):
			t.Fatalf("heard %x only", back)
		}
	}
	if !bytes.Equal(back, all()) {
		t.Errorf("heard %x", back)
	}
}

func TestNobodyListens(t *testing.T) {
	l := open(t)
	begin := time.Now()
	for range 400 {
		if _, err := l.Write(all()); err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("100 kB into a dead gateway took %v", d)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.cable.waiting(); n > Most+4*256 {
		t.Errorf("%d bytes wait", n)
	}
}

func TestStaleBytesAreForgotten(t *testing.T) {
	l := open(t)
	if _, err := l.Write([]byte("old")); err != nil {
		t.Fatal(err)
	}
	g := gateway(t, l.Path())
	until(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.cable.waiting() == 0
	})
	if _, err := l.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	if _, err := io.ReadFull(g, got); err != nil || string(got) != "new" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestKilledGatewayLeavesThePortFree(t *testing.T) {
	l := open(t)
	g := gateway(t, l.Path())
	if err := unix.IoctlSetInt(int(g.Fd()), unix.TIOCEXCL, 0); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil { // as kill -9 does: without TIOCNXCL
		t.Fatal(err)
	}
	until(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		exclusive, err := unix.IoctlGetInt(int(l.cable.far.Fd()), unix.TIOCGEXCL)
		return err == nil && exclusive == 0
	})
}

func TestUnplug(t *testing.T) {
	l := open(t)
	heard := l.Heard()
	g := gateway(t, l.Path())
	for range 2 {
		if err := l.Unplug(true); err != nil { // twice: the second changes nothing
			t.Fatal(err)
		}
	}
	if n, err := g.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read of a pulled wire: %d, %v", n, err)
	}
	if _, err := os.Lstat(l.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("path of a pulled wire: %v", err)
	}
	if _, err := l.Write([]byte("x")); !errors.Is(err, ErrUnplugged) {
		t.Errorf("write on a pulled wire: %v", err)
	}
	if err := l.Unplug(false); err != nil {
		t.Fatal(err)
	}
	g = gateway(t, l.Path())
	if _, err := g.Write([]byte("again")); err != nil {
		t.Fatal(err)
	}
	select {
	case p := <-heard:
		if string(p) != "again" {
			t.Errorf("heard %q", p)
		}
	case <-time.After(5 * time.Second):
		t.Error("nothing heard after the wire was plugged in again")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := <-heard; ok {
		t.Error("listener is not closed")
	}
	if err := l.Unplug(false); !errors.Is(err, os.ErrClosed) {
		t.Errorf("plug of a closed wire: %v", err)
	}
}

func TestPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "port")
	if err := os.Symlink("/nowhere", path); err != nil {
		t.Fatal(err)
	}
	l, err := Open(path)
	if err != nil {
		t.Fatalf("a link of a run that was killed: %v", err)
	}
	gateway(t, path)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("a file was replaced")
	}
	if _, err := Open(filepath.Join(path, "port")); err == nil {
		t.Error("a path under a file was opened")
	}
}

func until(t *testing.T, ok func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("waited too long")
		}
	}
}
