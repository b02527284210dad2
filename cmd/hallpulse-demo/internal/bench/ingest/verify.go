package ingest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/load"
	"hallpulse/hall"
	"hallpulse/hub/series"
	"hallpulse/hub/series/tsdb"
	"hallpulse/hub/store"
)

// verify opens what the hub left on its disk and counts.
func (m *run) verify(ctx context.Context) (err error) {
	db, err := tsdb.Open(filepath.Join(m.cfg.DataDir, "series"), tsdb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	facts, err := store.Open(ctx, filepath.Join(m.cfg.DataDir, "hub.db"), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, facts.Close()) }()
	for i, h := range m.halls {
		n, err := countReadings(ctx, db, h.Hall)
		if err != nil {
			return err
		}
		if n != m.Options.Readings {
			return fmt.Errorf("ingest: %s: %d readings stored, %d acknowledged", h.Hall, n, m.Options.Readings)
		}
		if n, err = countFacts(ctx, facts, h.Hall, m.epochs[i]); err != nil {
			return err
		}
		if n != m.Options.Facts {
			return fmt.Errorf("ingest: %s: %d facts stored, %d acknowledged", h.Hall, n, m.Options.Facts)
		}
	}
	return nil
}

func countReadings(ctx context.Context, db *tsdb.Engine, id hall.HallID) (n int, err error) {
	const step = 24 * time.Hour
	for _, metric := range load.Metrics() {
		now := time.Now()
		list, err := db.Query(ctx, series.Range{Hall: id, Metric: metric, From: now.Add(-30 * step), To: now.Add(step), Step: step})
		if err != nil {
			return 0, err
		}
		for _, s := range list {
			for _, p := range s.Points {
				n += p.N
			}
		}
	}
	return n, nil
}

// countFacts counts, and holds each fact's place against the one before it.
func countFacts(ctx context.Context, s *store.Store, id hall.HallID, epoch uint64) (n int, err error) {
	err = s.FactsSince(ctx, id, epoch, 0, func(_ uint64, f hall.Fact) error {
		if n++; f.Seq != uint64(n) {
			return fmt.Errorf("ingest: %s: fact %d where %d should be", id, f.Seq, n)
		}
		return nil
	})
	return n, err
}
