// Package alert turns conditions of halls into incidents: pending, firing, acknowledged, resolved. It looks at the live
// state only, so a replayed backlog can never fire "long queue now". A condition must hold for its time before it fires and
// fall under its clearing limit before it ends. A hall that is not heard keeps its incidents as they are; a lost gateway
// suppresses the incidents of its devices. Every change is stored before it is told, together with what is to be told of
// it: a hub that dies in between tells it after its restart.
package alert

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/rule"
	"hallpulse/hub/live"
	"hallpulse/hub/store"
)

// Bounds of what is kept in memory.
const (
	keepResolved = 200
	buffer       = 256
)

// Errors of Acknowledge.
var (
	ErrUnknown = errors.New("alert: no such incident")
	ErrNotOpen = errors.New("alert: the incident is not open")
)

// Store keeps incidents.
type Store interface {
	SaveIncidents(ctx context.Context, list []store.IncidentRow, tell ...store.Notice) error
	OpenIncidents(ctx context.Context) ([]store.IncidentRow, error)
	ResolvedIncidents(ctx context.Context, limit int) ([]store.IncidentRow, error)
}

// Notice is a message about an incident, as it waits in the store for its receiver.
type Notice = store.Notice

// Notifier tells of incidents that fired, were acknowledged or resolved.
type Notifier interface {
	// Word makes the message about a change; it is stored together with the change.
	Word(i Incident, d hall.Hall) (Notice, error)
	// Wake says that there are new ones in the store. It must not block.
	Wake()
}

// Options of an engine. Store is required.
type Options struct {
	Store    Store
	Notifier Notifier               // nil: nobody
	Limits   rule.Limits            // of the county; zero fields: defaults
	For      map[Rule]time.Duration // how long a condition must hold; missing rules: DefaultFor
	Now      func() time.Time       // nil: time.Now
	Logger   *slog.Logger           // nil: discard
}

// DefaultFor is how long each condition must hold before it fires. A lost gateway counts from its last word: one that is
// silent is known to be lost only after live.LostAfter and then fires at once, one that said goodbye has time to start again.
func DefaultFor() map[Rule]time.Duration {
	return map[Rule]time.Duration{QueueTooLong: 30 * time.Second, WaitTooLong: time.Minute, DeviceDown: 30 * time.Second, GatewayLost: 10 * time.Second}
}

// Engine keeps the incidents of every hall.
type Engine struct {
	opts    Options
	started time.Time
	mu      sync.Mutex
	open    map[subject]*Incident
	done    []Incident                // resolved, newest last
	descs   map[hall.HallID]hall.Hall // as they were last seen, for the words of a message
	subs    map[chan Incident]struct{}
}

// subject is what at most one open incident can be about.
type subject struct {
	hall hall.HallID
	rule Rule
	of   string
}

// New loads the open incidents: nothing is judged before they are known. It also loads the latest resolved ones.
func New(ctx context.Context, o Options) (*Engine, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	limits := DefaultFor()
	for r, d := range o.For {
		limits[r] = d
	}
	o.For, o.Limits = limits, o.Limits.WithDefaults()
	e := &Engine{opts: o, started: o.Now(), open: map[subject]*Incident{}, descs: map[hall.HallID]hall.Hall{}, subs: map[chan Incident]struct{}{}}
	return e, e.load(ctx)
}

func (e *Engine) load(ctx context.Context) error {
	open, err := e.opts.Store.OpenIncidents(ctx)
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	for _, row := range open {
		i, err := incidentOf(row)
		if err != nil {
			return err
		}
		e.open[subject{i.Hall, i.Rule, i.Subject}] = &i
	}
	done, err := e.opts.Store.ResolvedIncidents(ctx, keepResolved)
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	for _, row := range slices.Backward(done) {
		i, err := incidentOf(row)
		if err != nil {
			return err
		}
		e.done = append(e.done, i)
	}
	return nil
}

func incidentOf(row store.IncidentRow) (Incident, error) {
	var i Incident
	if err := json.Unmarshal(row.Body, &i); err != nil {
		return i, fmt.Errorf("alert: stored incident %s: %w", row.ID, err)
	}
	return i, nil
}

// Evaluate judges views at now. It is called when a hall changed and once a second.
func (e *Engine) Evaluate(ctx context.Context, views ...live.View) error {
	now := e.opts.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	var changed []step
	for _, v := range views {
		e.descs[v.Desc.ID] = v.Desc
		changed = append(changed, e.judge(v, now)...)
	}
	return e.commit(ctx, changed)
}

// List gives the open incidents, worst and oldest first, and then the latest resolved ones, newest first.
func (e *Engine) List() []Incident {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Incident
	for _, i := range e.open {
		if i.Status != Pending {
			out = append(out, *i)
		}
	}
	slices.SortFunc(out, func(a, b Incident) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	for _, i := range slices.Backward(e.done) {
		out = append(out, i)
	}
	return out
}

// Acknowledge notes that somebody took an incident.
func (e *Engine) Acknowledge(ctx context.Context, id, by string) (Incident, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key, i := range e.open {
		if i.ID != id {
			continue
		}
		if i.Status != Firing {
			return *i, ErrNotOpen
		}
		next := *i
		next.Status, next.AcknowledgedAt, next.AcknowledgedBy = Acknowledged, e.opts.Now(), by
		err := e.commit(ctx, []step{{key: key, next: next, notify: true}})
		return next, err
	}
	for _, i := range e.done {
		if i.ID == id {
			return i, ErrNotOpen
		}
	}
	return Incident{}, ErrUnknown
}

// Subscribe gives every change of an incident from now on. The channel is closed when the reader falls behind.
func (e *Engine) Subscribe() (events <-chan Incident, cancel func()) {
	ch := make(chan Incident, buffer)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.subs[ch] = struct{}{}
	return ch, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if _, ok := e.subs[ch]; ok {
			delete(e.subs, ch)
			close(ch)
		}
	}
}

// Views gives what halls say now.
type Views interface {
	All() []live.View
	Subscribe() (initial []live.View, events <-chan live.Event, cancel func())
}

// Run judges every change and, once a second, every hall, until ctx ends. A store that fails is tried again a second later:
// nothing is told before it is stored.
func (e *Engine) Run(ctx context.Context, views Views) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	_, events, cancel := views.Subscribe()
	defer func() { cancel() }()
	failing := false
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case ev, ok := <-events:
			if !ok {
				_, events, cancel = views.Subscribe()
				continue
			}
			err = e.Evaluate(ctx, ev.View)
		case <-tick.C:
			err = e.Evaluate(ctx, views.All()...)
		}
		if (err != nil) != failing {
			failing = err != nil
			e.opts.Logger.Warn("alerts cannot be stored", "failing", failing, "err", err)
		}
	}
}
