package bus_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"hallpulse/edge/bus"
	"hallpulse/edge/driver"
	"hallpulse/edge/simulator/line"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wire(t *testing.T) *line.Line {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "port"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func open(t *testing.T, o bus.SerialOptions) driver.Port {
	t.Helper()
	p, err := bus.NewSerial(o).OpenPort()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// read gives n bytes of the port.
func read(t *testing.T, p driver.Port, n int) []byte {
	t.Helper()
	var got []byte
	buf := make([]byte, 64)
	for late := time.Now().Add(5 * time.Second); len(got) < n; {
		k, err := p.Read(buf)
		if err != nil || time.Now().After(late) {
			t.Fatalf("got %x only, %v", got, err)
		}
		got = append(got, buf[:k]...)
	}
	return got
}

func TestEveryByteAtEverySetting(t *testing.T) {
	l := wire(t)
	heard := l.Heard()
	for _, o := range []bus.SerialOptions{
		{}, {Baud: 1200, DataBits: 8, Parity: "none", StopBits: "1"}, {Baud: 115200, Parity: "even", StopBits: "2"}, {Baud: 256000, Parity: "odd"},
	} {
		o.Port = l.Path()
		p := open(t, o)
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		if _, err := l.Write(all); err != nil {
			t.Fatal(err)
		}
		if got := read(t, p, 256); !bytes.Equal(got, all) {
			t.Errorf("%+v: got %x", o, got)
		}
		if n, err := p.Write(all); n != 256 || err != nil {
			t.Fatal(n, err)
		}
		var back []byte
		for len(back) < 256 {
			back = append(back, <-heard...)
		}
		if !bytes.Equal(back, all) {
			t.Errorf("%+v: sent %x", o, back)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadTimeout(t *testing.T) {
	p := open(t, bus.SerialOptions{Port: wire(t).Path()})
	begin := time.Now()
	if n, err := p.Read(make([]byte, 8)); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if d := time.Since(begin); d < 50*time.Millisecond || d > time.Second {
		t.Errorf("a read of a silent line took %v", d)
	}
}

func TestOldBytesAreThrownAway(t *testing.T) {
	l := wire(t)
	if _, err := l.Write([]byte("old")); err != nil {
		t.Fatal(err)
	}
	p := open(t, bus.SerialOptions{Port: l.Path()})
	if _, err := l.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, p, 3); string(got) != "new" {
		t.Errorf("got %q", got)
	}
}

func TestOneOwner(t *testing.T) {
	l := wire(t)
	other := filepath.Join(t.TempDir(), "other-name")
	if err := os.Symlink(l.Path(), other); err != nil {
		t.Fatal(err)
	}
	p := open(t, bus.SerialOptions{Port: l.Path()})
	for _, path := range []string{l.Path(), other} {
		_, err := bus.NewSerial(bus.SerialOptions{Port: path}).OpenPort()
		if !errors.Is(err, bus.ErrInUse) || !strings.Contains(err.Error(), path) {
			t.Errorf("second owner by %s: %v", path, err)
		}
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open(t, bus.SerialOptions{Port: other})
}

func TestUnplugWhileReading(t *testing.T) {
	l := wire(t)
	p := open(t, bus.SerialOptions{Port: l.Path()})
	failed := make(chan error, 1)
	go func() {
		for {
			if _, err := p.Read(make([]byte, 8)); err != nil {
				failed <- err
				return
			}
		}
	}()
	if err := l.Unplug(true); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-failed:
		if !strings.HasPrefix(err.Error(), "bus: ") {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the read did not end")
	}
	if _, err := p.Write([]byte("x")); err == nil {
		t.Error("write on a pulled wire")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Unplug(false); err != nil {
		t.Fatal(err)
	}
	open(t, bus.SerialOptions{Port: l.Path()})
}

// A line that is held (a wedged adapter) must not hold its driver.
func TestWriteHasALimit(t *testing.T) {
	near, far, err := pty.Open() // nobody reads near
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = near.Close(); _ = far.Close() }()
	p := open(t, bus.SerialOptions{Port: far.Name()})
	begin := time.Now()
	for err == nil && time.Since(begin) < 10*time.Second {
		_, err = p.Write(make([]byte, 1000))
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	begin = time.Now()
	if err := p.Close(); err != nil || time.Since(begin) > time.Second {
		t.Errorf("close: %v after %v", err, time.Since(begin))
	}
}

// An answer that comes after the line was closed must not be written into a file that has the line's old descriptor now.
func TestWriteAfterClose(t *testing.T) {
	p := open(t, bus.SerialOptions{Port: wire(t).Path()})
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	var files []*os.File
	for range 8 {
		f, err := os.CreateTemp(t.TempDir(), "segment")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		files = append(files, f)
	}
	if _, err := p.Write([]byte("answer")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("written after the close: %v", err)
	}
	for _, f := range files {
		if info, err := f.Stat(); err != nil || info.Size() > 0 {
			t.Errorf("%s has %d bytes of the line, %v", f.Name(), info.Size(), err)
		}
	}
}

func TestErrorsNameThePortAndTheMend(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    bus.SerialOptions
		is   error
		text string
	}{
		{bus.SerialOptions{Port: file + "-not"}, fs.ErrNotExist, "plugged in"},
		{bus.SerialOptions{Port: file}, nil, "no serial port"},
		{bus.SerialOptions{Port: wire(t).Path(), StopBits: "1.5"}, driver.ErrPermanent, "1 or 2"},
		{bus.SerialOptions{Port: wire(t).Path(), Parity: "strange"}, driver.ErrPermanent, "even"},
		{bus.SerialOptions{Port: wire(t).Path(), DataBits: 9}, nil, "settings"},
	} {
		_, err := bus.NewSerial(c.o).OpenPort()
		if err == nil {
			t.Errorf("%+v: opened", c.o)
			continue
		}
		if !strings.HasPrefix(err.Error(), "bus: serial port "+c.o.Port) || !strings.Contains(err.Error(), c.text) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
}

func TestPermissionDenied(t *testing.T) {
	if unix.Geteuid() == 0 {
		t.Skip("root may open everything")
	}
	l := wire(t)
	if err := os.Chmod(l.Path(), 0); err != nil {
		t.Fatal(err)
	}
	_, err := bus.NewSerial(bus.SerialOptions{Port: l.Path()}).OpenPort()
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "dialout") {
		t.Errorf("got %v", err)
	}
}
