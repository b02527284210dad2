package keypad

import (
	"sync"
	"time"

	"hallpulse/hall"
)

// RepeatTime: the same press heard this long after the last time is another press.
const RepeatTime = 10 * time.Minute

// maxPresses bounds what is remembered of presses.
const maxPresses = 1024

// press names a press. The level is part of it: a keypad that lost its power counts anew.
type press struct {
	window hall.WindowID
	seq    uint32
	level  int
}

// what is known of a press.
type what uint8

const (
	fresh   what = iota // heard for the first time
	waiting             // on its way to the disk: not to be answered yet, nor stored again
	done                // stored
)

// ledger remembers presses; stored ones are noted from the goroutine that stores.
type ledger struct {
	mu      sync.Mutex
	waiting map[press]bool
	done    presses
}

func newLedger() *ledger { return &ledger{waiting: map[press]bool{}, done: presses{}} }

// hear notes a press and says what was known of it.
func (l *ledger) hear(p press, now time.Time) what {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.waiting[p]:
		return waiting
	case l.done.repeated(p, now):
		return done
	}
	l.waiting[p] = true
	return fresh
}

// settle ends the waiting of a press: it is stored, or was not taken.
func (l *ledger) settle(p press, now time.Time, stored bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, p)
	if stored {
		l.done.add(p, now)
	}
}

// presses remembers when stored presses were last heard.
type presses map[press]time.Time

// repeated says whether p was stored already. A press that is repeated without end stays the same press.
func (m presses) repeated(p press, now time.Time) bool {
	last, ok := m[p]
	if !ok || now.Sub(last) >= RepeatTime {
		return false
	}
	m[p] = now
	return true
}

// add remembers p. When there is no room the oldest is forgotten: storing a press twice is mended by the hall's book.
func (m presses) add(p press, now time.Time) {
	if len(m) >= maxPresses {
		m.prune(now)
	}
	m[p] = now
}

func (m presses) prune(now time.Time) {
	var oldest press
	var at time.Time
	for p, last := range m {
		if now.Sub(last) >= RepeatTime {
			delete(m, p)
		} else if at.IsZero() || last.Before(at) {
			oldest, at = p, last
		}
	}
	if len(m) >= maxPresses {
		delete(m, oldest)
	}
}
