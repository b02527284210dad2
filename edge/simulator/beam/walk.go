package beam

import (
	"context"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/hall"
)

// step is a change of a line some time after the one before.
type step struct {
	after time.Duration
	pin   string
	level gpio.Level
}

// Passage lets one person through a pair and returns when they are through: about Pace later. Ambiguous breaks both
// beams at once. People between the same pair wait for each other, with a gap between them.
func (s *Server) Passage(ctx context.Context, outer, inner string, d hall.Direction) error {
	p := s.o.Pace
	switch d {
	case hall.In:
		return s.walk(ctx, outer, inner, through(outer, inner, p))
	case hall.Out:
		return s.walk(ctx, outer, inner, through(inner, outer, p))
	}
	return s.walk(ctx, outer, inner, []step{{0, outer, gpio.Low}, {0, inner, gpio.Low}, {p * 2 / 3, outer, gpio.High}, {0, inner, gpio.High},
		{p / 3, inner, gpio.High}})
}

// Half lets one person step into a pair from the first beam's side and turn back: nobody passed.
func (s *Server) Half(ctx context.Context, first, second string) error {
	p := s.o.Pace
	return s.walk(ctx, first, second, []step{{0, first, gpio.Low}, {p / 4, second, gpio.Low}, {p / 4, second, gpio.High},
		{p / 4, first, gpio.High}, {p / 4, first, gpio.High}})
}

// Flicker breaks a beam n times for 10 ms each, as sunlight or a failing lamp does.
func (s *Server) Flicker(ctx context.Context, pin string, n int) error {
	steps := make([]step, 0, 2*n)
	for range n {
		steps = append(steps, step{10 * time.Millisecond, pin, gpio.Low}, step{10 * time.Millisecond, pin, gpio.High})
	}
	return s.walk(ctx, pin, pin, steps)
}

func through(first, second string, p time.Duration) []step {
	return []step{{0, first, gpio.Low}, {p / 5, second, gpio.Low}, {p * 2 / 5, first, gpio.High}, {p / 5, second, gpio.High},
		{p / 5, second, gpio.High}}
}

// walk makes the changes in time. When ctx ends the person vanishes and both beams are clear.
func (s *Server) walk(ctx context.Context, outer, inner string, steps []step) error {
	door := s.doorOf(outer, inner)
	door.Lock()
	defer door.Unlock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, st := range steps {
		timer.Reset(st.after)
		select {
		case <-timer.C:
		case <-ctx.Done():
			_, _ = s.Set(outer, gpio.High), s.Set(inner, gpio.High) // the lines are known
			return fmt.Errorf("beam: %w", ctx.Err())
		}
		if err := s.Set(st.pin, st.level); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) doorOf(outer, inner string) *sync.Mutex {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := [2]string{outer, inner}
	if outer > inner {
		k = [2]string{inner, outer}
	}
	if s.door[k] == nil {
		s.door[k] = &sync.Mutex{}
	}
	return s.door[k]
}
