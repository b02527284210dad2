package store

import (
	"context"
	"database/sql"
	"errors"

	"hallpulse/hall"
)

// Position is how far a lane of a journal is stored: Seq is the last record.
type Position struct {
	Hall  hall.HallID
	Lane  hall.Lane
	Epoch uint64
	Seq   uint64
}

// Position gives the journal in use by a hall and how far its lane is stored; zeros for a hall that was never heard.
func (s *Store) Position(ctx context.Context, id hall.HallID, lane hall.Lane) (epoch, seq uint64, err error) {
	var e, n int64
	err = s.read.QueryRowContext(ctx, `SELECT s.epoch, COALESCE(p.seq, 0) FROM halls h JOIN sources s ON s.id = h.source
		LEFT JOIN positions p ON p.source = s.id AND p.lane = ? WHERE h.hall = ?`, int64(lane), string(id)).Scan(&e, &n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	return uint64(e), uint64(n), wrap("position", err)
}

// PositionOf gives how far a lane of one journal of a hall is stored, in use or not; 0: nothing.
func (s *Store) PositionOf(ctx context.Context, id hall.HallID, lane hall.Lane, epoch uint64) (uint64, error) {
	var n int64
	err := s.read.QueryRowContext(ctx, `SELECT p.seq FROM sources s JOIN positions p ON p.source = s.id AND p.lane = ?
		WHERE s.hall = ? AND s.epoch = ?`, int64(lane), string(id), int64(epoch)).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return uint64(n), wrap("position", err)
}

const putPosition = `INSERT INTO positions (source, lane, seq) VALUES (?,?,?)
	ON CONFLICT (source, lane) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > seq`

// CommitPositions stores how far lanes were stored elsewhere, in one transaction. A position never goes back.
func (s *Store) CommitPositions(ctx context.Context, list []Position) error {
	return s.CommitReadings(ctx, list, nil)
}

// Loss tells of records that a journal no longer held when their turn came: First to Last, both included.
type Loss struct {
	Hall  hall.HallID
	Lane  hall.Lane
	Epoch uint64
	First uint64
	Last  uint64
	Gap   hall.Gap // times of the records around it, as far as known
}

// CommitReadings is CommitPositions with the losses found on the way.
func (s *Store) CommitReadings(ctx context.Context, list []Position, lost []Loss) error {
	if len(list) == 0 && len(lost) == 0 {
		return nil
	}
	r := resolver{s: s}
	err := s.write.transact(ctx, "commit positions", func(t *tx) error {
		r.t, r.fresh = t, nil
		for _, p := range list {
			src, err := r.source(p.Hall, p.Epoch)
			if err != nil {
				return err
			}
			if err := t.exec(putPosition, src, int64(p.Lane), int64(p.Seq)); err != nil {
				return err
			}
		}
		return r.losses(lost)
	})
	if err == nil {
		s.committed(r.fresh)
	}
	return err
}

func (r *resolver) losses(lost []Loss) error {
	for _, l := range lost {
		src, err := r.source(l.Hall, l.Epoch)
		if err != nil {
			return err
		}
		err = r.t.exec(`INSERT INTO losses (source, lane, first, last, since, until) VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
			src, int64(l.Lane), int64(l.First), int64(l.Last), micros(l.Gap.From), micros(l.Gap.To))
		if err != nil {
			return err
		}
	}
	return nil
}

// Losses gives every loss of a hall, of all its journals.
func (s *Store) Losses(ctx context.Context, id hall.HallID) ([]Loss, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT s.epoch, l.lane, l.first, l.last, l.since, l.until FROM losses l
		JOIN sources s ON s.id = l.source WHERE s.hall = ? ORDER BY l.source, l.lane, l.first`, string(id))
	if err != nil {
		return nil, wrap("losses", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Loss
	for rows.Next() {
		l := Loss{Hall: id, Gap: hall.Gap{Reason: ReasonLost}}
		var epoch, first, last, since, until int64
		if err := rows.Scan(&epoch, &l.Lane, &first, &last, &since, &until); err != nil {
			return nil, wrap("losses", err)
		}
		l.Epoch, l.First, l.Last = uint64(epoch), uint64(first), uint64(last)
		l.Gap.From, l.Gap.To = fromMicros(since), fromMicros(until)
		list = append(list, l)
	}
	return list, wrap("losses", rows.Err())
}

// ReasonLost is the reason of a gap that stands for records nobody holds any more.
const ReasonLost = "lost_records"
