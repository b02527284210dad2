package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"hallpulse/hall"
)

// IncidentRow is an incident as its owner wrote it in Body, with what it is found by.
type IncidentRow struct {
	ID       string
	Hall     hall.HallID
	Rule     string
	Subject  string
	Status   string
	Since    time.Time
	Resolved time.Time // zero: open
	Body     []byte
}

// SaveIncidents stores new incidents and new versions of old ones, with what is to be told of them, in one transaction.
func (s *Store) SaveIncidents(ctx context.Context, list []IncidentRow, tell ...Notice) error {
	if len(list) == 0 && len(tell) == 0 {
		return nil
	}
	return s.write.transact(ctx, "save incidents", func(t *tx) error {
		for _, i := range list {
			if i.Body == nil {
				i.Body = []byte{}
			}
			err := t.exec("INSERT OR REPLACE INTO incidents (id, hall, rule, subject, status, since, resolved, body) VALUES (?,?,?,?,?,?,?,?)",
				i.ID, string(i.Hall), i.Rule, i.Subject, i.Status, micros(i.Since), micros(i.Resolved), i.Body)
			if err != nil {
				return err
			}
		}
		return t.notices(s.now(), tell)
	})
}

const incidentColumns = "SELECT id, hall, rule, subject, status, since, resolved, body FROM incidents "

// OpenIncidents gives those that are not resolved, the oldest first.
func (s *Store) OpenIncidents(ctx context.Context) ([]IncidentRow, error) {
	return s.incidents(ctx, incidentColumns+"WHERE resolved = 0 ORDER BY since, id")
}

// ResolvedIncidents gives the latest resolved ones, the last to end first.
func (s *Store) ResolvedIncidents(ctx context.Context, limit int) ([]IncidentRow, error) {
	return s.incidents(ctx, incidentColumns+"WHERE resolved > 0 ORDER BY resolved DESC, id LIMIT ?", limit)
}

// Incidents gives incidents by the time they began, the newest first.
func (s *Store) Incidents(ctx context.Context, q Query) (Page[IncidentRow], error) {
	where, args := []string{"1"}, []any{}
	if q.Halls != nil {
		where = append(where, "hall IN (NULL"+strings.Repeat(",?", len(q.Halls))+")")
		for _, h := range q.Halls {
			args = append(args, string(h))
		}
	}
	if !q.From.IsZero() {
		where, args = append(where, "since >= ?"), append(args, q.From.UnixMicro())
	}
	if !q.To.IsZero() {
		where, args = append(where, "since < ?"), append(args, ceilMicros(q.To))
	}
	if q.Cursor != "" {
		since, id, ok := strings.Cut(q.Cursor, ".")
		var us int64
		if _, err := fmt.Sscanf(since, "%d", &us); err != nil || !ok {
			return Page[IncidentRow]{}, fmt.Errorf("store: incidents: %w", ErrCursor)
		}
		where, args = append(where, "(since, id) < (?, ?)"), append(args, us, id)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	text := incidentColumns + "WHERE " + strings.Join(where, " AND ") + " ORDER BY since DESC, id DESC LIMIT ?"
	items, err := s.incidents(ctx, text, append(args, limit+1)...)
	p := Page[IncidentRow]{Items: items}
	if len(items) > limit {
		p.Items = slices.Clip(items[:limit])
		last := p.Items[limit-1]
		p.Next = fmt.Sprintf("%d.%s", micros(last.Since), last.ID)
	}
	return p, err
}

func (s *Store) incidents(ctx context.Context, text string, args ...any) ([]IncidentRow, error) {
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, wrap("incidents", err)
	}
	return scanIncidents(rows)
}

func scanIncidents(rows *sql.Rows) ([]IncidentRow, error) {
	defer func() { _ = rows.Close() }()
	list := []IncidentRow{}
	for rows.Next() {
		var i IncidentRow
		var since, resolved int64
		if err := rows.Scan(&i.ID, &i.Hall, &i.Rule, &i.Subject, &i.Status, &since, &resolved, &i.Body); err != nil {
			return nil, wrap("incidents", err)
		}
		i.Since, i.Resolved = fromMicros(since), fromMicros(resolved)
		list = append(list, i)
	}
	return list, wrap("incidents", rows.Err())
}
