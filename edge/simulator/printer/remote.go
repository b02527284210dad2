package printer

import (
	"fmt"
	"io"
	"net"
	"time"
)

// Times of a job on the network.
const (
	dialTime = 2 * time.Second
	jobTime  = 10 * time.Second // a job that is not taken by then has failed
)

// Remote is the address, host:port, of a network printer or of whoever stands before it. Each Write is a job with a connection of
// its own.
type Remote string

// Write prints p and waits until the printer has ended the connection. An error means that it may not be printed.
func (r Remote) Write(p []byte) (int, error) {
	c, err := net.DialTimeout("tcp", string(r), dialTime)
	if err != nil {
		return 0, fmt.Errorf("printer: %w", err)
	}
	defer func() { _ = c.Close() }() // its end was seen, or it has failed
	if err := c.SetDeadline(time.Now().Add(jobTime)); err != nil {
		return 0, fmt.Errorf("printer: %w", err)
	}
	n, err := c.Write(p)
	if err == nil {
		err = c.(*net.TCPConn).CloseWrite()
	}
	if err == nil {
		_, err = io.Copy(io.Discard, c)
	}
	if err != nil {
		return n, fmt.Errorf("printer: %w", err)
	}
	return n, nil
}
