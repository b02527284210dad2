package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// socket is a listening socket and the lock that makes it ours.
type socket struct {
	*net.UnixListener
	lock *os.File
}

// listen takes the path. The lock says whether another gateway lives: the kernel gives it back however a process ends. What a
// killed gateway left behind is replaced.
func listen(ctx context.Context, path string) (s *socket, err error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("%w: %s", errPath, path)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.Close())
		}
	}()
	if err := clearStale(ctx, path); err != nil {
		return nil, err
	}
	ln, err := (&net.ListenConfig{Control: private}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	return &socket{ln.(*net.UnixListener), lock}, nil
}

// private gives the socket its mode before it has a name, so that there is no moment in which others may connect: bind makes the
// file with the socket's own mode (Linux, unix_bind).
func private(_, _ string, c syscall.RawConn) error {
	var mine error
	if err := c.Control(func(fd uintptr) { mine = syscall.Fchmod(int(fd), mode) }); err != nil {
		return err
	}
	return mine
}

// Close removes the socket and gives the lock back, in this order.
func (s *socket) Close() error {
	err := s.UnixListener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return errors.Join(err, s.lock.Close())
}

// lockFile takes the lock. Its file stays: who removes it may remove the next one's.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, mode)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written to it
		return nil, fmt.Errorf("%w: %s: %w", ErrInUse, path, err)
	}
	return f, nil
}

// clearStale removes a socket on which nobody listens, and nothing else.
func clearStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("control: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("control: %s is no socket: move it away", path)
	}
	conn, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("%w: %s", ErrInUse, path), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("control: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("control: %w", err)
	}
	return nil
}
