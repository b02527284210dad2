package line

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// cable is one pty. It holds a descriptor of the gateway's end: reads of a pty fail while nobody has its other end open.
type cable struct {
	name   string
	near   *os.File
	far    *os.File
	stop   context.CancelFunc
	wg     sync.WaitGroup
	unread int       // bytes that waited at the last look
	since  time.Time // since when nobody has read them
}

func newCable(heard func([]byte)) (*cable, error) {
	near, far, err := openRaw()
	if err != nil {
		return nil, fmt.Errorf("line: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &cable{name: far.Name(), near: near, far: far, stop: cancel}
	c.wg.Go(func() { c.listen(heard) })
	c.wg.Go(func() { c.tend(ctx) })
	return c, nil
}

// openRaw makes a pty that passes every byte as it is. pty.Open leaves the near end blocking, so that neither deadlines
// nor Close would end a read: it is opened anew for the runtime's poller.
func openRaw() (near, far *os.File, err error) {
	blocking, far, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = blocking.Close() }()
	if err := makeRaw(int(far.Fd())); err != nil {
		return nil, nil, errors.Join(err, far.Close())
	}
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, nil, errors.Join(err, far.Close())
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, nil, errors.Join(err, unix.Close(fd), far.Close())
	}
	return os.NewFile(uintptr(fd), blocking.Name()), far, nil
}

func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// write puts p on the wire, whether or not somebody reads.
func (c *cable) write(p []byte) error {
	if c.waiting() > Most {
		c.flush()
	}
	if err := c.near.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return fmt.Errorf("line: %w", err)
	}
	_, err := c.near.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.flush()
		return nil
	}
	if err != nil {
		return fmt.Errorf("line: %w", err)
	}
	return nil
}

// listen hands on what the gateway writes until the cable is closed.
func (c *cable) listen(heard func([]byte)) {
	buf := make([]byte, 1024)
	for {
		n, err := c.near.Read(buf)
		if n > 0 {
			heard(append([]byte(nil), buf[:n]...))
		}
		if err != nil {
			return
		}
	}
}

// tend keeps the far end as a real port would be found by the next gateway.
func (c *cable) tend(ctx context.Context) {
	tick := time.NewTicker(tendTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			// A gateway that was killed leaves the port locked to others for as long as we hold it open.
			_ = unix.IoctlSetInt(int(c.far.Fd()), unix.TIOCNXCL, 0)
			c.forget(now)
		}
	}
}

// forget throws away bytes that nobody read for long.
func (c *cable) forget(now time.Time) {
	n := c.waiting()
	if n == 0 || n < c.unread || c.since.IsZero() {
		c.since = now
	}
	c.unread = n
	if n > 0 && now.Sub(c.since) >= Stale {
		c.flush()
		c.unread = 0
	}
}

// waiting gives how many bytes the gateway has not read yet; 0 where that cannot be told.
func (c *cable) waiting() int {
	n, err := unix.IoctlGetInt(int(c.far.Fd()), unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return n
}

func (c *cable) flush() { _ = unix.IoctlSetInt(int(c.far.Fd()), unix.TCFLSH, unix.TCIFLUSH) }

// close hangs up: reads of whoever has the far end open fail.
func (c *cable) close() {
	c.stop()
	_ = c.near.Close() // nothing written is worth keeping
	c.wg.Wait()
	_ = c.far.Close()
}
