package app

import (
	"cmp"
	"context"
	"slices"

	"hallpulse/hall/wire"
	"hallpulse/hub/store"
)

// maxPoison bounds how many unreadable records are looked at for the administrator's list.
const maxPoison = 1000

// refusals is everything that was turned away: connections and messages, and records that could not be read.
type refusals struct{ store *store.Store }

// Refusals lists it, the newest first; the same fault of a hall's lane is one line.
func (r refusals) Refusals(ctx context.Context) ([]store.Refusal, error) {
	list, err := r.store.Refusals(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := r.store.Poison(ctx, maxPoison)
	if err != nil {
		return nil, err
	}
	list = append(list, gather(rows)...)
	slices.SortStableFunc(list, func(a, b store.Refusal) int { return cmp.Compare(b.Last.UnixMicro(), a.Last.UnixMicro()) })
	return list, nil
}

// gather counts rows, which come newest first, by hall, lane and reason.
func gather(rows []store.PoisonRow) (list []store.Refusal) {
	at := map[store.Refusal]int{}
	for _, p := range rows {
		what := "record"
		if p.Seq == 0 {
			what = "batch"
		}
		key := store.Refusal{What: what, Who: string(p.Hall), Topic: wire.TopicLog(p.Hall, p.Lane), Reason: p.Reason}
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key] = i
			list = append(list, key)
			list[i].Last = p.At
		}
		list[i].Count++
		list[i].First = p.At
	}
	return list
}
