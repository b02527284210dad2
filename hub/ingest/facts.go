package ingest

import (
	"context"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/store"
)

func decodeFacts(payload []byte) batch {
	b, poison, err := wire.DecodeFactBatch(payload)
	return batch{err: err, epoch: b.Epoch, first: b.First, oldest: b.Oldest, count: len(b.Facts) + len(poison), facts: b.Facts, poison: poison}
}

// factGroup gathers what one hall adds to a commit.
type factGroup struct {
	progress
	commit store.HallCommit
}

// commitFacts stores the batches in one transaction and folds them on the way.
func (in *Ingest) commitFacts(ctx context.Context, list []batch) ([]reply, error) {
	groups := map[hall.HallID]*factGroup{}
	var order []*factGroup
	for i := range list {
		b := &list[i]
		g := groups[b.hall]
		if g == nil {
			p, ok, err := in.facts.start(ctx, b.hall)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			g = &factGroup{progress: p, commit: store.HallCommit{Hall: b.hall, Epoch: p.epoch}}
			groups[b.hall] = g
			order = append(order, g)
		}
		if v := in.facts.place(ctx, b, &g.progress); v.take {
			if err := in.addFacts(ctx, g, b, v); err != nil {
				return nil, err
			}
		}
	}
	if err := in.storeFacts(ctx, order); err != nil {
		return nil, err
	}
	var replies []reply
	for _, g := range order {
		if g.answer {
			replies = append(replies, g.reply(g.commit.Hall))
		}
	}
	return replies, nil
}

// addFacts appends what is new of a batch.
func (in *Ingest) addFacts(ctx context.Context, g *factGroup, b *batch, v verdict) error {
	from := b.first + uint64(v.skip)
	facts, poison := b.facts, b.poison
	for len(facts) > 0 && facts[0].Seq < from {
		facts = facts[1:]
	}
	for len(poison) > 0 && poison[0].Seq < from {
		poison = poison[1:]
	}
	if v.lostFrom > 0 {
		gap, err := in.lostGap(ctx, g, facts)
		if err != nil {
			return err
		}
		g.commit.Facts = append(g.commit.Facts, hall.Fact{Seq: v.lostFrom, Kind: hall.KindGap, At: hall.Stamp{Wall: gap.To, Mark: hall.Estimated}, Gap: &gap})
		g.commit.Lost = append(g.commit.Lost, store.Loss{Hall: b.hall, Lane: hall.Facts, Epoch: b.epoch, First: v.lostFrom, Last: v.lostTo, Gap: gap})
		in.o.Logger.Warn("ingest: facts are lost", "hall", b.hall, "first", v.lostFrom, "last", v.lostTo)
	}
	if g.commit.Facts == nil {
		g.commit.Facts = facts
	} else {
		g.commit.Facts = append(g.commit.Facts, facts...)
	}
	g.commit.Poison = append(g.commit.Poison, poison...)
	g.commit.Seq = g.seq
	return nil
}

// lostGap tells between which times the lost facts were made: after the last one stored, before the next one.
func (in *Ingest) lostGap(ctx context.Context, g *factGroup, next []hall.Fact) (hall.Gap, error) {
	gap := hall.Gap{Reason: store.ReasonLost}
	if n := len(g.commit.Facts); n > 0 {
		gap.From = g.commit.Facts[n-1].At.Wall
	} else {
		at, ok, err := in.o.Store.LatestFact(ctx, g.commit.Hall)
		if err != nil {
			return gap, err
		}
		if ok {
			gap.From = at
		}
	}
	gap.To = in.o.Now().Truncate(time.Microsecond).UTC()
	if len(next) > 0 {
		gap.To = next[0].At.Wall
	}
	if gap.From.IsZero() || gap.From.After(gap.To) {
		gap.From = gap.To
	}
	return gap, nil
}

// storeFacts folds and commits what is new of every hall. After a failure no book has seen what is not stored.
func (in *Ingest) storeFacts(ctx context.Context, order []*factGroup) error {
	var c store.Commit
	for _, g := range order {
		if g.seq > g.stored {
			c.Halls = append(c.Halls, g.commit)
		}
	}
	if len(c.Halls) == 0 {
		return nil
	}
	err := in.books.fold(ctx, c.Halls, in.desc)
	if err == nil {
		err = in.o.Store.Commit(ctx, c)
	}
	if err != nil {
		for i := range c.Halls {
			in.books.drop(c.Halls[i].Hall)
			in.doubt(c.Halls[i].Hall, hall.Facts)
		}
		return err
	}
	for i := range c.Halls {
		h := &c.Halls[i]
		in.advance(h.Hall, hall.Facts, h.Epoch, h.Seq)
		in.facts.count.records.Add(uint64(len(h.Facts)))
		in.facts.count.poison.Add(uint64(len(h.Poison)))
		if in.o.OnCommit != nil {
			in.o.OnCommit(h.Hall, hall.Facts)
		}
	}
	return nil
}
