package driver

import (
	"context"
	"fmt"
	"io"
)

// Port is an open serial line. Read gives (0, nil) when nothing came within a fraction of a second, and an error when the
// line is gone; it must not be called from two goroutines.
type Port interface{ io.ReadWriteCloser }

// PortOpener opens the line of one device. What was received before it was opened is thrown away: bytes of unknown age must
// not get the time of now.
type PortOpener interface {
	OpenPort() (Port, error)
}

// Listen reads p until ctx ends (nil), the line fails or heard fails (the error). chunk is valid during the call only.
func Listen(ctx context.Context, p Port, heard func(chunk []byte) error) error {
	buf := make([]byte, 1024)
	for ctx.Err() == nil {
		n, err := p.Read(buf)
		if n > 0 {
			if err := heard(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return fmt.Errorf("driver: read: %w", err)
		}
	}
	return nil
}
