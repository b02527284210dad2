package profiled

import (
	"sync"

	"hallpulse/hall"
)

// Board knows the number that each window showed last, on whatever line.
type Board interface {
	// Show notes that a window shows a number. It gives the number before, which is the same where nothing is new.
	Show(w hall.WindowID, number string) (before string)
}

var _ Board = (*Shown)(nil)

// Shown is the board of the lines that are read by profiles: a hall may have several displays for a window.
type Shown struct {
	known func(hall.WindowID) string
	mu    sync.Mutex
	shown map[hall.WindowID]string
}

// NewShown gives a board. known gives the number of the last call at a window as the journal has it; empty: none. It keeps a
// gateway that starts from taking what is shown already for a call. Nil: nothing is known.
func NewShown(known func(hall.WindowID) string) *Shown {
	if known == nil {
		known = func(hall.WindowID) string { return "" }
	}
	return &Shown{known: known, shown: map[hall.WindowID]string{}}
}

// Show notes that a window shows a number.
func (b *Shown) Show(w hall.WindowID, number string) (before string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, ok := b.shown[w]
	if !ok {
		before = b.known(w)
	}
	b.shown[w] = number
	return before
}
