package measure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// stopGrace is how long a program may take to end by itself.
const stopGrace = 10 * time.Second

// Program is a program of somebody else that runs beside this one.
type Program struct {
	name string
	cmd  *exec.Cmd
	log  *os.File
	done chan error
}

// Run starts a program; its output goes to the file log. It dies with its parent.
func Run(name, log, path string, args ...string) (*Program, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	p := &Program{name: name, cmd: exec.Command(path, args...), log: f, done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = f, f
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("measure: %s: %w", name, err), f.Close())
	}
	go func() { p.done <- p.cmd.Wait() }()
	return p, nil
}

// Pid is the program's process id.
func (p *Program) Pid() int { return p.cmd.Process.Pid }

// Close asks the program to end and waits for it; one that does not end is killed.
func (p *Program) Close() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	killed := time.AfterFunc(stopGrace, func() { _ = p.cmd.Process.Kill() })
	defer killed.Stop()
	p.done <- <-p.done // how it ended is in its log
	return p.log.Close()
}

// Address gives an address for a program that starts later: a loopback host of its own, so that no connection made meanwhile
// takes the port.
func Address() (string, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254)))
	if err != nil {
		return "", fmt.Errorf("measure: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// Until polls ok every pause until it holds, or gives up after limit and names what.
func Until(ctx context.Context, limit, pause time.Duration, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("measure: %s: not within %v: %w", what, limit, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// Answers says whether something listens at a TCP address.
func Answers(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	return err == nil && c.Close() == nil
}

// Healthy says whether a GET of url gives 200.
func Healthy(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// Pause waits for d.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
