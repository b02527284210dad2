// Package uplink brings a hall's journal and its live state to the county over MQTT.
//
// The log is replicated: batches go out from the county's position, and only an Ack of the county moves the journal's
// cursor. A publish token that completed and a PUBACK of the broker prove nothing, so neither is looked at. What is not
// acknowledged in time is sent again from the cursor on; the county drops what it has.
//
// The state is a set of sections, latest wins: at once on change, at most ten a second each, all of them after a connect.
// It never waits behind the log, and nothing here ever makes a driver wait.
package uplink

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// Limits of what is sent.
const (
	MaxInFlight      = 4        // batches that wait for an ack, of both lanes; one place is kept for facts
	MaxBatchFacts    = 512      //
	MaxBatchBytes    = 64 << 10 // of facts as they stand in the journal
	MaxBatchReadings = 5000     // one larger frame of the journal goes alone
	MaxFill          = 512      // unreadable facts in a row that are each replaced by a refusal; more are told as a gap
)

// timing holds the times of the protocol; tests shorten them.
type timing struct {
	resend   time.Duration // no ack for this long: send again from the cursor
	silence  time.Duration // no ack for this long though one is due: the connection is half open
	collect  time.Duration // readings wait this long for company
	section  time.Duration // least time between two snapshots of a section
	pulse    time.Duration // the gateway's section is sent at least this often
	anchor   time.Duration // acks that came faster may set the clock
	pauseMax time.Duration // longest pause the county may ask for
	retryMin time.Duration // back-off between connections
	retryMax time.Duration
	link     linkTiming
}

func defaultTiming() timing {
	return timing{
		resend: 5 * time.Second, silence: 15 * time.Second, collect: 2 * time.Second, section: 100 * time.Millisecond, pulse: 4 * time.Second,
		anchor: time.Second, pauseMax: time.Minute, retryMin: 500 * time.Millisecond, retryMax: 15 * time.Second,
		link: linkTiming{keepAlive: 5 * time.Second, ping: 3 * time.Second, connect: 5 * time.Second, write: 5 * time.Second},
	}
}

// Journal is what the uplink needs of journal.Journal.
type Journal interface {
	Epoch() uint64
	Boot() uint32
	Reader(lane hall.Lane, from uint64) *journal.Reader
	Bounds(lane hall.Lane) (first, last uint64)
	Changed(lane hall.Lane) <-chan struct{}
	Ack(lane hall.Lane, seq uint64) error
	Rewind(lane hall.Lane, seq uint64)
}

// Clock is what the uplink needs of clock.Clock.
type Clock interface {
	Now() hall.Stamp
	Observe(hub time.Time, rtt time.Duration) *hall.Fact
}

// Corrector is what the uplink needs of clock.Corrector.
type Corrector interface {
	Correct(f *hall.Fact)
	CorrectReading(r *hall.Reading)
}

// Metrics counts what the uplink does. Its methods must not block.
type Metrics interface {
	Connected(up bool)
	Sent(lane hall.Lane, records, bytes int)
	Acked(lane hall.Lane, seq uint64, took time.Duration) // took: since the batch was sent; 0: not known
	Resent(lane hall.Lane, why string)                    // why: timeout, asked
	Refused(lane hall.Lane, records int)                  // records of the journal that could not be read
	Snapshot(section hall.Section, bytes int)
}

// Credential is the password of a hall. It does not print.
type Credential string

// String hides the credential.
func (Credential) String() string { return "***" }

// GoString hides the credential.
func (Credential) GoString() string { return "***" }

// MarshalText hides the credential in logs and JSON.
func (Credential) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Options of an uplink. Broker, Hall, Journal, Clock, Corrector, Record and Describe are required.
type Options struct {
	Broker     string // tcp://host:1883 or ssl://host:8883
	Hall       hall.HallID
	Credential Credential
	TLS        *tls.Config // nil: the system's roots
	Version    string      // of the program
	Journal    Journal
	Clock      Clock
	Corrector  Corrector
	// Record journals a fact exactly as it is given (stamp included) and lets the Corrector know of it before it returns.
	Record   func(ctx context.Context, f hall.Fact) error
	Describe func() hall.Hall // what the hall is made of, for the birth message
	Logger   *slog.Logger     // nil: none
	Metrics  Metrics          // nil: none
}

