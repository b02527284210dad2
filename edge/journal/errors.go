package journal

import (
	"errors"
	"fmt"
	"sync"

	"hallpulse/hall"
)

// Causes of errors, for errors.Is.
var (
	ErrFull   = errors.New("journal: full")           // nothing more can be freed; the record is not stored
	ErrClosed = errors.New("journal: closed")         //
	ErrLocked = errors.New("journal: in use")         // another process holds the directory
	ErrRecord = errors.New("journal: invalid record") // empty, too large, or of an unknown lane
)

// maxDamage bounds the report of Damage; what comes later is only counted.
const maxDamage = 64

// CorruptionError names bytes of the journal that cannot be read. The journal goes on without them.
type CorruptionError struct {
	Lane   hall.Lane // 0: not of a lane
	File   string
	Offset int64
	First  uint64 // records that are lost: First to Last; both zero when the damage does not tell
	Last   uint64
	Reason string
}

// Error describes the damage in one line.
func (e *CorruptionError) Error() string {
	s := fmt.Sprintf("journal: %s at byte %d: %s", e.File, e.Offset, e.Reason)
	if e.First != 0 {
		s += fmt.Sprintf(" (%s %d to %d)", e.Lane, e.First, e.Last)
	}
	return s
}

// report keeps the first maxDamage damages, each once.
type report struct {
	mu   sync.Mutex
	list []*CorruptionError
	more uint64
}

// add tells whether e was new.
func (r *report) add(e *CorruptionError) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, old := range r.list {
		if old.File == e.File && old.Offset == e.Offset && old.First == e.First {
			return false
		}
	}
	if len(r.list) >= maxDamage {
		r.more++
		return false
	}
	r.list = append(r.list, e)
	return true
}

func (r *report) copy() ([]*CorruptionError, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*CorruptionError(nil), r.list...), r.more
}
