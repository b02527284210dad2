package ingest

import (
	"context"
	"fmt"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/store"
)

// books holds the book of every hall that sent facts. The goroutine that commits facts alone uses it.
type books struct {
	store Store
	held  map[hall.HallID]*folding
}

type folding struct {
	book  *hall.Book
	epoch uint64
	desc  hall.Hall
}

// drop forgets a hall's book: it has seen facts that were not stored. It is made again from the store when it is needed.
func (b *books) drop(id hall.HallID) { delete(b.held, id) }

// fold applies the facts of every commit and puts what they changed into it.
func (b *books) fold(ctx context.Context, list []store.HallCommit, desc func(hall.HallID) hall.Hall) error {
	for i := range list {
		c := &list[i]
		f, err := b.get(ctx, c, desc(c.Hall))
		if err != nil {
			return err
		}
		var m merger
		for _, fact := range c.Facts {
			m.add(f.book.Apply(fact))
		}
		c.Changes = m.out
	}
	return nil
}

func (b *books) get(ctx context.Context, c *store.HallCommit, desc hall.Hall) (*folding, error) {
	f := b.held[c.Hall]
	if f == nil {
		f = &folding{book: hall.NewBook(desc, c.Epoch), epoch: c.Epoch, desc: desc}
		if err := b.rebuild(ctx, c.Hall, f); err != nil {
			return nil, fmt.Errorf("ingest: rebuild of a book: %w", err)
		}
		b.held[c.Hall] = f
	}
	f.enter(c.Epoch)
	if !same(&f.desc, &desc) {
		f.desc = desc
		f.book.SetDesc(desc)
	}
	return f, nil
}

// same says whether two descriptions are the same copy: descriptions are replaced, never changed.
func same(a, b *hall.Hall) bool {
	return a.TimeZone == b.TimeZone && sameSlice(a.Zones, b.Zones) && sameSlice(a.Windows, b.Windows) &&
		sameSlice(a.Categories, b.Categories) && sameSlice(a.Devices, b.Devices)
}

func sameSlice[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func (f *folding) enter(epoch uint64) {
	if f.epoch != epoch {
		f.epoch = epoch
		f.book.SetEpoch(epoch)
	}
}

// rebuild folds what is stored of the latest business day.
func (b *books) rebuild(ctx context.Context, id hall.HallID, f *folding) error {
	latest, ok, err := b.store.LatestFact(ctx, id)
	if err != nil || !ok {
		return err
	}
	local := latest.In(f.desc.Location())
	bound := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	epoch, seq, ok, err := b.store.DayStart(ctx, id, bound)
	if err != nil || !ok {
		return err
	}
	return b.store.FactsSince(ctx, id, epoch, seq, func(epoch uint64, fact hall.Fact) error {
		f.enter(epoch)
		f.book.Apply(fact)
		return nil
	})
}

// merger joins the changes of many facts: of each row the newest version alone.
type merger struct {
	out     hall.Changes
	tickets map[hall.TicketID]int
	ratings map[uint64]int
}

func (m *merger) add(c hall.Changes) {
	for _, t := range c.Tickets {
		if m.tickets == nil {
			m.tickets = map[hall.TicketID]int{}
		}
		if i, ok := m.tickets[t.ID]; ok {
			m.out.Tickets[i] = t
			continue
		}
		m.tickets[t.ID] = len(m.out.Tickets)
		m.out.Tickets = append(m.out.Tickets, t)
	}
	for _, r := range c.Ratings {
		if m.ratings == nil {
			m.ratings = map[uint64]int{}
		}
		if i, ok := m.ratings[r.Seq]; ok {
			m.out.Ratings[i] = r
			continue
		}
		m.ratings[r.Seq] = len(m.out.Ratings)
		m.out.Ratings = append(m.out.Ratings, r)
	}
	m.out.Punches = append(m.out.Punches, c.Punches...)
	m.out.Passages = append(m.out.Passages, c.Passages...)
	m.out.Devices = append(m.out.Devices, c.Devices...)
}