// Status is what the hall's own page shows of the link.
type Status struct {
	Connected bool      // to the broker
	County    bool      // the county answered in this connection
	Since     time.Time // of the last change of Connected, on the hall's clock
	LastAck   time.Time // on the hall's clock; zero: none yet
	Error     string    // why the last connection failed or ended; empty while connected
}

// Uplink connects one hall to its county.
type Uplink struct {
	opts   Options
	times  timing
	log    *slog.Logger
	poke   chan struct{} // a section changed
	unkept []hall.Fact   // clock steps that Record could not take yet; of the goroutine of Run

	mu       sync.Mutex
	sections map[hall.Section]*section
	status   Status
	told     map[hall.Lane]uint64 // unreadable records up to here were told to the county
}

// New makes an uplink; nothing is opened before Run.
func New(opts Options) (*Uplink, error) {
	if !wire.ValidHallID(opts.Hall) {
		return nil, errors.New("uplink: the hall needs an id of a-z, 0-9 and -")
	}
	if opts.Broker == "" || opts.Journal == nil || opts.Clock == nil || opts.Corrector == nil || opts.Record == nil || opts.Describe == nil {
		return nil, errors.New("uplink: Broker, Journal, Clock, Corrector, Record and Describe are required")
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Metrics == nil {
		opts.Metrics = noMetrics{}
	}
	return &Uplink{
		opts: opts, times: defaultTiming(), log: opts.Logger, poke: make(chan struct{}, 1),
		sections: map[hall.Section]*section{}, told: map[hall.Lane]uint64{},
	}, nil
}

// Run keeps the hall connected until ctx ends; it then says goodbye and returns nil.
func (u *Uplink) Run(ctx context.Context) error {
	for failures := 0; ; failures++ {
		answered, err := u.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if answered {
			failures = 0
		}
		u.disconnected(err, failures)
		wait := time.NewTimer(u.backoff(failures))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
	}
}

// backoff doubles with each failure, with jitter over its upper half.
func (u *Uplink) backoff(failures int) time.Duration {
	d := min(u.times.retryMin<<min(failures, 16), u.times.retryMax)
	return d/2 + rand.N(d/2+1)
}

// connect makes one connection and uses it until it ends. answered tells whether the county was there.
func (u *Uplink) connect(ctx context.Context) (answered bool, err error) {
	will, err := wire.EncodeWill(wire.Will{Boot: u.opts.Journal.Boot(), Sent: u.opts.Clock.Now().Wall})
	if err != nil {
		return false, err
	}
	l, err := dial(ctx, u.opts, u.times.link, will)
	if err != nil {
		return false, err
	}
	s := newSession(u, l)
	defer s.close()
	u.setStatus(func(st *Status) { st.Connected, st.County, st.Error = true, false, "" })
	u.opts.Metrics.Connected(true)
	defer u.opts.Metrics.Connected(false)
	err = s.run(ctx)
	return s.answered, err
}

// disconnected notes why, and logs the first failure of a row and then every sixteenth.
func (u *Uplink) disconnected(err error, failures int) {
	text := "closed"
	if err != nil {
		text = err.Error()
	}
	u.setStatus(func(st *Status) { st.Connected, st.County, st.Error = false, false, text })
	if failures%16 == 0 {
		u.log.Warn("uplink: no connection to the county", "failures", failures, "err", err)
	}
}

// Status tells how the link is.
func (u *Uplink) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status
}

func (u *Uplink) setStatus(change func(*Status)) {
	now := u.opts.Clock.Now().Wall
	u.mu.Lock()
	defer u.mu.Unlock()
	was := u.status.Connected
	change(&u.status)
	if was != u.status.Connected || u.status.Since.IsZero() {
		u.status.Since = now
	}
}

// keep journals clock steps and refusals, those first that could not be kept before.
func (u *Uplink) keep(ctx context.Context, facts ...hall.Fact) error {
	u.unkept = append(u.unkept, facts...)
	for len(u.unkept) > 0 {
		if err := u.opts.Record(ctx, u.unkept[0]); err != nil {
			return err
		}
		u.unkept = u.unkept[1:]
	}
	return nil
}

// noMetrics counts nothing.
type noMetrics struct{}

func (noMetrics) Connected(bool)                         {}
func (noMetrics) Sent(hall.Lane, int, int)               {}
func (noMetrics) Acked(hall.Lane, uint64, time.Duration) {}
func (noMetrics) Resent(hall.Lane, string)               {}
func (noMetrics) Refused(hall.Lane, int)                 {}
func (noMetrics) Snapshot(hall.Section, int)             {}
