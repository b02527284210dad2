package ingest

import (
	"context"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/series"
	"hallpulse/hub/store"
)

func decodeReadings(payload []byte) batch {
	b, err := wire.DecodeReadingBatch(payload)
	return batch{err: err, epoch: b.Epoch, first: b.First, oldest: b.Oldest, count: len(b.Readings), readings: b.Readings}
}

// readingGroup gathers what one hall adds to a commit.
type readingGroup struct {
	progress
	hall hall.HallID
}

// commitReadings writes the batches to the engine, which syncs them, and then stores the positions. A crash between the
// two brings the batches again, and the engine keeps the same reading once.
func (in *Ingest) commitReadings(ctx context.Context, list []batch) ([]reply, error) {
	groups := map[hall.HallID]*readingGroup{}
	var order []*readingGroup
	var data []series.Batch
	var lost []store.Loss
	for i := range list {
		b := &list[i]
		g := groups[b.hall]
		if g == nil {
			p, ok, err := in.readings.start(ctx, b.hall)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			g = &readingGroup{progress: p, hall: b.hall}
			groups[b.hall] = g
			order = append(order, g)
		}
		v := in.readings.place(ctx, b, &g.progress)
		if !v.take {
			continue
		}
		// A batch is grouped by series, so which of its readings are stored already is not known: it is written whole.
		data = append(data, series.Batch{Hall: b.hall, Readings: b.readings})
		if v.lostFrom > 0 {
			lost = append(lost, store.Loss{Hall: b.hall, Lane: hall.Readings, Epoch: b.epoch, First: v.lostFrom, Last: v.lostTo,
				Gap: hall.Gap{To: earliest(b.readings), Reason: store.ReasonLost}})
			in.o.Logger.Warn("ingest: readings are lost", "hall", b.hall, "first", v.lostFrom, "last", v.lostTo)
		}
	}
	if err := in.storeReadings(ctx, order, data, lost); err != nil {
		return nil, err
	}
	var replies []reply
	for _, g := range order {
		if g.answer {
			replies = append(replies, g.reply(g.hall))
		}
	}
	return replies, nil
}

func earliest(list []hall.Reading) time.Time {
	var first time.Time
	for i := range list {
		if first.IsZero() || list[i].At.Before(first) {
			first = list[i].At
		}
	}
	return first
}

func (in *Ingest) storeReadings(ctx context.Context, order []*readingGroup, data []series.Batch, lost []store.Loss) error {
	if len(data) == 0 {
		return nil
	}
	if err := in.o.Series.Write(ctx, data); err != nil {
		return err
	}
	var positions []store.Position
	for _, g := range order {
		if g.seq > g.stored {
			positions = append(positions, store.Position{Hall: g.hall, Lane: hall.Readings, Epoch: g.epoch, Seq: g.seq})
		}
	}
	if err := in.o.Store.CommitReadings(ctx, positions, lost); err != nil {
		for _, p := range positions {
			in.doubt(p.Hall, hall.Readings)
		}
		return err
	}
	for i := range data {
		in.readings.count.records.Add(uint64(len(data[i].Readings)))
	}
	for _, p := range positions {
		in.advance(p.Hall, hall.Readings, p.Epoch, p.Seq)
		if in.o.OnCommit != nil {
			in.o.OnCommit(p.Hall, hall.Readings)
		}
	}
	return nil
}
