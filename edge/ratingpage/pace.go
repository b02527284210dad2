package ratingpage

import (
	"sync"
	"time"
)

// How often one telephone may rate. All telephones behind one router share an address: a few a minute are people.
const (
	burst     = 5
	refill    = 12 * time.Second
	maxPacing = 4096 // addresses remembered; the rest wait
)

// pace bounds how fast ratings come from one address.
type pace struct {
	mu   sync.Mutex
	from map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newPace() *pace { return &pace{from: map[string]bucket{}} }

// allows takes one rating of an address, or says that it must wait.
func (p *pace) allows(addr string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, known := p.from[addr]
	if !known {
		if p.tidy(now); len(p.from) >= maxPacing {
			return false
		}
		b = bucket{burst, now}
	}
	b.left = min(burst, b.left+max(0, now.Sub(b.at).Seconds())/refill.Seconds())
	b.at = now
	ok := b.left >= 1
	if ok {
		b.left--
	}
	p.from[addr] = b
	return ok
}

// tidy forgets addresses whose bucket is full again.
func (p *pace) tidy(now time.Time) {
	if len(p.from) < maxPacing {
		return
	}
	for addr, b := range p.from {
		if now.Sub(b.at) > burst*refill {
			delete(p.from, addr)
		}
	}
}
