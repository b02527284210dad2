// Package proc runs programs as children that can be killed and started again.
package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long a child may take to end by itself.
const stopGrace = 10 * time.Second

// Child is one program; it may be dead.
type Child struct {
	name string
	args []string
	log  *os.File
	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan error
}

// New names a child: this very program with args. Its output goes to the file log.
func New(name, log string, args ...string) (*Child, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("proc: %w", err)
	}
	return &Child{name: name, args: args, log: f}, nil
}

// Start starts the child unless it runs.
func (c *Child) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd != nil {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("proc: %w", err)
	}
	cmd := exec.Command(self, c.args...)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a dead parent leaves no strays
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("proc: %s: %w", c.name, err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	c.cmd, c.done = cmd, done
	return nil
}

// Kill is kill -9; it returns when the child is gone.
func (c *Child) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return nil
	}
	_ = c.cmd.Process.Kill()
	c.gone()
	c.cmd = nil
	return nil
}

// gone waits for a child that was killed; how it ended is known.
func (c *Child) gone() { c.done <- <-c.done }

// Stop asks the child to end and waits for it; one that does not end is killed and named.
func (c *Child) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return nil
	}
	defer func() { c.cmd = nil }()
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-c.done:
		if err != nil {
			return fmt.Errorf("proc: %s: %w", c.name, err)
		}
		return nil
	case <-time.After(stopGrace):
		_ = c.cmd.Process.Kill()
		c.gone()
		return fmt.Errorf("proc: %s did not end within %v", c.name, stopGrace)
	}
}

// Died says whether a started child ended by itself, and how.
func (c *Child) Died() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return nil
	}
	select {
	case err := <-c.done:
		c.done <- err
		return fmt.Errorf("proc: %s ended by itself: %w", c.name, errors.Join(err, context.Canceled))
	default:
		return nil
	}
}

// Pid is the child's process id, 0 when it is dead.
func (c *Child) Pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// Close stops the child and closes its log.
func (c *Child) Close() error { return errors.Join(c.Stop(), c.log.Close()) }
