package dispenser

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/edge/driver"
)

// Limits and times of the service.
const (
	maxSessions = 16                     // connections of queue machines at a time
	dialTime    = 2 * time.Second        // the printer takes a connection within this
	dialTries   = 4                      // for a job: printers take a moment after the last one
	endTime     = 200 * time.Millisecond // the printer ends a connection that was ended within this
	dialPause   = 250 * time.Millisecond // between them
	acceptPause = 100 * time.Millisecond // after the system had no room for a connection
)

// service is one run of a proxy.
type service struct {
	o       *ProxyOptions
	tickets *reader
	out     driver.Sink
	cuts    *atomic.Bool // documents end with a cut
	backlog *backlog
	waiting chan waiting
	kick    chan struct{} // a job found no printer, or lost it: look at once
	dialing chan struct{} // held while a connection to the printer is made: some take one at a time

	mu       sync.Mutex
	spare    *link // of a look at the printer; a job may take it over
	sessions []*link
}

// dial connects to the printer.
func (r *service) dial(ctx context.Context) (*link, error) {
	d := net.Dialer{Timeout: dialTime, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: r.o.Interval, Interval: r.o.Interval, Count: 3}}
	c, err := d.DialContext(ctx, "tcp", r.o.Printer)
	if err != nil {
		return nil, fmt.Errorf("the printer takes no connection: %w", err)
	}
	return newLink(c.(*net.TCPConn)), nil
}

// lock holds the making of connections; it gives false when ctx ends first.
func (r *service) lock(ctx context.Context) bool {
	select {
	case r.dialing <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *service) unlock() { <-r.dialing }

// connect gives a job its connection, among those of the sessions: the one of a look, or a new one.
func (r *service) connect(ctx context.Context) (l *link, err error) {
	if !r.lock(ctx) {
		return nil, ctx.Err()
	}
	defer r.unlock()
	if l = r.takeSpare(nil); l != nil && !l.alive() {
		discard(l)
		l = nil
	}
	for try := 1; l == nil; try++ {
		if l, err = r.dial(ctx); err == nil {
			break
		}
		if ctx.Err() != nil || try == dialTries {
			return nil, err
		}
		select {
		case <-time.After(dialPause):
		case <-ctx.Done():
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions = append(r.sessions, l)
	return l, nil
}

// probe connects to the printer to look at it; a job may take the connection over until it is given back. nil without an error:
// a job has come meanwhile.
func (r *service) probe(ctx context.Context) (*link, error) {
	if !r.lock(ctx) {
		return nil, ctx.Err()
	}
	defer r.unlock()
	if len(r.alive()) > 0 {
		return nil, nil
	}
	l, err := r.dial(ctx)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spare = l
	return l, nil
}

// takeSpare takes the connection of a look, or only l (nil: whichever it is); nil: there is none, or a job has it.
func (r *service) takeSpare(l *link) *link {
	r.mu.Lock()
	defer r.mu.Unlock()
	spare := r.spare
	if spare == nil || l != nil && l != spare {
		return nil
	}
	r.spare = nil
	return spare
}

// discard closes a connection that nobody has any more, in order: a printer that takes one at a time must know that it has ended
// before the next one comes.
func discard(l *link) {
	if l.end() == nil {
		wait := time.NewTimer(endTime)
		defer wait.Stop()
		select {
		case <-l.done:
		case <-wait.C:
		}
	}
	l.close(false)
	<-l.done
}

// giveBack ends a look's connection, unless a job has it.
func (r *service) giveBack(ctx context.Context, l *link) {
	if !r.lock(ctx) { // whoever ends the service closes it
		return
	}
	defer r.unlock()
	if r.takeSpare(l) != nil {
		discard(l)
	}
}

func (r *service) leave(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions = slices.DeleteFunc(r.sessions, func(x *link) bool { return x == l })
}

// alive gives the connections that jobs have.
func (r *service) alive() []*link {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.sessions), func(l *link) bool { return !l.alive() })
}

// accept serves queue machines until the listener is closed, and waits for them.
func (r *service) accept(ctx context.Context, ln net.Listener) {
	var wg sync.WaitGroup
	defer wg.Wait()
	room := make(chan struct{}, maxSessions)
	for {
		c, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // the system has no room
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
			continue
		}
		m := c.(*net.TCPConn)
		select {
		case room <- struct{}{}:
		default:
			reset(m)
			continue
		}
		wg.Go(func() {
			defer func() { <-room }()
			if r.session(ctx, m) != nil {
				select {
				case r.kick <- struct{}{}:
				default:
				}
			}
		})
	}
}
