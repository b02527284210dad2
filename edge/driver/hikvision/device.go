package hikvision

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// errNotListening says that the server is not running: the driver is run again by its supervisor.
var errNotListening = errors.New("hikvision: server does not listen")

// Mode is how a device's events reach the gateway.
type Mode string

// The modes.
const (
	Listen Mode = "listen" // the device posts
	Stream Mode = "stream" // the gateway holds the device's alertStream open
)

// DeviceOptions are those of every device. Listen needs Token, Stream needs URL.
type DeviceOptions struct {
	ID        hall.DeviceID
	Mode      Mode
	Token     string // secret part of the path that it posts to
	URL       string // http://host, without user and password; empty: it is asked nothing
	Username  string // empty: no login
	Password  string
	Serial    string         // empty: asked; a terminal's punches carry it
	Location  *time.Location // zone of times without an offset; nil: UTC+8
	Heartbeat time.Duration  // between two of its signs of life; 0: 10 s in a stream, none with Listen
	Interval  time.Duration  // between two looks at its clock; 0: Interval
}

func (o DeviceOptions) location() *time.Location {
	if o.Location != nil {
		return o.Location
	}
	return time.FixedZone("UTC+8", 8*3600)
}

// Status counts what a device sent since the program started. Nothing in it identifies a person.
type Status struct {
	ID         hall.DeviceID `json:"id"`
	Serial     string        `json:"serial"`
	Model      string        `json:"model,omitempty"`
	Firmware   string        `json:"firmware,omitempty"`
	Last       time.Time     `json:"last"` // any event or answer
	Skew       time.Duration `json:"skew"` // device clock minus gateway clock; 0 while not known
	SkewKnown  bool          `json:"skew_known"`
	Heartbeats int           `json:"heartbeats"`
	Punches    int           `json:"punches"`  // durable
	Found      int           `json:"found"`    // of these, by a search
	Passages   int           `json:"passages"` // durable, or queued in a stream
	Repeated   int           `json:"repeated"` // punches told again
	Denied     int           `json:"denied"`   // persons refused by the terminal
	Doors      int           `json:"doors"`    // door events
	Ignored    int           `json:"ignored"`  // other events
	Late       int           `json:"late"`     // reports of a counter that were told again
	Resets     int           `json:"resets"`   // of a counter's totals
	Gaps       int           `json:"gaps"`     // of serialNo
	Searches   int           `json:"searches"` // finished
	Reopened   int           `json:"reopened"` // streams after one that the device closed
	Refused    int           `json:"refused"`  // what could not be understood
	LastReset  string        `json:"last_reset,omitempty"`
}

// kind is what tells one kind of device from another.
type kind interface {
	// take tells an event on. An error means that it is not durable: the device must not be told otherwise. One at a time.
	take(ctx context.Context, sink driver.Sink, e *Event) error
	// tend does what is due after a look at the device's clock.
	tend(ctx context.Context, sink driver.Sink) error
}

// device is what all kinds share.
type device struct {
	srv    *Server
	o      DeviceOptions
	kind   kind
	client *client // nil: no address
	bad    error   // of the options
	turn   chan struct{}
	wake   chan struct{} // look soon

	mu       sync.Mutex
	sink     driver.Sink // nil: not running
	ctx      context.Context
	inflight sync.WaitGroup
	mood     mood
	status   Status
	offset   time.Duration // device clock minus gateway clock, whatever the gateway's is worth
}

func newDevice(s *Server, o DeviceOptions) *device {
	if o.Interval <= 0 {
		o.Interval = Interval
	}
	if o.Heartbeat <= 0 && o.Mode == Stream {
		o.Heartbeat = 10 * time.Second
	}
	d := &device{srv: s, o: o, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), status: Status{ID: o.ID, Serial: o.Serial}}
	if o.URL != "" {
		d.client, d.bad = newClient(&o, s.opts.Now, s.times.ask)
	}
	switch {
	case o.Mode == Stream && o.URL == "":
		d.bad = fmt.Errorf("hikvision: a stream needs an address: %w", driver.ErrPermanent)
	case o.Mode == Listen && o.Token == "":
		d.bad = fmt.Errorf("hikvision: a device that posts needs a secret: %w", driver.ErrPermanent)
	case o.Mode != Stream && o.Mode != Listen:
		d.bad = fmt.Errorf("hikvision: mode %.20q: %w", string(o.Mode), driver.ErrPermanent)
	}
	s.register(d)
	return d
}

// Expect says how a device shows that it lives: by heartbeats, or by its answers.
func (d *device) Expect() driver.Expect {
	e := driver.Expect{MinRetry: time.Second, MaxRetry: time.Minute}
	every := d.o.Heartbeat
	if d.client != nil {
		every = max(every, d.o.Interval)
	}
	if every > 0 {
		e.Silence = 3*every + d.srv.times.ask
	}
	return e
}

// Status gives the device's counters.
func (d *device) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// Run takes the device's events into out until ctx ends, the server stops (listen) or the stream breaks (stream).
func (d *device) Run(ctx context.Context, out driver.Sink) error {
	if d.bad != nil {
		return d.bad
	}
	if d.o.Mode == Listen {
		return d.listen(ctx, out)
	}
	return d.stream(ctx, out)
}

