package agent

import (
	"errors"
	"fmt"
)

// cleanup undoes what a start did, last in, first out: a failed start rolls back through it and an orderly stop ends with it.
type cleanup struct{ steps []undo }

type undo struct {
	name string
	do   func() error
}

// add notes how to undo what was just done.
func (c *cleanup) add(name string, do func() error) { c.steps = append(c.steps, undo{name, do}) }

// run undoes everything once; a later call does nothing.
func (c *cleanup) run() error {
	var errs []error
	for len(c.steps) > 0 {
		last := c.steps[len(c.steps)-1]
		c.steps = c.steps[:len(c.steps)-1]
		if err := last.do(); err != nil {
			errs = append(errs, fmt.Errorf("agent: %s: %w", last.name, err))
		}
	}
	return errors.Join(errs...)
}
