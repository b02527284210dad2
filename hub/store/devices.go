package store

import (
	"context"
	"math"
	"slices"
	"time"

	"hallpulse/hall"
)

var deviceTable = newTable("device_changes (source, seq, at, device, was, health, code, detail, mark)", "ON CONFLICT DO NOTHING")

func (r *resolver) devices(src int64, list []hall.DeviceEntry) error {
	return r.t.insert(deviceTable, len(list), func(row []any, i int) error {
		e := &list[i]
		row[0], row[1], row[2], row[3] = src, int64(e.Seq), micros(e.At), string(e.Device)
		row[4], row[5], row[6], row[7], row[8] = int64(e.From), int64(e.To), e.Reason.Code, e.Reason.Detail, int64(e.Mark)
		return nil
	})
}

// DeviceChanges gives the changes of health of a hall's devices from from to to, exclusive, by device and in order of time.
// The one in force at from is the first of each device, where there is one.
func (s *Store) DeviceChanges(ctx context.Context, id hall.HallID, from, to time.Time) (map[hall.DeviceID][]hall.DeviceEntry, error) {
	out := map[hall.DeviceID][]hall.DeviceEntry{}
	for _, src := range s.sourcesOf([]hall.HallID{id}) {
		for _, ask := range []struct {
			text string
			args []any
		}{
			{`SELECT c.seq, c.at, c.device, c.was, c.health, c.code, c.detail, c.mark FROM (SELECT DISTINCT device FROM device_changes WHERE source = ?1) d
				JOIN device_changes c ON c.source = ?1 AND c.device = d.device AND (c.at, c.seq) = (SELECT at, seq FROM device_changes
				WHERE source = ?1 AND device = d.device AND at < ?2 ORDER BY at DESC, seq DESC LIMIT 1)`, []any{src, ceilMicros(from)}},
			{`SELECT seq, at, device, was, health, code, detail, mark FROM device_changes WHERE source = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, seq`,
				[]any{src, ceilMicros(from), bound(to)}},
		} {
			if err := s.deviceChanges(ctx, out, ask.text, ask.args); err != nil {
				return nil, wrap("device changes", err)
			}
		}
	}
	for _, list := range out { // of several journals
		slices.SortStableFunc(list, func(a, b hall.DeviceEntry) int { return a.At.Compare(b.At) })
	}
	return out, nil
}

func bound(to time.Time) int64 {
	if to.IsZero() {
		return math.MaxInt64
	}
	return ceilMicros(to)
}

func (s *Store) deviceChanges(ctx context.Context, out map[hall.DeviceID][]hall.DeviceEntry, text string, args []any) error {
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e hall.DeviceEntry
		var seq, at int64
		if err := rows.Scan(&seq, &at, &e.Device, &e.From, &e.To, &e.Reason.Code, &e.Reason.Detail, &e.Mark); err != nil {
			return err
		}
		e.Seq, e.At = uint64(seq), fromMicros(at)
		out[e.Device] = append(out[e.Device], e)
	}
	return rows.Err()
}
