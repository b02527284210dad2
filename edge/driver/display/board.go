package display

import (
	"sync"

	"hallpulse/hall"
)

// Board knows the number that each window showed last, on whatever line: a hall may have several displays for a window. It
// knows a call as soon as it is heard; the journal knows it when it is on the disk.
type Board struct {
	known func(hall.WindowID) string
	mu    sync.Mutex
	shown map[hall.WindowID]string
}

// NewBoard gives a board. known gives the number of the last call at a window as the journal has it, whether its service has
// ended or not; empty: none. It keeps a gateway that starts from taking what is shown already for a call. Nil: nothing is known.
func NewBoard(known func(hall.WindowID) string) *Board {
	if known == nil {
		known = func(hall.WindowID) string { return "" }
	}
	return &Board{known: known, shown: map[hall.WindowID]string{}}
}

// show notes that a window shows a number. It gives the number before, which is the same where nothing is new.
func (b *Board) show(w hall.WindowID, number string) (before string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, ok := b.shown[w]
	if !ok {
		before = b.known(w)
	}
	b.shown[w] = number
	return before
}
