package contact

import "time"

// bouncer makes a steady state of a contact that bounces. It reads no clock.
type bouncer struct {
	hold   time.Duration // a state counts once it was the same for this long
	state  bool
	raw    bool
	since  time.Time // of raw
	moves  int       // of raw, in the window
	window time.Time
	loud   time.Time // when there were too many last
}

// A contact that moves more often than chatterMost in chatterTime has a loose wire.
const (
	chatterTime = time.Minute
	chatterMost = 60
)

func newBouncer(hold time.Duration, state bool, now time.Time) *bouncer {
	return &bouncer{hold: hold, state: state, raw: state, since: now, window: now}
}

// see notes what is read now and says whether the state moved.
func (b *bouncer) see(raw bool, now time.Time) (moved bool) {
	if now.Sub(b.window) >= chatterTime {
		b.window, b.moves = now, 0
	}
	if raw != b.raw {
		b.raw, b.since = raw, now
		if b.moves++; b.moves > chatterMost {
			b.loud = now
		}
	}
	if b.raw == b.state || now.Sub(b.since) < b.hold {
		return false
	}
	b.state = b.raw
	return true
}

// next is how long the state may still be waited for; 0: it is steady.
func (b *bouncer) next(now time.Time) time.Duration {
	if b.raw == b.state {
		return 0
	}
	return max(b.hold-now.Sub(b.since), time.Millisecond)
}

// chatters says whether the contact moves too often to be believed.
func (b *bouncer) chatters(now time.Time) bool {
	return !b.loud.IsZero() && now.Sub(b.loud) < chatterTime
}
