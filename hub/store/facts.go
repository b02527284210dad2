package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// Facts gives facts as they were stored, by time. kinds: nil is every kind.
func (s *Store) Facts(ctx context.Context, q Query, kinds []hall.FactKind) (Page[FactRow], error) {
	text := "SELECT at, seq, record FROM facts WHERE"
	if len(kinds) == 1 && kinds[0] == hall.KindGap {
		text += " kind = 8 AND" // as facts_gap says it
	} else if kinds != nil {
		words := []string{"-1"}
		for _, k := range kinds {
			words = append(words, strconv.Itoa(int(k)))
		}
		text += " kind IN (" + strings.Join(words, ",") + ") AND"
	}
	return list(ctx, s, "facts", q, text, s.scanFact)
}

// Gaps gives the facts of hall.KindGap: while no device was read, and records that were lost (ReasonLost), whose
// sequence is that of the first lost one.
func (s *Store) Gaps(ctx context.Context, q Query) (Page[FactRow], error) {
	return s.Facts(ctx, q, []hall.FactKind{hall.KindGap})
}

func (s *Store) scanFact(rows *sql.Rows, p *place) (FactRow, error) {
	var record []byte
	if err := rows.Scan(&p.at, &p.seq, &record); err != nil {
		return FactRow{}, err
	}
	key := s.sourceKey(p.source)
	r := FactRow{Hall: key.hall, Epoch: key.epoch}
	f, err := wire.DecodeFact(record)
	if err != nil {
		return r, fmt.Errorf("fact %d/%d: %w", key.epoch, p.seq, err)
	}
	r.Fact = f
	r.Seq = uint64(p.seq)
	return r, nil
}

// LatestFact gives the time of the latest fact of a hall; ok is false when it has none.
func (s *Store) LatestFact(ctx context.Context, id hall.HallID) (at time.Time, ok bool, err error) {
	for _, src := range s.sourcesOf([]hall.HallID{id}) {
		var us sql.NullInt64
		if err := s.read.QueryRowContext(ctx, "SELECT max(at) FROM facts WHERE source = ?", src).Scan(&us); err != nil {
			return time.Time{}, false, wrap("latest fact", err)
		}
		if us.Valid && (!ok || us.Int64 > at.UnixMicro()) {
			at, ok = fromMicros(us.Int64), true
		}
	}
	return at, ok, nil
}

// DayStart gives the first record of a hall at or after bound, the beginning of a business day: a book is rebuilt from
// there. ok is false when there is none.
func (s *Store) DayStart(ctx context.Context, id hall.HallID, bound time.Time) (epoch, seq uint64, ok bool, err error) {
	for _, src := range s.sourcesOf([]hall.HallID{id}) {
		var n sql.NullInt64
		err := s.read.QueryRowContext(ctx, "SELECT min(seq) FROM facts WHERE source = ? AND at >= ?", src, micros(bound)).Scan(&n)
		if err != nil {
			return 0, 0, false, wrap("day start", err)
		}
		if n.Valid {
			return s.sourceKey(src).epoch, uint64(n.Int64), true, nil
		}
	}
	return 0, 0, false, nil
}

// FactsSince gives the facts of a hall in the order of its journals, from one record of one of them to the newest of all.
// An error of fn ends it and is given back.
func (s *Store) FactsSince(ctx context.Context, id hall.HallID, epoch, fromSeq uint64, fn func(epoch uint64, f hall.Fact) error) error {
	first, ok := s.source(id, epoch)
	if !ok {
		return fmt.Errorf("store: facts since: journal: %w", ErrNotFound)
	}
	for _, src := range s.sourcesOf([]hall.HallID{id}) {
		if src < first {
			continue
		}
		if err := s.factsOf(ctx, src, fromSeq, fn); err != nil {
			return err
		}
		fromSeq = 0
	}
	return nil
}

func (s *Store) factsOf(ctx context.Context, src int64, fromSeq uint64, fn func(uint64, hall.Fact) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT at, seq, record FROM facts WHERE source = ? AND seq >= ? ORDER BY seq", src, int64(fromSeq))
	if err != nil {
		return wrap("facts since", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		p := place{source: src}
		row, err := s.scanFact(rows, &p)
		if errors.Is(err, wire.ErrMalformed) || errors.Is(err, wire.ErrTooLarge) {
			s.log.Warn("store: a stored fact cannot be read", "hall", row.Hall, "error", err)
			continue
		}
		if err != nil {
			return wrap("facts since", err)
		}
		if err := fn(row.Epoch, row.Fact); err != nil {
			return err
		}
	}
	return wrap("facts since", rows.Err())
}
