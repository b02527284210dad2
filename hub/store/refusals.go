package store

import (
	"context"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// MaxRefusals are kept; those seen longest ago go first.
const MaxRefusals = 1000

// Refusal is something that was turned away, and how often.
type Refusal struct {
	What   string // connection, publish, subscribe, will, record …
	Who    string // hall or user name, as far as known
	Remote string // address without the port
	Topic  string
	Reason string
	Count  uint64
	First  time.Time
	Last   time.Time
}

// NoteRefusals adds to the list; an entry that is there already counts further. Count 0 counts as 1, a zero Last is now.
func (s *Store) NoteRefusals(ctx context.Context, list []Refusal) error {
	return s.write.transact(ctx, "note refusals", func(t *tx) error {
		for _, r := range list {
			if r.Last.IsZero() {
				r.Last = s.now()
			}
			if r.First.IsZero() {
				r.First = r.Last
			}
			err := t.exec(`INSERT INTO refusals (what, who, remote, topic, reason, count, first, last) VALUES (?,?,?,?,?,?,?,?)
				ON CONFLICT (what, who, remote, topic, reason) DO UPDATE SET count = count + excluded.count, last = excluded.last`,
				cut(r.What), cut(r.Who), cut(r.Remote), cut(r.Topic), cut(r.Reason), int64(max(r.Count, 1)), micros(r.First), micros(r.Last))
			if err != nil {
				return err
			}
		}
		return t.exec("DELETE FROM refusals WHERE id IN (SELECT id FROM refusals ORDER BY last DESC, id DESC LIMIT -1 OFFSET ?)", int64(MaxRefusals))
	})
}

// NoteRefusal adds one.
func (s *Store) NoteRefusal(ctx context.Context, r Refusal) error {
	return s.NoteRefusals(ctx, []Refusal{r})
}

const maxRefusalText = 256

func cut(s string) string { return s[:min(len(s), maxRefusalText)] }

// Refusals gives what was turned away, the newest first.
func (s *Store) Refusals(ctx context.Context) ([]Refusal, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT what, who, remote, topic, reason, count, first, last FROM refusals ORDER BY last DESC, id DESC")
	if err != nil {
		return nil, wrap("refusals", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Refusal
	for rows.Next() {
		var r Refusal
		var count, first, last int64
		if err := rows.Scan(&r.What, &r.Who, &r.Remote, &r.Topic, &r.Reason, &count, &first, &last); err != nil {
			return nil, wrap("refusals", err)
		}
		r.Count, r.First, r.Last = uint64(count), fromMicros(first), fromMicros(last)
		list = append(list, r)
	}
	return list, wrap("refusals", rows.Err())
}

// PoisonRow is a record that could not be read. Seq 0: a whole batch.
type PoisonRow struct {
	Hall  hall.HallID
	Lane  hall.Lane
	Epoch uint64
	At    time.Time
	wire.Poison
}

// NotePoison keeps what could not be read of a lane.
func (s *Store) NotePoison(ctx context.Context, id hall.HallID, lane hall.Lane, epoch uint64, list []wire.Poison) error {
	return s.write.transact(ctx, "note poison", func(t *tx) error {
		r := resolver{s: s, t: t}
		return r.poison(id, lane, epoch, list)
	})
}

// Poison gives what could not be read, the newest first, at most limit.
func (s *Store) Poison(ctx context.Context, limit int) ([]PoisonRow, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT hall, lane, epoch, seq, at, reason, raw FROM poison ORDER BY id DESC LIMIT ?", limit)
	if err != nil {
		return nil, wrap("poison", err)
	}
	defer func() { _ = rows.Close() }()
	var list []PoisonRow
	for rows.Next() {
		var p PoisonRow
		var epoch, seq, at int64
		if err := rows.Scan(&p.Hall, &p.Lane, &epoch, &seq, &at, &p.Reason, &p.Raw); err != nil {
			return nil, wrap("poison", err)
		}
		p.Epoch, p.Seq, p.At = uint64(epoch), uint64(seq), fromMicros(at)
		list = append(list, p)
	}
	return list, wrap("poison", rows.Err())
}
