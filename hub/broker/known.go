package broker

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"hallpulse/hall"
)

const (
	knownFor   = 15 * time.Second // an answer is believed this long
	maxKnown   = 4096             // answers
	checkLimit = 5 * time.Second  // to look one up
)

// known remembers for some seconds which credentials were good, so that a storm of reconnects after a restart costs no
// look-ups.
type known struct {
	credentials Credentials
	now         func() time.Time

	mu      sync.Mutex
	answers map[[sha256.Size]byte]answer
	forgets uint64 // calls of forget: an answer from before one is not kept after it
}

type answer struct {
	hall  hall.HallID
	good  bool
	until time.Time
}

func newKnown(c Credentials, now func() time.Time) *known {
	return &known{credentials: c, now: now, answers: map[[sha256.Size]byte]answer{}}
}

func (k *known) check(id hall.HallID, credential []byte) (bool, error) {
	key := sha256.Sum256(append([]byte(string(id)+"\x00"), credential...))
	now := k.now()
	k.mu.Lock()
	a, ok := k.answers[key]
	forgets := k.forgets
	k.mu.Unlock()
	if ok && now.Before(a.until) {
		return a.good, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkLimit)
	defer cancel()
	good, err := k.credentials.CheckGateway(ctx, id, string(credential))
	if err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.forgets != forgets {
		return good, nil
	}
	if len(k.answers) >= maxKnown {
		clear(k.answers)
	}
	k.answers[key] = answer{id, good, now.Add(knownFor)}
	return good, nil
}

// forget drops every answer about a hall.
func (k *known) forget(id hall.HallID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgets++
	for key, a := range k.answers {
		if a.hall == id {
			delete(k.answers, key)
		}
	}
}
