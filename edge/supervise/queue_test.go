package supervise

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// slowBook takes seconds for each fact, and may fail.
type slowBook struct {
	book
	mu    sync.Mutex
	takes time.Duration
	bad   int // facts refused before one is taken
}

func (b *slowBook) Fact(ctx context.Context, f hall.Fact) error {
	if f.Kind == hall.KindDevice {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	<-time.After(b.takes)
	if b.bad > 0 {
		b.bad--
		return errors.New("disk full")
	}
	return b.book.Fact(ctx, f)
}

// TestLaterDoesNotWait: a device is read on while the disk is slow; every event keeps its own time and its order.
func TestLaterDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBook{takes: 3 * time.Second, bad: 2}
		begin := time.Now()
		stored := 0
		reads := driverFunc(func(ctx context.Context, out driver.Sink) error {
			for i := range 4 {
				<-time.After(100 * time.Millisecond)
				f := hall.Fact{Kind: hall.KindInvite, Invite: &hall.Invite{Number: string(rune('A' + i))}}
				if err := out.Later(ctx, f, func() { stored++ }); err != nil {
					return err
				}
			}
			if took := time.Since(begin); took != 400*time.Millisecond {
				t.Errorf("four events took %v", took)
			}
			<-ctx.Done()
			return nil
		})
		s := New(Options{Recorder: b}, []Device{{ID: "d", Driver: reads}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s.Run(ctx)
		if len(b.facts) != 4 || stored != 4 {
			t.Fatalf("%d of 4 stored, %d told", len(b.facts), stored)
		}
		for i, f := range b.facts {
			if want := begin.Add(time.Duration(i+1) * 100 * time.Millisecond); !f.At.Wall.Equal(want) || f.Invite.Number != string(rune('A'+i)) {
				t.Errorf("event %d: %s at %v, want %v", i, f.Invite.Number, f.At.Wall.Sub(begin), want.Sub(begin))
			}
		}
	})
}

// TestLaterPoison: a fact that can never be stored is set aside with its reason and does not hold up those behind it.
func TestLaterPoison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &poisoned{}
		reads := driverFunc(func(ctx context.Context, out driver.Sink) error {
			for _, n := range []string{"far too long", "A002"} {
				if err := out.Later(ctx, hall.Fact{Kind: hall.KindInvite, Raw: []byte(n), Invite: &hall.Invite{Number: n}}, nil); err != nil {
					return err
				}
			}
			<-ctx.Done()
			return nil
		})
		s := New(Options{Recorder: b}, []Device{{ID: "d", Driver: reads}})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		s.Run(ctx)
		r := s.Reports()[0]
		if b.tried != 1 || b.stored != 1 || r.Refused != 1 || string(r.Refusals[0].Raw) != "far too long" {
			t.Errorf("the bad one was tried %d times, %d stored, %+v", b.tried, b.stored, r)
		}
	})
}

// poisoned cannot take long numbers.
type poisoned struct {
	book
	tried, stored int
}

func (p *poisoned) Fact(_ context.Context, f hall.Fact) error {
	switch {
	case f.Invite == nil:
	case len(f.Invite.Number) > 4:
		p.tried++
		return fmt.Errorf("number too long: %w", driver.ErrPermanent)
	default:
		p.stored++
	}
	return nil
}

// TestLaterAtTheEnd: what is queued when the program ends is stored, once more tried where it failed.
func TestLaterAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBook{takes: 300 * time.Millisecond}
		ctx, cancel := context.WithCancel(t.Context())
		reads := driverFunc(func(ctx context.Context, out driver.Sink) error {
			for range 5 {
				if err := out.Later(ctx, hall.Fact{Kind: hall.KindInvite, Invite: &hall.Invite{}}, nil); err != nil {
					return err
				}
			}
			cancel()
			return nil
		})
		New(Options{Recorder: b}, []Device{{ID: "d", Driver: reads}}).Run(ctx)
		if len(b.facts) != 5 {
			t.Errorf("%d of 5 stored", len(b.facts))
		}
	})
}
