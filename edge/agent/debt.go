package agent

import "hallpulse/hall"

// debt counts facts with the same stamp that are heard and not durable.
type debt struct {
	at hall.Stamp
	n  int
}

// Stamp gives the time of something that is heard now. Until Fact has stored it the sign of life stays behind it: a gateway
// that is killed in between records a gap that begins before what it lost.
func (r *recorder) Stamp() hall.Stamp {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.clock.Now() // under the lock: alive must not take a later time before the debt is noted
	r.owed[at.Mono] = debt{at, r.owed[at.Mono].n + 1}
	return at
}

// repay notes that a fact with this stamp is durable, that its device knows it is not, or that it never can be.
func (r *recorder) repay(at hall.Stamp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.owed[at.Mono]; d.n > 1 {
		r.owed[at.Mono] = debt{d.at, d.n - 1}
	} else {
		delete(r.owed, at.Mono)
	}
}

// alive is the latest time up to which everything heard is durable.
func (r *recorder) alive() hall.Stamp {
	at := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for mono, d := range r.owed {
		if mono < at.Mono {
			at = d.at
		}
	}
	return at
}
