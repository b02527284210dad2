package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"hallpulse/hall"
	"hallpulse/hub/store"
)

// commit stores the changes, with what is to be told of them, and then lets them be true. The caller holds the lock.
func (e *Engine) commit(ctx context.Context, list []step) error {
	var rows []store.IncidentRow
	var tell []Notice
	for _, s := range list {
		if s.next.FiredAt.IsZero() {
			continue // pending ones are not history
		}
		row, err := rowOf(s.next)
		if err != nil {
			return err
		}
		rows = append(rows, row)
		if n, ok := e.word(s); ok {
			tell = append(tell, n)
		}
	}
	if len(rows) > 0 {
		if err := e.opts.Store.SaveIncidents(ctx, rows, tell...); err != nil {
			return fmt.Errorf("alert: %w", err)
		}
	}
	for _, s := range list {
		e.apply(s)
	}
	if len(tell) > 0 {
		e.opts.Notifier.Wake()
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

// word gives the message about a change, where there is one. A message that cannot be made stops no alert.
func (e *Engine) word(s step) (Notice, bool) {
	if e.opts.Notifier == nil || !s.notify || s.next.Suppressed {
		return Notice{}, false
	}
	desc, ok := e.descs[s.next.Hall]
	if !ok {
		desc = hall.Hall{ID: s.next.Hall}
	}
	n, err := e.opts.Notifier.Word(s.next, desc)
	if err != nil {
		e.opts.Logger.Error("alert: an incident cannot be told", "id", s.next.ID, "error", err)
	}
	return n, err == nil
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
	if i.Status != Pending {
		e.publish(i)
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
