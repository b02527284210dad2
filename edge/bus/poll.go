package bus

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// readUntil reads what is there already, whether or not ctx has ended; else it waits until ctx ends, until f is closed, or,
// with [os.ErrDeadlineExceeded], for so long (0: without end). f is polled by the runtime, so that a deadline ends a read.
func readUntil(ctx context.Context, f *os.File, buf []byte, wait time.Duration) (int, error) {
	var late time.Time
	if wait > 0 {
		late = time.Now().Add(wait)
	}
	if err := f.SetReadDeadline(late); err != nil { // of a call before it may be left
		return 0, orClosed(f, err)
	}
	if n, err := readNow(f, buf); n > 0 || err != nil {
		return n, err
	}
	fired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(fired)
		_ = f.SetReadDeadline(time.Unix(1, 0)) // it fails only when f is closed, which ends the read as well
	})
	n, err := f.Read(buf)
	if !stop() {
		<-fired // else it might end the next read
	}
	if n == 0 && ctx.Err() != nil && !errors.Is(err, os.ErrClosed) {
		return 0, ctx.Err()
	}
	return n, err
}

// readNow reads without waiting; (0, nil) where nothing is there.
func readNow(f *os.File, buf []byte) (n int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var done error
	err = raw.Read(func(fd uintptr) bool {
		for n, done = unix.Read(int(fd), buf); errors.Is(done, unix.EINTR); n, done = unix.Read(int(fd), buf) {
		}
		return true
	})
	switch {
	case err != nil:
		return 0, orClosed(f, err)
	case errors.Is(done, unix.EAGAIN):
		return 0, nil
	case done != nil:
		return 0, os.NewSyscallError("read", done)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// orClosed gives [os.ErrClosed] where f is closed: of its deadline and its descriptor the runtime tells that by an error of its own.
func orClosed(f *os.File, err error) error {
	if _, closed := f.Read(nil); errors.Is(closed, os.ErrClosed) {
		return closed
	}
	return err
}
