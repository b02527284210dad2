package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"
)

// Limits of a page.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// place is where a row stands in a list: by time, then source, then sequence. It is what a cursor holds.
type place struct {
	at     int64
	source int64
	seq    int64
}

func (p place) compare(o place) int {
	for _, d := range [...][2]int64{{p.at, o.at}, {p.source, o.source}, {p.seq, o.seq}} {
		if d[0] != d[1] {
			if d[0] < d[1] {
				return -1
			}
			return 1
		}
	}
	return 0
}

func (p place) cursor() string {
	b := binary.AppendVarint(nil, p.at)
	b = binary.AppendVarint(b, p.source)
	return base64.RawURLEncoding.EncodeToString(binary.AppendVarint(b, p.seq))
}

func parseCursor(s string) (place, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return place{}, ErrCursor
	}
	var p place
	for _, into := range [...]*int64{&p.at, &p.source, &p.seq} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return place{}, ErrCursor
		}
		*into, b = v, b[n:]
	}
	if len(b) > 0 {
		return place{}, ErrCursor
	}
	return p, nil
}

// listing is a Query turned into what the tables are asked. Each source is asked by itself along its own index, and what
// they give is merged: a page costs the same in the first month and in the tenth year.
type listing[T any] struct {
	ask   *sql.Stmt
	scan  func(rows *sql.Rows, p *place) (T, error)
	after place
	from  int64
	to    int64
	limit int
	found []entry[T]
}

type entry[T any] struct {
	place place
	item  T
}

// list answers q. text is columns and table, WHERE, and further conditions ending in AND; the columns begin with at, seq.
func list[T any](ctx context.Context, s *Store, what string, q Query, text string, scan func(*sql.Rows, *place) (T, error)) (Page[T], error) {
	l := listing[T]{scan: scan, from: math.MinInt64, to: math.MaxInt64, limit: q.Limit}
	l.after = place{at: math.MinInt64, source: math.MinInt64}
	if q.Cursor != "" {
		p, err := parseCursor(q.Cursor)
		if err != nil {
			return Page[T]{}, fmt.Errorf("store: %s: %w", what, err)
		}
		l.after = p
	}
	if !q.From.IsZero() {
		l.from = q.From.UnixMicro()
	}
	if !q.To.IsZero() {
		l.to = ceilMicros(q.To)
	}
	if l.limit <= 0 {
		l.limit = DefaultLimit
	}
	l.limit = min(l.limit, MaxLimit)
	if err := l.gather(ctx, s, text, s.sourcesOf(q.Halls)); err != nil {
		return Page[T]{}, wrap(what, err)
	}
	return l.page(), nil
}

func (l *listing[T]) gather(ctx context.Context, s *Store, text string, sources []int64) error {
	if len(sources) == 0 {
		return nil
	}
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	l.ask, err = conn.PrepareContext(ctx, text+` source = ? AND (at, seq) > (?, ?) AND at < ?
		ORDER BY at, seq LIMIT ?`)
	if err != nil {
		return err
	}
	defer func() { _ = l.ask.Close() }()
	for _, src := range sources {
		if err := l.take(ctx, src); err != nil {
			return err
		}
	}
	return nil
}

// ceilMicros keeps an exclusive bound exclusive when it lies between two microseconds.
func ceilMicros(t time.Time) int64 {
	us := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		us++
	}
	return us
}

// take takes from one source the rows that may stand on the page, given what the others had.
func (l *listing[T]) take(ctx context.Context, src int64) error {
	at, seq, end := l.after.at, l.after.seq, l.to
	switch {
	case src < l.after.source:
		seq = math.MaxInt64 // rows of the cursor's own instant came before it
	case src > l.after.source:
		seq = math.MinInt64
	}
	if l.from > at {
		at, seq = l.from-1, math.MaxInt64
	}
	if len(l.found) > l.limit {
		end = min(end, l.found[l.limit].place.at+1)
	}
	rows, err := l.ask.QueryContext(ctx, src, at, seq, end, l.limit+1)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		p := place{source: src}
		item, err := l.scan(rows, &p)
		if err != nil {
			return err
		}
		l.found = append(l.found, entry[T]{p, item})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	sort.SliceStable(l.found, func(i, j int) bool { return l.found[i].place.compare(l.found[j].place) < 0 })
	l.found = l.found[:min(len(l.found), l.limit+1)]
	return nil
}

func (l *listing[T]) page() Page[T] {
	var p Page[T]
	if len(l.found) > l.limit {
		l.found = l.found[:l.limit]
		p.Next = l.found[l.limit-1].place.cursor()
	}
	p.Items = slices.Grow([]T{}, len(l.found))
	for _, e := range l.found {
		p.Items = append(p.Items, e.item)
	}
	return p
}
