// Package hikvision is a simulated ISAPI device: an access terminal with a memory of events, or a camera that counts people
// and watches a line. It serves deviceInfo, time, alertStream and AcsEvent over HTTP with Digest, posts its events to a
// listening host as real devices do (again and again until it has read 200), and shows on demand the faults of the field. It
// shares no code with the gateway's driver.
package hikvision

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"hallpulse/edge/simulator/cable"
)

// Kind is what a device is.
type Kind uint8

// The kinds.
const (
	Terminal Kind = iota // tells access events, as JSON, and stores them
	Counter              // tells running totals, as XML, and stores nothing
)

// Options of a simulated device.
type Options struct {
	Kind      Kind
	Serial    string           // empty: DS-SIM000000001
	Addr      string           // of its own server; empty: 127.0.0.1:0
	Username  string           // empty: no login
	Password  string           //
	Target    string           // address that it posts to; empty: it is not told any
	Location  *time.Location   // zone of its wall clock; nil: UTC+8
	Now       func() time.Time // true time; nil: time.Now
	Heartbeat time.Duration    // 0: 10 s
	Retry     time.Duration    // after a post that was not acknowledged; 0: 5 s
}

// Faults of a device, all off at first. The counters go down with each use.
type Faults struct {
	ClockOff       time.Duration // its clock is this far ahead
	HeartbeatsOnly bool          // events are stored and not told
	Silent         bool          // streams stay open without a word, nothing is posted
	Split          bool          // everything is written in pieces of three bytes
	Picture        bool          // a picture after each event
	PictureFirst   bool          // and one before it
	NoNames        bool          // parts without a name
	NoLength       bool          // parts without a Content-Length
	LengthOff      int           // Content-Length is wrong by this much
	Junk           bool          // stray bytes between parts
	NoOffset       bool          // times without an offset
	TextNumbers    bool          // numbers as text, an empty activePostCount
	Ranges         bool          // a timeRange report with each realTime one
	NoSearch       bool          // stored events cannot be searched
	RefuseLogins   bool          // every login is wrong
	Lose           int           // events that are stored and not told
	CloseAfter     int           // a stream is closed after so many parts; 0: never
}

// Record is an access event as the device stores it.
type Record struct {
	Serial       int64
	Major, Minor int
	Person       string // empty: none
	Status       string
	Time         string // as it is told
	at           time.Time
}

// limits of what a device keeps.
const (
	capacity   = 100_000 // stored events; older ones are forgotten
	maxPending = 20_000  // messages not posted yet
)

// Device is one simulated device. Its memory lives as long as the value; its methods may be called at any time.
type Device struct {
	o      Options
	line   *cable.Cable
	client *http.Client
	wake   chan struct{}

	closed  chan struct{}
	quit    func()
	running sync.Mutex // held by Run

	mu          sync.Mutex
	faults      Faults
	target      string
	records     []Record
	serial      int64
	enter, exit int64
	pending     []message
	streams     map[chan message]struct{}
	nonces      map[string]bool
	stats       Stats
	offline     bool
	changed     chan struct{}
}

// Stats counts what a device was asked and told.
type Stats struct {
	Posted     int // messages acknowledged
	Refused    int // posts answered with anything but 200, or not at all
	Logins     int // requests with a login that was wrong
	Searches   int // pages of stored events
	Streams    int // opened so far
	Following  int // streams open now
	Heartbeats int
}

// New opens the device's port, so that its address is known; Run answers on it.
func New(o Options) (*Device, error) {
	if o.Serial == "" {
		o.Serial = "DS-SIM000000001"
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Location == nil {
		o.Location = time.FixedZone("UTC+8", 8*3600)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 10 * time.Second
	}
	if o.Retry <= 0 {
		o.Retry = 5 * time.Second
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("hikvision: %w", err)
	}
	d := &Device{o: o, line: cable.New(ln), target: o.Target, wake: make(chan struct{}, 1), closed: make(chan struct{}), streams: map[chan message]struct{}{},
		nonces: map[string]bool{}, changed: make(chan struct{}),
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	d.quit = sync.OnceFunc(func() { close(d.closed) })
	return d, nil
}

// URL gives the device's address, without user and password.
func (d *Device) URL() string { return "http://" + d.line.Addr().String() }

// SetTarget tells the device where to post; empty: nowhere.
func (d *Device) SetTarget(url string) {
	d.update(func() { d.target = url })
	d.nudge()
}

// SetFaults replaces the faults.
func (d *Device) SetFaults(f Faults) {
	d.update(func() { d.faults = f })
	d.nudge()
}

// Offline pulls the network cable or puts it back: connections break, new ones are reset, nothing is posted.
func (d *Device) Offline(off bool) {
	d.update(func() { d.offline = off })
	d.line.Cut(off)
	d.nudge()
}

// Stats gives the counters.
func (d *Device) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stats
	s.Following = len(d.streams)
	return s
}

// Records gives the stored events, oldest first.
func (d *Device) Records() []Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.records)
}

// Totals gives what a counter shows.
func (d *Device) Totals() (enter, exit int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.enter, d.exit
}

// Drained waits until everything that was to be posted is acknowledged.
func (d *Device) Drained(ctx context.Context) error {
	return d.Until(ctx, func(Stats) bool { return len(d.pending) == 0 })
}

// Until waits for what the counters show; good is called under the device's lock.
func (d *Device) Until(ctx context.Context, good func(Stats) bool) error {
	for {
		d.mu.Lock()
		s := d.stats
		s.Following = len(d.streams)
		ok, changed := good(s), d.changed
		d.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("hikvision: %w", ctx.Err())
		case <-changed:
		}
	}
}

// Close ends the device and waits for Run. It may be called more than once.
func (d *Device) Close() error {
	d.quit()
	d.line.Cut(true)
	err := d.line.Close()
	d.running.Lock() // Run has ended
	defer d.running.Unlock()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("hikvision: close: %w", err)
	}
	return nil
}

// update changes the state and wakes those that wait for it.
func (d *Device) update(do func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do()
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *Device) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
