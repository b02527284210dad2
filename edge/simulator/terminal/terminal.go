// Package terminal is a simulated attendance terminal that speaks the ZKTeco attendance PUSH protocol as a client, as
// the real ones do: it keeps its punches until the server has answered "OK: n" with the right n, posts them at once,
// polls for commands, and on demand shows the faults seen in the field. It shares no code with the gateway's driver.
package terminal

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options of a simulated terminal.
type Options struct {
	Serial   string
	Server   string           // base address, e.g. http://127.0.0.1:8081
	Prefix   string           // of the paths; empty: /iclock. "-": none
	Suffix   string           // of the paths, e.g. .aspx
	Location *time.Location   // zone of its wall clock; nil: UTC+8
	Now      func() time.Time // true time; nil: time.Now
	Poll     time.Duration    // between two polls; 0: 10 s
	Retry    time.Duration    // after a failure; 0: 5 s
	Batch    int              // most lines in a post; 0: 10,000
	Local    string           // its own address, e.g. 127.0.0.2, so that two can have one serial number; empty: the system's choice
}

// Faults of a terminal, all off at first. The counters go down with each use.
type Faults struct {
	ClockOff   time.Duration // its clock is this far ahead: a wrong zone, a day
	ClockReset bool          // its clock begins at 2000-01-01, as after a flat battery
	Keep       int           // punches that are stored and not sent by themselves
	CRLF       bool          // lines end with CR LF
	Spaces     bool          // columns divided by spaces
	Columns    int           // this many columns; 0: 7
	NoLastLF   bool          // the last line has no end
	Names      bool          // an OPERLOG post with user names in GBK before each post of punches
	EmptyOper  bool          // an empty OPERLOG post before each post of punches
	BadDate    bool          // a line with an impossible date in each post
	Resend     int           // acknowledged posts that are sent again
	CutBodies  int           // posts cut in the middle
	Handshakes bool          // a handshake before every request
	Return     int           // what commands are answered with
	Mute       bool          // commands are never answered
}

// Record is a punch as the terminal holds it.
type Record struct {
	PIN            string
	Time           string // its wall clock
	Status, Verify int
}

// Terminal is one simulated terminal. Its memory lives as long as the value.
type Terminal struct {
	o      Options
	client *http.Client
	wake   chan struct{}

	mu      sync.Mutex
	memory  []Record
	sent    int // of memory: acknowledged
	faults  Faults
	opers   []string // lines of the audit log, not acknowledged
	born    time.Time
	offline bool
	hello   bool
	options map[string]string
	log     []string
	extra   [][]Record // queried ranges still to be posted
	changed chan struct{}
}

// capacity is how many punches the terminal holds; older acknowledged ones are forgotten.
const capacity = 100_000

// New prepares a terminal.
func New(o Options) *Terminal {
	switch o.Prefix {
	case "":
		o.Prefix = "/iclock"
	case "-":
		o.Prefix = ""
	}
	if o.Location == nil {
		o.Location = time.FixedZone("UTC+8", 8*3600)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Poll, o.Retry = orElse(o.Poll, 10*time.Second), orElse(o.Retry, 5*time.Second)
	if o.Batch <= 0 {
		o.Batch = 10_000
	}
	return &Terminal{o: o, wake: make(chan struct{}, 1), changed: make(chan struct{}), born: o.Now(),
		client: &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialer(o.Local).DialContext},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Punch records a person at the terminal's wall clock and gives the record.
func (t *Terminal) Punch(pin string, status, verify int) Record {
	t.mu.Lock()
	r := Record{PIN: pin, Time: t.wall(), Status: status, Verify: verify}
	if t.faults.Keep > 0 && t.sent == len(t.memory) { // it believes to have sent it
		t.faults.Keep--
		t.sent++
	}
	t.store(r)
	t.mu.Unlock()
	t.nudge()
	return r
}

// Load puts records into the memory as if they had been made while the line was down.
func (t *Terminal) Load(records ...Record) {
	t.mu.Lock()
	for _, r := range records {
		t.store(r)
	}
	t.mu.Unlock()
	t.nudge()
}

func (t *Terminal) store(r Record) {
	if len(t.memory) >= capacity && t.sent > 0 {
		t.memory = slices.Delete(t.memory, 0, 1)
		t.sent--
	}
	t.memory = append(t.memory, r)
}

// Offline pulls the network cable or puts it back.
func (t *Terminal) Offline(off bool) {
	t.mu.Lock()
	t.offline = off
	t.mu.Unlock()
	t.nudge()
}

// SetFaults replaces the faults.
func (t *Terminal) SetFaults(f Faults) {
	t.mu.Lock()
	t.faults = f
	t.mu.Unlock()
	t.nudge()
}

// Memory gives the punches held, oldest first.
func (t *Terminal) Memory() []Record {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.memory)
}

// Unsent gives the number of punches not acknowledged.
func (t *Terminal) Unsent() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.memory) - t.sent
}

// Commands gives the commands the server sent, oldest first.
func (t *Terminal) Commands() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.log)
}

// Handshake gives the options of the last handshake, nil before.
func (t *Terminal) Handshake() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.options
}

// Drained waits until every punch is acknowledged and nothing queried is left to post.
func (t *Terminal) Drained(ctx context.Context) error {
	return t.until(ctx, func() bool {
		return t.sent == len(t.memory) && len(t.extra) == 0 && len(t.opers) == 0 && t.faults.Resend == 0
	})
}

// Told waits until the server has sent at least n commands.
func (t *Terminal) Told(ctx context.Context, n int) error {
	return t.until(ctx, func() bool { return len(t.log) >= n })
}

func (t *Terminal) until(ctx context.Context, good func() bool) error {
	for {
		t.mu.Lock()
		ok, changed := good(), t.changed
		t.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("terminal: %w", ctx.Err())
		case <-changed:
		}
	}
}

// update changes the state and wakes those that wait for it.
func (t *Terminal) update(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *Terminal) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}
