package reconcile

import (
	"context"
	"fmt"

	"hallpulse/hall"
	"hallpulse/hub/store"
)

// Rows compares what facts were taken to mean with the facts.
type Rows struct {
	Table string `json:"table"`
	Rows  int    `json:"rows"`
	Want  int    `json:"want"` // by the facts
}

// interpreted compares the derived tables with the facts: a ticket for each issue, a punch for each that differs, a passage
// for each passage, and no row more.
func interpreted(ctx context.Context, db *store.Store, facts []store.FactRow) ([]Rows, error) {
	tickets, err := all(ctx, db.Tickets)
	if err != nil {
		return nil, err
	}
	punches, err := all(ctx, db.Punches)
	if err != nil {
		return nil, err
	}
	passages, err := all(ctx, db.Passages)
	if err != nil {
		return nil, err
	}
	issued := 0
	for i := range tickets {
		if !tickets[i].Issued.IsZero() {
			issued++
		}
	}
	count, distinct := map[hall.FactKind]int{}, map[string]bool{}
	for i := range facts {
		f := &facts[i]
		count[f.Kind]++
		if p := f.Punch; p != nil {
			distinct[fmt.Sprintf("%q", []string{string(f.Hall), p.Serial, string(p.PIN), p.DeviceTime, fmt.Sprint(p.Status, p.Verify)})] = true
		}
	}
	return []Rows{
		{"tickets", issued, count[hall.KindTicket]}, {"punches", len(punches), len(distinct)}, {"passages", len(passages), count[hall.KindPassage]},
	}, nil
}

// all reads every page of a table.
func all[T any](ctx context.Context, page func(context.Context, store.Query) (store.Page[T], error)) ([]T, error) {
	var out []T
	q := store.Query{Limit: store.MaxLimit}
	for {
		p, err := page(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("reconcile: %w", err)
		}
		out = append(out, p.Items...)
		if p.Next == "" {
			return out, nil
		}
		q.Cursor = p.Next
	}
}
