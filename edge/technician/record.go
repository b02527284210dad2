package technician

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"hallpulse/firmware-bridge/profile"
)

// RecordOptions of a recording. Line and To are required.
type RecordOptions struct {
	Line    io.Reader // gives (0, nil) when nothing came within a fraction of a second
	To      *Writer
	Profile *profile.Profile // frames of it are told while they come; nil: none
	Frame   func(Frame)      // is told each; nil: nobody
	Now     func() time.Time // nil: time.Now
}

// Record writes what a line carries until ctx ends (nil), the recording is full ([ErrFull]) or the line fails.
func Record(ctx context.Context, o RecordOptions) (Summary, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := newPlayer(o.Profile, o.Frame)
	begin := o.Now()
	buf := make([]byte, MaxChunk)
	for ctx.Err() == nil {
		n, err := o.Line.Read(buf)
		if n > 0 {
			c := Chunk{At: o.Now().Sub(begin), Data: buf[:n]}
			if err := o.To.Write(c); err != nil {
				return p.end(), err
			}
			p.feed(c)
		}
		if errors.Is(err, io.EOF) {
			return p.end(), fmt.Errorf("technician: the other end closed the connection: %w", err)
		}
		if err != nil {
			return p.end(), fmt.Errorf("technician: %w", err)
		}
	}
	return p.end(), nil
}
