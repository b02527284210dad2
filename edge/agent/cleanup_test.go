package agent

import (
	"errors"
	"slices"
	"testing"
)

func TestCleanupUndoesTheLastFirst(t *testing.T) {
	var c cleanup
	var done []string
	broken := errors.New("broken")
	for _, name := range []string{"panel", "journal", "drivers"} {
		c.add(name, func() error {
			done = append(done, name)
			if name == "journal" {
				return broken
			}
			return nil
		})
	}
	if err := c.run(); !errors.Is(err, broken) || !slices.Equal(done, []string{"drivers", "journal", "panel"}) {
		t.Errorf("%v, %v", done, err)
	}
	if err := c.run(); err != nil || len(done) != 3 {
		t.Errorf("undone twice: %v, %v", done, err)
	}
}
