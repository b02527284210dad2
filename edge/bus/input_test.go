package bus

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hallpulse/edge/driver"
)

// keyChange is a change of a key, as the kernel gives it to this program, with its report.
func keyChange(code uint16, value int32) []byte {
	one := func(kind, code uint16, value int32) []byte {
		p := make([]byte, driver.InputEventSize)
		if len(p) == driver.InputEventSize64 {
			binary.NativeEndian.PutUint64(p, 1)
		} else {
			binary.NativeEndian.PutUint32(p, 1)
		}
		tail := p[len(p)-8:]
		binary.NativeEndian.PutUint16(tail, kind)
		binary.NativeEndian.PutUint16(tail[2:], code)
		binary.NativeEndian.PutUint32(tail[4:], uint32(value))
		return p
	}
	return append(one(1, code, value), one(0, 0, 0)...)
}

// openPipe is an input device whose events a test writes.
func openPipe(t *testing.T, held func() (driver.KeySet, error)) (*input, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := newInput(r, driver.InputEventSize, held)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), w.Close() })
	return in, w
}

func noneHeld() (driver.KeySet, error) { return driver.KeySet{}, nil }

func write(t *testing.T, w io.Writer, chunks ...[]byte) {
	t.Helper()
	for _, p := range chunks {
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInputGivesKeysInOrder(t *testing.T) {
	in, w := openPipe(t, noneHeld)
	a := keyChange(79, driver.KeyDown)
	write(t, w, a[:10], a[10:], keyChange(79, driver.KeyUp), keyChange(80, driver.KeyDown))
	for _, want := range []driver.KeyEvent{{Code: 79, Value: driver.KeyDown}, {Code: 79}, {Code: 80, Value: driver.KeyDown}} {
		e, err := in.Next(t.Context())
		if err != nil || e.Code != want.Code || e.Value != want.Value || e.At != time.Second || len(e.Raw) != driver.InputEventSize {
			t.Errorf("got %+v, %v; want %+v", e, err, want)
		}
	}
}

func TestInputEndsWithItsContext(t *testing.T) {
	in, w := openPipe(t, noneHeld)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	write(t, w, keyChange(79, driver.KeyDown))
	if e, err := in.Next(ended); err != nil || e.Code != 79 {
		t.Errorf("a key from before the end: %+v, %v", e, err)
	}
	if _, err := in.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := in.Next(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ends meanwhile: %v", err)
	}
	write(t, w, keyChange(79, driver.KeyUp))
	if e, err := in.Next(t.Context()); err != nil || e.Code != 79 {
		t.Errorf("after the end: %+v, %v", e, err)
	}
}

func TestInputThatIsGone(t *testing.T) {
	in, w := openPipe(t, noneHeld)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Next(t.Context()); !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsInput(t *testing.T) {
	in, _ := openPipe(t, noneHeld)
	done := make(chan error, 1)
	go func() {
		_, err := in.Next(t.Context())
		done <- err
	}()
	for range 2 {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Close does not end Next")
	}
	if err := ioctl(in.file, eviocID, nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a request of a closed device: %v", err)
	}
}

func TestHeldKeysThatCannotBeAskedFor(t *testing.T) {
	gone := false
	in, w := openPipe(t, func() (s driver.KeySet, err error) {
		if gone {
			err = syscall.ENODEV
		}
		return s, err
	})
	gone = true
	dropped := make([]byte, driver.InputEventSize)
	binary.NativeEndian.PutUint16(dropped[driver.InputEventSize-6:], 3)
	write(t, w, append(dropped, keyChange(79, driver.KeyDown)...))
	if _, err := in.Next(t.Context()); !errors.Is(err, syscall.ENODEV) {
		t.Errorf("got %v", err)
	}
}

func TestOpenOfWhatIsNoInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "event0")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{file: "no input device", "/dev/null": "no input device", file + "x": "ls /dev/input/by-id"} {
		_, err := NewInput(InputOptions{Path: path}).OpenInput()
		if err == nil || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestInputErrorsNameTheMend(t *testing.T) {
	for _, c := range []struct {
		err, is error
		text    string
	}{
		{syscall.EBUSY, ErrInUse, "grabbed"}, {syscall.EACCES, fs.ErrPermission, "group input"}, {syscall.ENODEV, syscall.ENODEV, "plugged in"},
		{fs.ErrNotExist, fs.ErrNotExist, "plugged in"}, {syscall.EIO, syscall.EIO, "error"},
	} {
		if err := explainInput(c.err); !errors.Is(err, c.err) || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v: %v", c.err, err)
		}
	}
}
