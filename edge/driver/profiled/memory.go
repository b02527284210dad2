package profiled

import (
	"sync"
	"time"
)

// Times after which the same frame is another press or ticket.
const (
	RepeatTime  = 10 * time.Minute // of devices that count: a counter that comes again so late has begun anew
	repeatPause = 3 * time.Second  // of those that do not: they repeat within a second, people do not press as fast
)

// maxMemory bounds what is remembered of frames.
const maxMemory = 1024

// what is known of a frame.
type what uint8

const (
	fresh   what = iota // heard for the first time
	waiting             // on its way to the disk: not to be answered yet, nor stored again
	done                // stored
)

// memory remembers frames; stored ones are noted from the goroutine that stores.
type memory struct {
	mu      sync.Mutex
	waiting map[string]bool
	done    map[string]time.Time // when it was last heard
}

func newMemory() *memory { return &memory{waiting: map[string]bool{}, done: map[string]time.Time{}} }

// hear notes a frame and says what was known of it. One that is repeated without end stays the same.
func (m *memory) hear(key string, forget time.Duration, now time.Time) what {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting[key] {
		return waiting
	}
	if last, ok := m.done[key]; ok && now.Sub(last) < forget {
		m.done[key] = now
		return done
	}
	m.waiting[key] = true
	return fresh
}

// settle ends the waiting of a frame: it is stored, or was not taken.
func (m *memory) settle(key string, now time.Time, stored bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.waiting, key)
	if !stored {
		return
	}
	if len(m.done) >= maxMemory {
		m.prune(now)
	}
	m.done[key] = now
}

// prune forgets what is old, else the oldest.
func (m *memory) prune(now time.Time) {
	oldest, at := "", time.Time{}
	for key, last := range m.done {
		if now.Sub(last) >= RepeatTime {
			delete(m.done, key)
		} else if at.IsZero() || last.Before(at) {
			oldest, at = key, last
		}
	}
	if len(m.done) >= maxMemory {
		delete(m.done, oldest)
	}
}
