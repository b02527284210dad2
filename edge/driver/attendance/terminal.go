package attendance

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"hallpulse/edge/driver"
)

var _ driver.Driver = (*Terminal)(nil)

// TerminalOptions describe one configured terminal.
type TerminalOptions struct {
	Serial   string         // as the terminal spells it; letters, digits, "-" and "_"
	Location *time.Location // zone of its wall clock; nil: UTC+8
	From     netip.Prefix   // it is believed from these addresses only; zero: from anywhere
}

// location gives the zone, that of every hall this was made for when none is configured.
func (o TerminalOptions) location() *time.Location {
	if o.Location != nil {
		return o.Location
	}
	return time.FixedZone("UTC+8", 8*3600)
}

// Terminal is the driver of one terminal. Its Run does not poll: the terminal calls.
type Terminal struct {
	srv   *Server
	opts  TerminalOptions
	slots chan struct{} // held while a body is read
	turn  chan struct{} // held while a body is journalled: one after another

	mu       sync.Mutex
	sink     driver.Sink // nil: not running
	ctx      context.Context
	inflight sync.WaitGroup
	clock    clockWatch
	commands commands
	repair   repairs
	twins    twins
	troubles troubles
	pins     map[string]struct{} // of users that it told
	status   Status
}

// Status counts what a terminal sent since the program started. Nothing in it identifies a person.
type Status struct {
	Serial     string        `json:"serial"`
	Addr       netip.Addr    `json:"addr"`
	Last       time.Time     `json:"last"`           // any request
	Info       string        `json:"info,omitempty"` // of its last poll that had one, as it was said
	Says       *Info         `json:"says,omitempty"` // and read; nil: none could be
	Punches    int           `json:"punches"`        // journalled
	Duplicates int           `json:"duplicates"`
	Refused    int           `json:"refused"`
	Operations int           `json:"operations"` // lines of its audit log
	Log        Operations    `json:"log"`        // and what they say
	Users      int           `json:"users"`      // lines about users
	PINs       int           `json:"pins"`       // different users of these
	Repairs    int           `json:"repairs"`    // gaps that were asked for
	Waiting    int           `json:"waiting"`    // commands without a result
	Dropped    int           `json:"dropped"`    // templates and photographs
	Skew       time.Duration `json:"skew"`       // device clock minus gateway clock; 0 while not known
	SkewKnown  bool          `json:"skew_known"`
}

// Terminal registers a configured terminal and gives its driver. Registering a serial again replaces the first.
func (s *Server) Terminal(o TerminalOptions) *Terminal {
	t := &Terminal{srv: s, opts: o, slots: make(chan struct{}, maxUploadsOf), turn: make(chan struct{}, 1), pins: map[string]struct{}{},
		status: Status{Serial: o.Serial}}
	if validSerial(o.Serial) {
		s.mu.Lock()
		t.repair.newest = s.newest[o.Serial]
		s.terminals[o.Serial] = t
		s.mu.Unlock()
		s.pending.forget(o.Serial)
	}
	return t
}

// Expect says how a terminal shows that it lives: it polls every Delay.
func (t *Terminal) Expect() driver.Expect { return driver.Expect{Silence: Silence} }

// Status gives the terminal's counters.
func (t *Terminal) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.status
	st.Skew, st.SkewKnown = t.clock.skew, t.clock.known
	st.PINs, st.Waiting = len(t.pins), len(t.commands.queue)
	return st
}

// Status gives the counters of every configured terminal, by serial.
func (s *Server) Status() []Status {
	s.mu.Lock()
	list := slices.Collect(maps.Values(s.terminals))
	s.mu.Unlock()
	var out []Status
	for _, t := range list {
		out = append(out, t.Status())
	}
	slices.SortFunc(out, func(a, b Status) int { return strings.Compare(a.Serial, b.Serial) })
	return out
}

// Run takes the terminal's punches into out until ctx ends or the server stops.
func (t *Terminal) Run(ctx context.Context, out driver.Sink) error {
	if !validSerial(t.opts.Serial) {
		return fmt.Errorf("attendance: serial %.40q: %w", t.opts.Serial, driver.ErrPermanent)
	}
	if err := t.srv.gate.Await(ctx, startTime); err != nil {
		return fmt.Errorf("attendance: %w", err)
	}
	if ctx.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := t.attach(ctx, out); err != nil {
		cancel()
		return err
	}
	defer t.detach(cancel)
	out.Opened()
	if err := t.srv.gate.Follow(ctx); err != nil {
		return fmt.Errorf("attendance: %w", err)
	}
	return nil
}

func (t *Terminal) attach(ctx context.Context, out driver.Sink) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sink != nil {
		return fmt.Errorf("attendance: terminal %s runs already", t.opts.Serial)
	}
	t.sink, t.ctx = out, ctx
	t.tell(out)
	return nil
}

// detach ends the running uploads and waits for them: none may use the sink afterwards.
func (t *Terminal) detach(cancel context.CancelFunc) {
	t.mu.Lock()
	t.sink, t.ctx = nil, nil
	t.mu.Unlock()
	cancel()
	t.inflight.Wait()
}

// use gives the sink and a context that ends with the driver's; end must be called. ok is false while the driver does
// not run.
func (t *Terminal) use() (sink driver.Sink, ctx context.Context, end func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sink == nil {
		return nil, nil, nil, false
	}
	t.inflight.Add(1)
	return t.sink, t.ctx, t.inflight.Done, true
}

// touch notes a request of the terminal: evidence that it lives.
func (t *Terminal) touch(addr netip.Addr, poll bool, info string) {
	now := t.srv.opts.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.clock.contact
	broken := t.clock.touch(now, poll)
	t.status.Last, t.status.Addr = now, addr
	if info != "" {
		t.status.Info = info
		if i, ok := ParseInfo(info); ok {
			t.status.Says = &i
		}
	}
	t.troubles.twice = ""
	if t.twins.call(addr, now) {
		t.troubles.twice = t.twins.before.String() + ", " + t.twins.now.String()
	}
	t.commands.first(t.opts.location(), now)
	if broken {
		t.away(before, now)
	}
	if t.sink != nil {
		t.sink.Seen()
		t.tell(t.sink)
	}
}

// count changes the terminal's counters.
func (t *Terminal) count(do func(*Status)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do(&t.status)
}

// validSerial accepts what a serial number may be made of.
func validSerial(s string) bool {
	if s == "" || len(s) > maxSerial {
		return false
	}
	for _, c := range []byte(s) {
		ok := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
		if !ok {
			return false
		}
	}
	return true
}
