package bus

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// writeTime is how long a write waits for room in the line's buffer. A frame is shorter than the buffer: a line without
// room for this long does not send at all.
const writeTime = 300 * time.Millisecond

// port is an open serial port.
type port struct {
	port serial.Port
	lock int // descriptor that holds the lock; unlike the port's own it does not block

	mu     sync.Mutex // held while the line is written: the number of a closed descriptor belongs to the next file opened
	closed bool
}

// Read gives what came, (0, nil) when nothing came for readTime.
func (p *port) Read(b []byte) (int, error) {
	n, err := p.port.Read(b)
	if err != nil {
		return n, fmt.Errorf("bus: line is gone: %w", err)
	}
	return n, nil
}

// Write sends b, for writeTime at most: a write that blocks could not be ended. It may come from another goroutine than the
// reader's, also after Close: what a driver answers waits for the disk.
func (p *port) Write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, fmt.Errorf("bus: write: %w", os.ErrClosed)
	}
	late := time.Now().Add(writeTime)
	for n < len(b) {
		k, err := unix.Write(p.lock, b[n:])
		n += max(k, 0)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			if err := p.room(late); err != nil {
				return n, err
			}
		case err != nil:
			return n, fmt.Errorf("bus: write: %w", err)
		}
	}
	return n, nil
}

// room waits until the line can take bytes.
func (p *port) room(late time.Time) error {
	left := time.Until(late)
	if left <= 0 {
		return fmt.Errorf("bus: the line sends nothing: %w", os.ErrDeadlineExceeded)
	}
	fds := []unix.PollFd{{Fd: int32(p.lock), Events: unix.POLLOUT}}
	if _, err := unix.Poll(fds, int(left.Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("bus: write: %w", err)
	}
	return nil
}

// Close gives the port back. What is not sent yet is thrown away: a line that does not send would hold up Close for half
// a minute.
func (p *port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	_ = p.port.ResetOutputBuffer() // fails on a line that is gone
	if err := errors.Join(p.port.Close(), unix.Close(p.lock)); err != nil {
		return fmt.Errorf("bus: close: %w", err)
	}
	return nil
}
