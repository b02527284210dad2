// Package alert turns conditions of halls into incidents: pending, firing, acknowledged, resolved. It looks at the live
// state only, so a replayed backlog can never fire "long queue now". A condition must hold for its time before it fires and
// fall under its clearing limit before it ends. A hall that is not heard keeps its incidents as they are; a lost gateway
// suppresses the incidents of its devices. Every change is stored before it is told, so a restart tells nothing twice.
package alert

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
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
	SaveIncidents(ctx context.Context, list []store.IncidentRow) error
	OpenIncidents(ctx context.Context) ([]store.IncidentRow, error)
}

// Notifier is told of incidents that fired, were acknowledged or resolved. It must not block.
type Notifier interface {
	Notify(i Incident, v live.View)
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

// DefaultFor is how long each condition must hold before it fires. A gateway is lost only after live.LostAfter anyway.
func DefaultFor() map[Rule]time.Duration {
	return map[Rule]time.Duration{QueueTooLong: 30 * time.Second, WaitTooLong: time.Minute, DeviceDown: 30 * time.Second, GatewayLost: 0}
}

// Engine keeps the incidents of every hall.
type Engine struct {
	opts Options
	mu   sync.Mutex
	open map[subject]*Incident
	done []Incident // resolved, newest last
	subs map[chan Incident]struct{}
}

// subject is what at most one open incident can be about.
type subject struct {
	hall hall.HallID
	rule Rule
	of   string
}

// New loads the open incidents: nothing is judged before they are known.
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
	e := &Engine{opts: o, open: map[subject]*Incident{}, subs: map[chan Incident]struct{}{}}
	rows, err := o.Store.OpenIncidents(ctx)
	if err != nil {
		return nil, fmt.Errorf("alert: %w", err)
	}
	for _, row := range rows {
		var i Incident
		if err := json.Unmarshal(row.Body, &i); err != nil {
			return nil, fmt.Errorf("alert: stored incident %s: %w", row.ID, err)
		}
		e.open[subject{i.Hall, i.Rule, i.Subject}] = &i
	}
	return e, nil
}

// Evaluate judges views at now. It is called when a hall changed and once a second.
func (e *Engine) Evaluate(ctx context.Context, views ...live.View) error {
	now := e.opts.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	var changed []step
	for _, v := range views {
		if v.Link == live.LinkNever {
			continue
		}
		changed = append(changed, e.judge(v, now)...)
	}
	return e.commit(ctx, changed)
}

// step is a change of an incident on its way into the store.
type step struct {
	key    subject
	next   Incident
	view   live.View
	notify bool
}

// judge gives the changes that a view brings; nothing is changed yet. The caller holds the lock.
func (e *Engine) judge(v live.View, now time.Time) (out []step) {
	lost := v.Link == live.LinkLost
	if v.Link == live.LinkLate {
		return nil // no news is no news
	}
	for _, c := range rule.Evaluate(v.State, v.Desc, !lost, e.opts.Limits, now) {
		key := subject{v.Desc.ID, Rule(c.Rule), c.Subject}
		if next, notify, ok := e.next(e.open[key], key, c, now); ok {
			next.Suppressed = false // conditions of devices are judged only while their gateway is heard
			out = append(out, step{key, next, v, notify})
		}
	}
	for key, i := range e.open {
		judged := slices.ContainsFunc(out, func(s step) bool { return s.key == key })
		if key.hall == v.Desc.ID && key.rule == DeviceDown && i.Suppressed != lost && !judged {
			next := *i
			next.Suppressed = lost
			out = append(out, step{key, next, v, false})
		}
	}
	return out
}

// next is the life of an incident: what the condition c makes of i (nil: none is open).
func (e *Engine) next(i *Incident, key subject, c rule.Condition, now time.Time) (next Incident, notify, changed bool) {
	if i == nil {
		if !c.Holds {
			return Incident{}, false, false
		}
		next = Incident{ID: newID(), Hall: key.hall, Rule: key.rule, Subject: key.of, Status: Pending, Since: now}
	} else {
		next = *i
	}
	before := next
	if c.Holds {
		next.Value, next.Limit, next.Severity, next.Reason = c.Value, c.Limit, c.Severity, c.Reason
		next.Peak = max(next.Peak, c.Value)
	}
	switch {
	case next.Status == Pending && !c.Holds:
		next.Status, next.ResolvedAt = Resolved, now // it never fired: forgotten without a word
	case next.Status == Pending && now.Sub(next.Since) >= e.opts.For[key.rule]:
		next.Status, next.FiredAt, notify = Firing, now, true
	case c.Clear && (next.Status == Firing || next.Status == Acknowledged):
		next.Status, next.ResolvedAt, notify = Resolved, now, true
	}
	quiet := i != nil && next.Status == before.Status && next.Severity == before.Severity && next.Reason == before.Reason && !risen(before, next)
	return next, notify, !quiet
}

// risen says whether a value changed enough to be worth writing down: not for every second of a growing wait.
func risen(a, b Incident) bool {
	if b.Rule == WaitTooLong {
		return b.Value >= a.Value+60
	}
	return a.Value != b.Value
}

// commit stores the changes and then lets them be true. The caller holds the lock.
func (e *Engine) commit(ctx context.Context, list []step) error {
	rows := make([]store.IncidentRow, 0, len(list))
	for _, s := range list {
		if s.next.FiredAt.IsZero() {
			continue // pending ones are not history
		}
		row, err := rowOf(s.next)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		if err := e.opts.Store.SaveIncidents(ctx, rows); err != nil {
			return fmt.Errorf("alert: %w", err)
		}
	}
	for _, s := range list {
		e.apply(s)
	}
	return nil
}

func rowOf(i Incident) (store.IncidentRow, error) {
	body, err := json.Marshal(i)
	if err != nil {
		return store.IncidentRow{}, fmt.Errorf("alert: %w", err)
	}
	return store.IncidentRow{ID: i.ID, Hall: i.Hall, Rule: string(i.Rule), Subject: i.Subject, Status: string(i.Status), Since: i.Since, Resolved: i.ResolvedAt, Body: body}, nil
}

func (e *Engine) apply(s step) {
	i := s.next
	if i.Status == Resolved {
		delete(e.open, s.key)
		if i.FiredAt.IsZero() {
			return
		}
		e.done = append(e.done, i)
		if len(e.done) > keepResolved {
			e.done = slices.Delete(e.done, 0, len(e.done)-keepResolved)
		}
	} else {
		e.open[s.key] = &i
	}
	if i.Status == Pending {
		return
	}
	e.publish(i)
	if s.notify && !i.Suppressed && e.opts.Notifier != nil {
		e.opts.Notifier.Notify(i, s.view)
	}
}

// publish tells subscribers; one that fell behind is dropped.
func (e *Engine) publish(i Incident) {
	for ch := range e.subs {
		select {
		case ch <- i:
		default:
			delete(e.subs, ch)
			close(ch)
		}
	}
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
		err := e.commit(ctx, []step{{key: key, next: next, view: live.View{Desc: hall.Hall{ID: i.Hall}}, notify: true}})
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

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}
