package app

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Bounds of an orderly stop: what has not ended by then is named in the error and left behind. One part that hangs does
// not take the time that the parts after it need.
const (
	stopLimit = 25 * time.Second // of all
	stopLeast = time.Second      // that every part gets, however late it is
)

// cleanups is what must be undone, named, the newest first. A failed start rolls back through it, and a stop does too.
type cleanups struct {
	mu   sync.Mutex
	list []cleanup
}

type cleanup struct {
	name string
	undo func() error
}

// push adds what undoes a step that succeeded.
func (c *cleanups) push(name string, undo func() error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, cleanup{name, undo})
}

func (c *cleanups) pop() (cleanup, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.list) - 1
	if n < 0 {
		return cleanup{}, false
	}
	last := c.list[n]
	c.list = c.list[:n]
	return last, true
}

// run undoes everything, last in first out, within limit. One failure does not keep the others from being undone.
func (c *cleanups) run(limit, least time.Duration) error {
	deadline := time.Now().Add(limit)
	var errs []error
	for {
		u, ok := c.pop()
		if !ok {
			return errors.Join(errs...)
		}
		if err := bounded(max(time.Until(deadline), least), u.undo); err != nil {
			errs = append(errs, fmt.Errorf("app: stop %s: %w", u.name, err))
		}
	}
}

// errSlow says that a part did not end in time.
var errSlow = errors.New("did not end in time")

func bounded(limit time.Duration, undo func() error) error {
	done := make(chan error, 1)
	go func() { done <- undo() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("%w: %v", errSlow, limit.Round(time.Millisecond))
	}
}
