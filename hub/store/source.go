package store

import (
	"context"
	"slices"

	"hallpulse/hall"
)

// sourceKey names a journal.
type sourceKey struct {
	hall  hall.HallID
	epoch uint64
}

// freshSource is a source made by a transaction that may still fail.
type freshSource struct {
	key sourceKey
	id  int64
}

func (s *Store) loadSources(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources, s.byID, s.order = map[sourceKey]int64{}, map[int64]sourceKey{}, map[string][]int64{}
	rows, err := s.read.QueryContext(ctx, "SELECT id, hall, epoch FROM sources ORDER BY id")
	if err != nil {
		return wrap("sources", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, epoch int64
		var name string
		if err := rows.Scan(&id, &name, &epoch); err != nil {
			return wrap("sources", err)
		}
		s.addSource(freshSource{sourceKey{hall.HallID(name), uint64(epoch)}, id})
	}
	return wrap("sources", rows.Err())
}

// addSource notes a stored source. The lock is held.
func (s *Store) addSource(f freshSource) {
	if _, have := s.sources[f.key]; have {
		return
	}
	s.sources[f.key] = f.id
	s.byID[f.id] = f.key
	s.order[string(f.key.hall)] = append(s.order[string(f.key.hall)], f.id)
}

// committed notes the sources that a finished transaction made.
func (s *Store) committed(fresh []freshSource) {
	if len(fresh) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range fresh {
		s.addSource(f)
	}
}

func (s *Store) source(id hall.HallID, epoch uint64) (int64, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.sources[sourceKey{id, epoch}]
	return n, ok
}

func (s *Store) sourceKey(id int64) sourceKey {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byID[id]
}

// sourcesOf gives the sources of some halls, in order; nil: of every hall.
func (s *Store) sourcesOf(halls []hall.HallID) []int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []int64
	if halls == nil {
		for id := range s.byID {
			ids = append(ids, id)
		}
	}
	for _, h := range halls {
		ids = append(ids, s.order[string(h)]...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// resolver finds sources inside one transaction and makes those that are not there.
type resolver struct {
	s     *Store
	t     *tx
	fresh []freshSource
}

func (r *resolver) source(id hall.HallID, epoch uint64) (int64, error) {
	if n, ok := r.s.source(id, epoch); ok {
		return n, nil
	}
	key := sourceKey{id, epoch}
	for _, f := range r.fresh {
		if f.key == key {
			return f.id, nil
		}
	}
	var n int64
	err := r.t.row(`INSERT INTO sources (hall, epoch, started) VALUES (?,?,?)
		ON CONFLICT (hall, epoch) DO UPDATE SET hall = excluded.hall RETURNING id`,
		[]any{string(id), int64(epoch), micros(r.s.now())}, &n)
	if err != nil {
		return 0, err
	}
	r.fresh = append(r.fresh, freshSource{key, n})
	return n, nil
}