// listen waits for the server's end; posts come through ServeHTTP.
func (d *device) listen(ctx context.Context, out driver.Sink) error {
	if err := d.waitOpen(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := d.attach(ctx, out); err != nil {
		cancel()
		return err
	}
	defer d.detach(cancel)
	out.Opened()
	d.startKeeper(ctx, out)
	for {
		open, changed := d.srv.gate.state()
		if !open {
			return errNotListening
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// waitOpen gives the server a moment to listen; the two are started together.
func (d *device) waitOpen(ctx context.Context) error {
	late := time.NewTimer(startTime)
	defer late.Stop()
	for {
		open, changed := d.srv.gate.state()
		if open {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-late.C:
			return errNotListening
		case <-changed:
		}
	}
}

func (d *device) attach(ctx context.Context, out driver.Sink) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sink != nil {
		return fmt.Errorf("hikvision: %s runs already", d.o.ID)
	}
	d.sink, d.ctx = out, ctx
	d.mood.tell(out)
	return nil
}

// detach ends what runs and waits for it: nothing may use the sink afterwards.
func (d *device) detach(cancel context.CancelFunc) {
	d.mu.Lock()
	d.sink, d.ctx = nil, nil
	d.mu.Unlock()
	cancel()
	d.inflight.Wait()
}

// use gives the sink and a context that ends with the driver's; end must be called. ok is false while the driver does not run.
func (d *device) use() (sink driver.Sink, ctx context.Context, end func(), ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sink == nil {
		return nil, nil, nil, false
	}
	d.inflight.Add(1)
	return d.sink, d.ctx, d.inflight.Done, true
}

// hear takes the text of an event. What cannot be understood is set aside; an error means that facts are not durable.
func (d *device) hear(ctx context.Context, sink driver.Sink, text []byte) error {
	e, err := ParseEvent(text)
	if err != nil {
		d.refuse(sink, err.Error(), private(text))
		return nil
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	d.seen(sink)
	if e.Heartbeat() {
		d.count(func(st *Status) { st.Heartbeats++ })
	}
	return d.kind.take(ctx, sink, e)
}

// seen notes evidence of life, and what is wrong nevertheless.
func (d *device) seen(sink driver.Sink) {
	now := d.srv.opts.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Last = now
	sink.Seen()
	d.mood.tell(sink)
}

// trouble notes that something is wrong, well that it is not.
func (d *device) trouble(sink driver.Sink, code, detail string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mood.set(code, detail) {
		d.mood.tell(sink)
	}
}

func (d *device) well(sink driver.Sink, codes ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, code := range codes {
		if d.mood.clear(code) {
			d.mood.tell(sink)
		}
	}
}

func (d *device) count(do func(*Status)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do(&d.status)
}

// refuse sets bytes aside.
func (d *device) refuse(sink driver.Sink, reason string, raw []byte) {
	d.count(func(st *Status) { st.Refused++ })
	sink.Refused(reason, raw)
}

// refused sets bytes aside where no sink is at hand.
func (d *device) refused(reason string, raw []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Refused++
	if d.sink != nil {
		d.sink.Refused(reason, private(raw))
	}
}

func (d *device) serial() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status.Serial
}

// startKeeper looks after the device until ctx ends, where it has an address.
func (d *device) startKeeper(ctx context.Context, sink driver.Sink) {
	if d.client == nil {
		return
	}
	d.inflight.Go(func() { d.keep(ctx, sink) })
}

// keep looks at the device again and again. Its failures end nothing: the device may post, or stream, all the same.
func (d *device) keep(ctx context.Context, sink driver.Sink) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-d.wake:
		}
		d.look(ctx, sink)
		timer.Reset(d.o.Interval*9/10 + rand.N(d.o.Interval/5+1)) // the devices of a hall are not asked all at once
	}
}

// look asks who the device is, if that is not known, and for its clock.
func (d *device) look(ctx context.Context, sink driver.Sink) {
	err := d.identify(ctx)
	var skew time.Duration
	if err == nil {
		skew, err = d.client.skew(ctx, d.o.location())
	}
	switch {
	case ctx.Err() != nil:
		return
	case errors.Is(err, errLogin):
		d.trouble(sink, codeLogin, err.Error())
		return
	case errors.Is(err, errUnsupported), errors.Is(err, errTime): // it lives, without telling its clock
	case err != nil:
		d.trouble(sink, codeUnreached, err.Error())
		return
	default:
		d.clocked(sink, skew)
	}
	d.well(sink, codeLogin, codeUnreached)
	d.seen(sink)
	switch err := d.kind.tend(ctx, sink); {
	case ctx.Err() != nil:
	case errors.Is(err, errLogin):
		d.trouble(sink, codeLogin, err.Error())
	case err != nil:
		d.trouble(sink, codeHistory, err.Error())
	default:
		d.well(sink, codeHistory)
	}
}

// identify asks for the serial number unless it is known.
func (d *device) identify(ctx context.Context) error {
	d.mu.Lock()
	known := d.status.Model != ""
	d.mu.Unlock()
	if known || d.client == nil {
		return nil
	}
	i, err := d.client.info(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Model, d.status.Firmware = i.Model, i.Firmware
	if d.status.Model == "" {
		d.status.Model = "unknown"
	}
	if d.o.Serial == "" {
		d.status.Serial = i.Serial
	}
	return nil
}

// earliest is before every clock that was set; a gateway that starts in 1970 judges nobody's.
func earliest() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

// clocked takes what the device's clock says.
func (d *device) clocked(sink driver.Sink, skew time.Duration) {
	now := d.srv.opts.Now()
	d.mu.Lock()
	d.offset = skew
	sure := now.After(earliest())
	d.status.Skew, d.status.SkewKnown = 0, sure
	if sure {
		d.status.Skew = skew
	}
	d.mu.Unlock()
	if !sure {
		return
	}
	sink.Reading(hall.MetricSkew, "", skew.Seconds())
	if skew.Abs() > MaxSkew {
		d.trouble(sink, codeClock, skew.Round(time.Second).String())
		return
	}
	d.well(sink, codeClock)
}

// clock gives the device's own time.
func (d *device) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.srv.opts.Now().Add(d.offset)
}

func (d *device) skew() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status.Skew
}

// nudge makes the keeper look soon.
func (d *device) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
