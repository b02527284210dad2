package store

import (
	"context"
	"time"
)

// MaxNotices wait for a channel; beyond, the oldest go first.
const MaxNotices = 10_000

// Notice is a message about an incident that its receiver has not taken yet.
type Notice struct {
	ID      int64 // given by the store; a later notice has a larger one
	Channel string
	Key     string // names the message: the same one twice is one
	Made    time.Time
	Body    []byte
}

// Notices gives what waits for a channel, the oldest first; limit 0 is every one.
func (s *Store) Notices(ctx context.Context, channel string, limit int) ([]Notice, error) {
	if limit <= 0 {
		limit = MaxNotices
	}
	rows, err := s.read.QueryContext(ctx, "SELECT id, key, made, body FROM outbox WHERE channel = ? ORDER BY id LIMIT ?", channel, limit)
	if err != nil {
		return nil, wrap("notices", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Notice
	for rows.Next() {
		n := Notice{Channel: channel}
		var made int64
		if err := rows.Scan(&n.ID, &n.Key, &made, &n.Body); err != nil {
			return nil, wrap("notices", err)
		}
		n.Made = fromMicros(made)
		list = append(list, n)
	}
	return list, wrap("notices", rows.Err())
}

// CountNotices says how many wait for a channel.
func (s *Store) CountNotices(ctx context.Context, channel string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM outbox WHERE channel = ?", channel).Scan(&n)
	return n, wrap("count notices", err)
}

// DropNotice forgets one that was taken or given up; nothing happens when it is gone.
func (s *Store) DropNotice(ctx context.Context, id int64) error {
	return s.run(ctx, "drop notice", "DELETE FROM outbox WHERE id = ?", id)
}

// MergeNotices puts one notice in the place of several, in one transaction: at that of the first.
func (s *Store) MergeNotices(ctx context.Context, list []Notice, key string, body []byte) error {
	return s.write.transact(ctx, "merge notices", func(t *tx) error {
		for _, n := range list[1:] {
			if err := t.exec("DELETE FROM outbox WHERE id = ?", n.ID); err != nil {
				return err
			}
		}
		return t.exec("UPDATE outbox SET key = ?, body = ? WHERE id = ?", key, body, list[0].ID)
	})
}

// notices adds to the outbox and keeps it bounded.
func (t *tx) notices(now time.Time, list []Notice) error {
	channels := map[string]bool{}
	for _, n := range list {
		if n.Made.IsZero() {
			n.Made = now
		}
		err := t.exec("INSERT INTO outbox (channel, key, made, body) VALUES (?,?,?,?) ON CONFLICT (channel, key) DO NOTHING",
			n.Channel, n.Key, micros(n.Made), n.Body)
		if err != nil {
			return err
		}
		channels[n.Channel] = true
	}
	for c := range channels {
		err := t.exec("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE channel = ? ORDER BY id DESC LIMIT -1 OFFSET ?)", c, int64(MaxNotices))
		if err != nil {
			return err
		}
	}
	return nil
}
