package dispenser

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// control runs f on the socket of c.
func control(c *net.TCPConn, f func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// unacked gives how many bytes that were written the other end has not acknowledged (SIOCOUTQ of tcp(7)).
func unacked(c *net.TCPConn) (n int, err error) {
	err = control(c, func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ)
		return err
	})
	return n, err
}

// lastHeard gives how long ago the other end acknowledged anything, a keep-alive probe among it.
func lastHeard(c *net.TCPConn) (d time.Duration, err error) {
	err = control(c, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			d = time.Duration(info.Last_ack_recv) * time.Millisecond
		}
		return err
	})
	return d, err
}

// reset ends a connection as one that failed: the other end sees an error, not an end.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0) // it may be closed already
	_ = c.Close()
}
