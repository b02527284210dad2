package onvif

import (
	"context"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// lookAgain is the pause after a look at the picture that failed.
const lookAgain = 30 * time.Second

// eye looks at the addresses that the camera named.
type eye struct {
	stream, still string
	driver        driver.Driver // nil: nothing was named yet
}

// at gives what looks at these addresses, the same as before where they are the same.
func (e *eye) at(stream, still string, look func(stream, snapshot string) driver.Driver) driver.Driver {
	if e.driver == nil || e.stream != stream || e.still != still {
		*e = eye{stream, still, look(stream, still)}
	}
	return e.driver
}

// sight is the look at a camera's picture beside its events.
type sight struct {
	driver driver.Driver
	mood   *mood
	out    driver.Sink
}

// sight asks where the pictures are and prepares the look at them; nil: none is wanted.
func (d *Driver) sight(ctx context.Context, c *client, m *mood) (*sight, error) {
	if !d.o.Snapshot && !d.o.Stream {
		return nil, nil
	}
	switch {
	case d.o.Look == nil:
		return nil, fmt.Errorf("nothing to look at pictures with: %w", driver.ErrPermanent)
	case c.media.url == "":
		return nil, fmt.Errorf("%w: no media service", ErrAnswer)
	}
	profiles, err := c.profiles(ctx)
	if err != nil {
		return nil, err
	}
	stream, still := "", ""
	if d.o.Snapshot {
		if still, err = c.snapshotAddress(ctx, profiles[0]); err != nil {
			return nil, err
		}
	}
	if d.o.Stream {
		if stream, err = c.streamAddress(ctx, profiles[0]); err != nil {
			return nil, err
		}
	}
	return &sight{driver: d.eye.at(stream, still, d.o.Look), mood: m, out: m.out}, nil
}

// run looks until ctx ends. Pictures that do not come are a trouble of a camera that lives.
func (s *sight) run(ctx context.Context) {
	for {
		err := s.driver.Run(ctx, &picture{s.out, s.mood})
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.mood.see(&hall.Reason{Code: "unreachable", Detail: err.Error()}, false)
		}
		if !rest(ctx, lookAgain) {
			return
		}
	}
}

// picture is the sink of the look: what it finds is one trouble among others, and the camera is open already.
type picture struct {
	driver.Sink
	mood *mood
}

// Opened is nothing new.
func (p *picture) Opened() {}

// Degraded notes what is wrong with the picture.
func (p *picture) Degraded(stuck bool, why hall.Reason) { p.mood.see(&why, stuck) }

// Healthy notes that nothing is.
func (p *picture) Healthy() { p.mood.see(nil, false) }
