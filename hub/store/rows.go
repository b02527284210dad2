package store

import (
	"context"
	"database/sql"
	"time"

	"hallpulse/hall"
)

// Tickets gives tickets by the time they were first known: their issue, else their first call.
func (s *Store) Tickets(ctx context.Context, q Query) (Page[TicketRow], error) {
	const text = `SELECT at, seq, number, category, day, issued, ahead, called, calls, window, ended, outcome, level, mark
		FROM tickets WHERE`
	return list(ctx, s, "tickets", q, text, func(rows *sql.Rows, p *place) (TicketRow, error) {
		var t TicketRow
		var issued, called, ended int64
		err := rows.Scan(&p.at, &p.seq, &t.Number, &t.Category, &t.Day, &issued, &t.Ahead, &called, &t.Calls, &t.Window,
			&ended, &t.Outcome, &t.Level, &t.Mark)
		key := s.sourceKey(p.source)
		t.Hall, t.ID = key.hall, hall.TicketID{Epoch: key.epoch, Seq: uint64(p.seq)}
		t.Issued, t.Called, t.Ended = fromMicros(issued), fromMicros(called), fromMicros(ended)
		return t, err
	})
}

// Ratings gives ratings by the time of the key press.
func (s *Store) Ratings(ctx context.Context, q Query) (Page[RatingRow], error) {
	const text = `SELECT at, seq, device, window, level, key_seq, ticket_source, ticket_seq, mark FROM ratings WHERE`
	return list(ctx, s, "ratings", q, text, func(rows *sql.Rows, p *place) (RatingRow, error) {
		var r RatingRow
		var ticket, seq int64
		err := rows.Scan(&p.at, &p.seq, &r.Device, &r.Window, &r.Level, &r.KeySeq, &ticket, &seq, &r.Mark)
		key := s.sourceKey(p.source)
		r.Hall, r.Epoch, r.Seq, r.At = key.hall, key.epoch, uint64(p.seq), fromMicros(p.at)
		if ticket != 0 {
			r.Ticket = hall.TicketID{Epoch: s.sourceKey(ticket).epoch, Seq: uint64(seq)}
		}
		return r, err
	})
}

// Punches gives punches by their interpreted time.
func (s *Store) Punches(ctx context.Context, q Query) (Page[PunchRow], error) {
	const text = `SELECT at, seq, device, serial, pin, device_time, skew, status, verify, workcode, day, receive, mark
		FROM punches WHERE`
	return list(ctx, s, "punches", q, text, func(rows *sql.Rows, p *place) (PunchRow, error) {
		var r PunchRow
		var skew, receive int64
		u := &r.Punch
		err := rows.Scan(&p.at, &p.seq, &r.Device, &u.Serial, &u.PIN, &u.DeviceTime, &skew, &u.Status, &u.Verify, &u.Workcode,
			&r.Day, &receive, &r.Mark)
		key := s.sourceKey(p.source)
		r.Hall, r.Epoch, r.Seq = key.hall, key.epoch, uint64(p.seq)
		u.At, u.Skew, r.Receive = fromMicros(p.at), time.Duration(skew)*time.Microsecond, fromMicros(receive)
		return r, err
	})
}

// Passages gives passages by time.
func (s *Store) Passages(ctx context.Context, q Query) (Page[PassageRow], error) {
	const text = `SELECT at, seq, device, zone, direction, mark FROM passages WHERE`
	return list(ctx, s, "passages", q, text, func(rows *sql.Rows, p *place) (PassageRow, error) {
		var r PassageRow
		err := rows.Scan(&p.at, &p.seq, &r.Device, &r.Passage.Zone, &r.Passage.Direction, &r.Mark)
		key := s.sourceKey(p.source)
		r.Hall, r.Epoch, r.Seq, r.At = key.hall, key.epoch, uint64(p.seq), fromMicros(p.at)
		return r, err
	})
}
