package contact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// stepTime is how often a relay is looked at while it settles.
const stepTime = 10 * time.Millisecond

// ErrDiffers says that what was read back is not what was commanded.
var ErrDiffers = errors.New("feedback differs from the command")

// Switch commands the relay and waits until the feedback follows. It fails with [ErrDiffers] when that does not happen within
// half a second, and with [os.ErrClosed] while the driver does not run. The command stands until the next one.
func (r *Relay) Switch(ctx context.Context, on bool) error {
	err := r.start(on)
	if err == nil {
		err = r.settle(ctx, on)
	}
	if err != nil {
		return fmt.Errorf("contact: switch relay on line %s: %w", r.o.Line, err)
	}
	return nil
}

// settle waits until the relay is as commanded, or is commanded otherwise meanwhile.
func (r *Relay) settle(ctx context.Context, on bool) error {
	for late := time.Now().Add(settleTime); ; {
		s, err := r.look()
		if err != nil || s.on == on || s.command != on {
			return err
		}
		if time.Now().After(late) {
			return ErrDiffers
		}
		if rest(ctx, stepTime); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (r *Relay) start(on bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.out == nil {
		return os.ErrClosed
	}
	return r.drive(on)
}

// state is what is known of a relay.
type state struct {
	on       bool // as read back
	command  bool
	settling bool // commanded so lately that they may differ
	evidence bool // a closed feedback contact: the load is there
}

// look reads the relay back.
func (r *Relay) look() (s state, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.out == nil {
		return s, os.ErrClosed
	}
	s = state{command: r.command, settling: time.Since(r.since) < settleTime}
	if r.aux == nil {
		s.on = r.level(r.out.Read())
		return s, lineError(r.out)
	}
	s.on = bool(r.aux.Read()) == r.o.FeedbackHigh
	s.evidence = s.on
	return s, lineError(r.aux)
}
