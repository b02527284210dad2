package technician

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"hallpulse/edge/bus"
	"hallpulse/firmware-bridge/profile"
)

// Times of a line over TCP.
const (
	dialTime = 5 * time.Second
	readTime = 500 * time.Millisecond
)

// Source names the line that is recorded. Exactly one of Port and Address is set.
type Source struct {
	Port    string // of a serial line
	Address string // host:port that is called
	Line    profile.Line
}

// Name gives the line as a recording's header names it.
func (s Source) Name() string {
	if s.Address != "" {
		return "tcp://" + s.Address
	}
	return s.Port
}

// Settings gives the settings of a serial line, e.g. 9600 8N1.
func (s Source) Settings() string {
	if s.Address != "" {
		return ""
	}
	letter := map[string]string{"none": "N", "odd": "O", "even": "E", "mark": "M", "space": "S"}[s.Line.Parity]
	return fmt.Sprintf("%d %d%s%s", s.Line.Baud, s.Line.DataBits, letter, s.Line.StopBits)
}

// Open opens the line. Read gives (0, nil) when nothing came within a fraction of a second.
func (s Source) Open(ctx context.Context) (io.ReadCloser, error) {
	if s.Address == "" {
		p, err := bus.NewSerial(bus.SerialOptions{
			Port: s.Port, Baud: s.Line.Baud, DataBits: s.Line.DataBits, Parity: s.Line.Parity, StopBits: s.Line.StopBits,
		}).OpenPort()
		if err != nil {
			return nil, fmt.Errorf("technician: %w", err)
		}
		return p, nil
	}
	dialer := net.Dialer{Timeout: dialTime}
	c, err := dialer.DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return nil, fmt.Errorf("technician: %w", err)
	}
	return connection{c}, nil
}

// connection is a line over TCP.
type connection struct{ net.Conn }

// Read gives (0, nil) when nothing came within a fraction of a second.
func (c connection) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(readTime)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, err
}
