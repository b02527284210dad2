package agent

import (
	"slices"
	"sync"

	"hallpulse/edge/driver/digits"
	"hallpulse/hall"
)

var _ digits.Numbers = (*numbers)(nil)

// numbers tells the displays that the gateway drives itself what each window calls: the number in service, as the hall's book
// has it. A window that ended its service, or that calls nobody today, shows nothing.
type numbers struct {
	windows func() []hall.WindowState // as they are now

	mu   sync.Mutex
	next chan struct{} // closed when a window may have changed
}

func newNumbers(windows func() []hall.WindowState) *numbers {
	return &numbers{windows: windows, next: make(chan struct{})}
}

// Showing gives the number in service at a window and a channel that is closed once it may have changed.
func (n *numbers) Showing(w hall.WindowID) (number string, changed <-chan struct{}) {
	n.mu.Lock()
	changed = n.next // before the look: what changes in between is told
	n.mu.Unlock()
	for _, s := range n.windows() {
		if s.ID == w {
			return s.Serving, changed
		}
	}
	return "", changed
}

// touched hears which sections of the state have something new. It does not block.
func (n *numbers) touched(names []hall.Section) {
	if !slices.Contains(names, hall.SectionQueue) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.next)
	n.next = make(chan struct{})
}
