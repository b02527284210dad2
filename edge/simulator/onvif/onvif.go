// Package onvif is a simulated ONVIF camera: device, media and event services over SOAP 1.2 with username token, Digest or
// both, one PullPoint after the other, and on demand the faults of the field. It shows no pictures itself: it names the
// addresses of another simulator. It shares no code with the gateway's driver.
package onvif

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"hallpulse/edge/simulator/cable"
)

// Login is how a camera wants its login.
type Login uint8

// The ways of a login.
const (
	Token  Login = iota // WS-Security username token
	Digest              // HTTP Digest
	Both
)

// Options of a simulated camera.
type Options struct {
	Addr     string // empty: 127.0.0.1:0
	Username string // empty: no login
	Password string
	Login    Login
	Snapshot string           // address that GetSnapshotUri gives; empty: one that nothing serves
	Stream   string           // and GetStreamUri
	Now      func() time.Time // true time; nil: time.Now
}

// Faults of a camera, all off at first.
type Faults struct {
	ClockOff       time.Duration // its clock is this far ahead; username tokens are checked against it
	InnerAddress   bool          // every address that it tells is one behind NAT
	Empty          bool          // pulls are answered with nothing, whatever happens
	NeverClear     bool          // the end of a trouble is not told
	NoInitial      bool          // SetSynchronizationPoint is refused
	ZeroTime       bool          // UtcTime is 0000-00-00T00:00:00Z
	TrailingTopic  bool          // topics end in /.
	CutIdle        bool          // the connection is closed when there is nothing to tell
	NoRenew        bool          // Renew is refused
	RefuseLogins   bool          // every login is wrong
	NeedParameters bool          // subscriptions are known by a reference parameter
	NeedAction     bool          // event calls without wsa:Action are refused
	NoEvents       bool          // there is no event service
	Babble         bool          // pulls are answered with what nobody understands
	MaxOpen        int           // subscriptions that may be open at once; 0: 2
}

// Stats counts what a camera was asked.
type Stats struct {
	Subscribed, Unsubscribed, Renewed, Pulls, Synchronized int
	Open                                                   int // subscriptions
	Waiting                                                int // pulls that wait now
	Logins                                                 int // refused
}

// Camera is one simulated camera. Its methods may be called at any time.
type Camera struct {
	o       Options
	line    *cable.Cable
	closed  chan struct{}
	quit    func()
	running sync.Mutex // held by Run

	mu      sync.Mutex
	faults  Faults
	states  []property
	subs    map[int]*subscription
	lastSub int
	nonces  map[string]bool
	stats   Stats
	changed chan struct{}
}

// New opens the camera's port, so that its address is known; Run answers on it.
func New(o Options) (*Camera, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("onvif: %w", err)
	}
	c := &Camera{o: o, line: cable.New(ln), closed: make(chan struct{}),
		subs: map[int]*subscription{}, nonces: map[string]bool{}, changed: make(chan struct{})}
	c.quit = sync.OnceFunc(func() { close(c.closed) })
	return c, nil
}

// URL gives the camera's address.
func (c *Camera) URL() string { return "http://" + c.line.Addr().String() }

// SetFaults changes what is wrong.
func (c *Camera) SetFaults(f Faults) { c.update(func() { c.faults = f }) }

// Offline pulls the network cable or puts it back.
func (c *Camera) Offline(off bool) { c.line.Cut(off) }

// Stats gives what was asked so far.
func (c *Camera) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Open = len(c.subs)
	return s
}

// Until waits until ok or ctx ends.
func (c *Camera) Until(ctx context.Context, ok func(Stats) bool) error {
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		s := c.Stats()
		if ok(s) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("onvif: waited in vain: %+v: %w", s, ctx.Err())
		}
	}
}

// update changes the camera and wakes who waits.
func (c *Camera) update(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	c.wake()
}

func (c *Camera) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Run answers until ctx ends or the camera is closed. It can be called once: the port is closed when it returns.
func (c *Camera) Run(ctx context.Context) error {
	c.running.Lock()
	defer c.running.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	web := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx }}
	failed := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { failed <- web.Serve(c.line) })
	var err error
	select {
	case <-ctx.Done():
	case <-c.closed:
	case err = <-failed:
	}
	c.quit()
	cancel()
	closing := web.Close()
	wg.Wait()
	for _, e := range []error{err, closing} {
		if e != nil && !errors.Is(e, net.ErrClosed) {
			return fmt.Errorf("onvif: run: %w", e)
		}
	}
	return nil
}

// Close ends the camera and waits for Run. It may be called more than once.
func (c *Camera) Close() error {
	c.quit()
	err := c.line.Close()
	c.running.Lock()
	defer c.running.Unlock()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("onvif: close: %w", err)
	}
	return nil
}
