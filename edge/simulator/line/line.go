// Package line is a simulated serial wire: a pty whose far end is reachable at a stable path, as /dev/serial/by-id is. What
// a dead gateway does not read is thrown away, as on a real wire; the wire can be unplugged and plugged in again.
//
// What a pty does not model: baud rates, and the gaps between bytes.
package line

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Limits of the wire.
const (
	Most      = 2048                   // unread bytes beyond this are thrown away before more are written
	Stale     = 2 * time.Second        // bytes that nobody read for this long are thrown away
	tendTime  = 100 * time.Millisecond // how often the wire is looked after
	writeTime = 200 * time.Millisecond // a write that takes longer loses its rest
	keepHeard = 256                    // chunks kept for a listener that does not listen
)

// ErrUnplugged says that the wire is not plugged in.
var ErrUnplugged = errors.New("line: unplugged")

// Line is a wire. It is safe for concurrent use.
type Line struct {
	path string

	mu        sync.Mutex
	cable     *cable // nil: unplugged
	closed    bool
	listeners []chan []byte
}

// Open makes a wire whose gateway's end is at path, a symbolic link; a link that is there already is replaced.
func Open(path string) (*Line, error) {
	l := &Line{path: path}
	if err := l.Unplug(false); err != nil {
		return nil, err
	}
	return l, nil
}

// Path gives where the gateway's end is.
func (l *Line) Path() string { return l.path }

// Write puts p on the wire. It is ErrUnplugged when there is none; what a gateway does not read is no error.
func (l *Line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cable == nil {
		return 0, ErrUnplugged
	}
	if err := l.cable.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Heard gives what the gateway writes from now on; each call gives another listener of the same wire. The channel is
// closed by Close. A listener that does not listen loses the oldest.
func (l *Line) Heard() <-chan []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	ch := make(chan []byte, keepHeard)
	if l.closed {
		close(ch)
		return ch
	}
	l.listeners = append(l.listeners, ch)
	return ch
}

// Unplug pulls the wire's plug: its path vanishes and the gateway's reads fail. Unplug(false) plugs it in again.
func (l *Line) Unplug(out bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fmt.Errorf("line: %s: %w", l.path, os.ErrClosed)
	}
	if out == (l.cable == nil) {
		return nil
	}
	if out {
		return l.pull()
	}
	c, err := newCable(l.tell)
	if err != nil {
		return err
	}
	if err := link(c.name, l.path); err != nil {
		c.close()
		return err
	}
	l.cable = c
	return nil
}

// pull takes the path away first: a gateway that fails must not find the dead end again.
func (l *Line) pull() error {
	err := os.Remove(l.path)
	c := l.cable
	l.cable = nil
	l.mu.Unlock() // the cable's reader may be waiting to tell what it heard
	c.close()
	l.mu.Lock()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("line: %w", err)
	}
	return nil
}

// Close unplugs for ever and ends the listeners' channels.
func (l *Line) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	var err error
	if l.cable != nil {
		err = l.pull()
	}
	for _, ch := range l.listeners {
		close(ch)
	}
	l.listeners = nil
	return err
}

// tell hands what the gateway wrote to every listener.
func (l *Line) tell(chunk []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ch := range l.listeners {
		if len(ch) == cap(ch) {
			select {
			case <-ch:
			default: // read meanwhile
			}
		}
		ch <- chunk // there is room: only this function sends, under the lock
	}
}

// link makes path a link to target in one step: a gateway never finds it missing between two states.
func link(target, path string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("line: %s is there and is no link", path)
	}
	temp := path + ".new"
	err := os.Remove(temp)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("line: %w", err)
	}
	if err = os.Symlink(target, temp); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return fmt.Errorf("line: %w", err)
	}
	return nil
}
