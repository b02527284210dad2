package store

import (
	"context"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// Commit is what a group of halls sent, to be stored in one transaction.
type Commit struct{ Halls []HallCommit }

// HallCommit is what one hall sent of one journal. Facts are in order; Changes are what they changed in the book, each
// row at most once.
type HallCommit struct {
	Hall    hall.HallID
	Epoch   uint64
	Seq     uint64 // the new position of the facts lane
	Facts   []hall.Fact
	Changes hall.Changes
	Lost    []Loss
	Poison  []wire.Poison
}

// maxPoison rows are kept; the oldest go first.
const maxPoison = 10_000

// Commit stores everything of c and syncs it, or nothing. A fact that is there already stays as it is.
func (s *Store) Commit(ctx context.Context, c Commit) error {
	r := resolver{s: s}
	err := s.write.transact(ctx, "commit", func(t *tx) error {
		r.t, r.fresh = t, nil
		for i := range c.Halls {
			if err := r.hall(&c.Halls[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.committed(r.fresh)
	}
	return err
}

func (r *resolver) hall(h *HallCommit) error {
	src, err := r.source(h.Hall, h.Epoch)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return r.facts(src, h.Facts) },
		func() error { return r.tickets(h.Hall, h.Changes.Tickets) },
		func() error { return r.ratings(h.Hall, src, h.Changes.Ratings) },
		func() error { return r.punches(src, h.Changes.Punches) },
		func() error { return r.passages(src, h.Changes.Passages) },
		func() error { return r.devices(src, h.Changes.Devices) },
		func() error { return r.losses(h.Lost) },
		func() error { return r.poison(h.Hall, hall.Facts, h.Epoch, h.Poison) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return r.t.exec(putPosition, src, int64(hall.Facts), int64(h.Seq))
}

var factTable = newTable("facts (source, seq, kind, at, record)", "ON CONFLICT DO NOTHING")

func (r *resolver) facts(src int64, facts []hall.Fact) error {
	return r.t.insert(factTable, len(facts), func(row []any, i int) error {
		f := &facts[i]
		record, err := encode(f)
		if err != nil {
			return err
		}
		row[0], row[1], row[2], row[3], row[4] = src, int64(f.Seq), int64(f.Kind), micros(f.At.Wall), record
		return nil
	})
}

// encode gives the record of a fact; one that cannot be encoded is stored as a refusal, so that it blocks nobody.
func encode(f *hall.Fact) ([]byte, error) {
	record, err := wire.EncodeFact(*f)
	if err == nil {
		return record, nil
	}
	return wire.EncodeFact(wire.Refused(f.Seq, f.At, err.Error(), f.Raw))
}

var ticketTable = newTable(
	"tickets (source, seq, at, number, category, day, issued, ahead, called, calls, window, ended, outcome, level, mark)",
	`ON CONFLICT (source, seq) DO UPDATE SET number = excluded.number, category = excluded.category, day = excluded.day,
	issued = excluded.issued, ahead = excluded.ahead, called = excluded.called, calls = excluded.calls,
	window = excluded.window, ended = excluded.ended, outcome = excluded.outcome, level = excluded.level, mark = excluded.mark`)

func (r *resolver) tickets(id hall.HallID, list []hall.Ticket) error {
	return r.t.insert(ticketTable, len(list), func(row []any, i int) error {
		t := &list[i]
		src, err := r.source(id, t.ID.Epoch)
		if err != nil {
			return err
		}
		at := t.Issued
		if at.IsZero() {
			at = t.Called
		}
		if at.IsZero() {
			at = t.Ended
		}
		row[0], row[1], row[2] = src, int64(t.ID.Seq), micros(at)
		row[3], row[4], row[5] = t.Number, string(t.Category), t.Day
		row[6], row[7], row[8], row[9] = micros(t.Issued), int64(t.Ahead), micros(t.Called), int64(t.Calls)
		row[10], row[11], row[12] = string(t.Window), micros(t.Ended), int64(t.Outcome)
		row[13], row[14] = int64(t.Level), int64(t.Mark)
		return nil
	})
}

var ratingTable = newTable(
	"ratings (source, seq, at, device, window, level, key_seq, ticket_source, ticket_seq, mark)",
	`ON CONFLICT (source, seq) DO UPDATE SET level = excluded.level, window = excluded.window,
	ticket_source = excluded.ticket_source, ticket_seq = excluded.ticket_seq, mark = excluded.mark`)

func (r *resolver) ratings(id hall.HallID, src int64, list []hall.RatingEntry) error {
	return r.t.insert(ratingTable, len(list), func(row []any, i int) error {
		e := &list[i]
		var ticket int64
		if e.Ticket != (hall.TicketID{}) {
			n, err := r.source(id, e.Ticket.Epoch)
			if err != nil {
				return err
			}
			ticket = n
		}
		row[0], row[1], row[2], row[3], row[4] = src, int64(e.Seq), micros(e.At), string(e.Device), string(e.Window)
		row[5], row[6], row[7], row[8], row[9] = int64(e.Level), int64(e.KeySeq), ticket, int64(e.Ticket.Seq), int64(e.Mark)
		return nil
	})
}

var punchTable = newTable(
	"punches (source, seq, at, device, serial, pin, device_time, skew, status, verify, workcode, day, receive, mark)",
	"ON CONFLICT DO NOTHING")

func (r *resolver) punches(src int64, list []hall.PunchEntry) error {
	return r.t.insert(punchTable, len(list), func(row []any, i int) error {
		e := &list[i]
		p := &e.Punch
		row[0], row[1], row[2], row[3], row[4] = src, int64(e.Seq), micros(p.At), string(e.Device), p.Serial
		row[5], row[6], row[7], row[8] = string(p.PIN), p.DeviceTime, p.Skew.Microseconds(), int64(p.Status)
		row[9], row[10], row[11], row[12], row[13] = int64(p.Verify), p.Workcode, e.Day, micros(e.Receive), int64(e.Mark)
		return nil
	})
}

var passageTable = newTable("passages (source, seq, at, device, zone, direction, mark)", "ON CONFLICT DO NOTHING")

func (r *resolver) passages(src int64, list []hall.PassageEntry) error {
	return r.t.insert(passageTable, len(list), func(row []any, i int) error {
		e := &list[i]
		row[0], row[1], row[2], row[3] = src, int64(e.Seq), micros(e.At), string(e.Device)
		row[4], row[5], row[6] = string(e.Passage.Zone), int64(e.Passage.Direction), int64(e.Mark)
		return nil
	})
}

func (r *resolver) poison(id hall.HallID, lane hall.Lane, epoch uint64, list []wire.Poison) error {
	if len(list) == 0 {
		return nil
	}
	now := micros(r.s.now())
	for _, p := range list {
		if p.Raw == nil {
			p.Raw = []byte{}
		}
		err := r.t.exec("INSERT INTO poison (hall, lane, epoch, seq, at, reason, raw) VALUES (?,?,?,?,?,?,?)",
			string(id), int64(lane), int64(epoch), int64(p.Seq), now, p.Reason, p.Raw)
		if err != nil {
			return err
		}
	}
	return r.t.exec("DELETE FROM poison WHERE id <= (SELECT max(id) FROM poison) - ?", int64(maxPoison))
}
