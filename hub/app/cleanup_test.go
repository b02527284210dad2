package app

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestCleanups: the newest first, every error told, and what hangs is named and left, within the bound.
func TestCleanups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c cleanups
		var order []string
		broken, hang := errors.New("broken"), make(chan struct{})
		for _, name := range []string{"store", "series"} {
			c.push(name, func() error { order = append(order, name); return nil })
		}
		c.push("broker", func() error { order = append(order, "broker"); return broken })
		c.push("web", func() error { <-hang; return nil })
		began := time.Now()
		err := c.run(time.Minute, time.Second)
		if !errors.Is(err, broken) || !errors.Is(err, errSlow) {
			t.Errorf("error %v", err)
		}
		if !slices.Equal(order, []string{"broker", "series", "store"}) || time.Since(began) != time.Minute {
			t.Errorf("order %v after %v", order, time.Since(began))
		}
		close(hang)
		if err := c.run(time.Minute, time.Second); err != nil {
			t.Errorf("nothing is left to undo: %v", err)
		}
	})
}
