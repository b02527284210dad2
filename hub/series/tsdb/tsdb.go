// Package tsdb keeps readings in Prometheus' time-series database, embedded. It is the default engine: no server to run,
// about two bytes a point once compacted.
//
// Prometheus does not sync its write-ahead log when a transaction commits. The hub acknowledges what is committed, so Write
// syncs the log's newest segments through descriptors of its own before it returns; one sync serves all batches of a call.
package tsdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"hallpulse/hall"
	"hallpulse/hub/series"
)

// Defaults of Options.
const (
	DefaultRetention = 400 * 24 * time.Hour
	DefaultLate      = 72 * time.Hour
)

// Names of labels.
const (
	labelMetric = "__name__" // Prometheus' own, for the metric
	labelHall   = "hall"
	labelDevice = "device"
	labelPart   = "part"
)

// Options of an engine.
type Options struct {
	Retention time.Duration // 0: DefaultRetention
	Late      time.Duration // how much older than the newest reading of all a reading may be; 0: DefaultLate
	Logger    *slog.Logger  // of the database; nil: discard
}

// Engine is an open database. It implements series.Engine.
type Engine struct {
	dir     string
	opts    Options
	refused atomic.Uint64

	mu   sync.RWMutex // guards db against being reopened
	db   *tsdb.DB
	bad  bool
	wmu  sync.Mutex // one writer, which also compacts
	refs map[key]storage.SeriesRef
	rest time.Time // no compaction before, after one that failed
}

type key struct {
	hall   hall.HallID
	series hall.Series
}

var _ series.Engine = (*Engine)(nil)

// maxRefs bounds the cache of series references.
const maxRefs = 500_000

// Open opens or makes the database in dir.
func Open(dir string, o Options) (*Engine, error) {
	if o.Retention <= 0 {
		o.Retention = DefaultRetention
	}
	if o.Late <= 0 {
		o.Late = DefaultLate
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{dir: dir, opts: o, refs: map[key]storage.SeriesRef{}}
	if err := e.open(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Engine) open() error {
	o := tsdb.DefaultOptions()
	o.RetentionDuration = e.opts.Retention.Milliseconds()
	o.OutOfOrderTimeWindow = e.opts.Late.Milliseconds()
	o.WALSegmentSize = 16 << 20
	o.StripeSize = 1 << 10
	db, err := tsdb.Open(e.dir, e.opts.Logger, nil, o, nil)
	if err != nil {
		return fmt.Errorf("tsdb: %w", err)
	}
	db.DisableCompactions() // see compact
	e.db, e.bad = db, false
	return nil
}

// Refused counts readings that can never be stored: older than the window of late readings, or another value for an
// instant that has one.
func (e *Engine) Refused() uint64 { return e.refused.Load() }

// Write stores batches and syncs. After an error the database is opened anew before the next write: a log that failed in
// the middle of a page repairs itself only then.
func (e *Engine) Write(ctx context.Context, batches []series.Batch) error {
	e.wmu.Lock()
	defer e.wmu.Unlock()
	if err := e.revive(); err != nil {
		return err
	}
	if err := e.write(ctx, batches); err != nil {
		e.mu.Lock()
		e.bad = true
		e.mu.Unlock()
		return err
	}
	e.compact(ctx)
	return nil
}

func (e *Engine) write(ctx context.Context, batches []series.Batch) error {
	app := e.db.Appender(ctx)
	for _, b := range batches {
		for i := range b.Readings {
			if err := e.append(app, b.Hall, &b.Readings[i]); err != nil {
				return errors.Join(fmt.Errorf("tsdb: append: %w", err), app.Rollback())
			}
		}
	}
	if err := app.Commit(); err != nil {
		return fmt.Errorf("tsdb: commit: %w", err)
	}
	if err := e.sync(); err != nil {
		return fmt.Errorf("tsdb: sync: %w", err)
	}
	return nil
}

func (e *Engine) append(app storage.Appender, id hall.HallID, r *hall.Reading) error {
	if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) { // no engine but this one could keep it
		e.refused.Add(1)
		return nil
	}
	k := key{id, r.Series}
	ref := e.refs[k]
	var lset labels.Labels
	if ref == 0 {
		lset = labelsOf(id, r.Series)
	}
	t := r.At.UnixMilli()
	got, err := app.Append(ref, lset, t, r.Value)
	if ref != 0 && errors.Is(err, storage.ErrNotFound) || err != nil && ref != 0 && !permanent(err) {
		got, err = app.Append(0, labelsOf(id, r.Series), t, r.Value) // the series was collected meanwhile
	}
	if permanent(err) {
		e.refused.Add(1)
		return nil
	}
	if err != nil {
		return err
	}
	if got != ref {
		if len(e.refs) >= maxRefs {
			clear(e.refs)
		}
		e.refs[k] = got
	}
	return nil
}

// permanent says whether a reading can never be stored, however often it is sent.
func permanent(err error) bool {
	return errors.Is(err, storage.ErrTooOldSample) || errors.Is(err, storage.ErrOutOfBounds) ||
		errors.Is(err, storage.ErrOutOfOrderSample) || errors.Is(err, storage.ErrDuplicateSampleForTimestamp)
}

func labelsOf(id hall.HallID, s hall.Series) labels.Labels {
	pairs := []string{labelMetric, string(s.Metric), labelHall, string(id)}
	if s.Device != "" {
		pairs = append(pairs, labelDevice, string(s.Device))
	}
	if s.Part != "" {
		pairs = append(pairs, labelPart, s.Part)
	}
	return labels.FromStrings(pairs...)
}

// sync makes the newest segments of both logs durable: the one in order and the one of late readings. A commit can have
// crossed into a new segment, so the last two of each are synced; older ones were synced when the log left them.
func (e *Engine) sync() error {
	for _, log := range []string{"wal", "wbl"} {
		dir := filepath.Join(e.dir, log)
		entries, err := os.ReadDir(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		names := entries[:0]
		for _, en := range entries {
			if !en.IsDir() {
				names = append(names, en)
			}
		}
		for _, en := range names[max(0, len(names)-2):] {
			if err := syncFile(filepath.Join(dir, en.Name())); err != nil {
				return err
			}
		}
		if err := syncFile(dir); err != nil {
			return err
		}
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // truncated after a compaction
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// revive opens the database anew after a failed write.
func (e *Engine) revive() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.bad {
		return nil
	}
	if e.db != nil {
		_ = e.db.Close() // it failed before; what was acknowledged is in its log
		e.db = nil
	}
	clear(e.refs)
	return e.open()
}

// Query gives the series of r in steps.
func (e *Engine) Query(ctx context.Context, r series.Range) ([]series.Result, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.db == nil {
		return nil, errors.New("tsdb: not open after a failed write")
	}
	q, err := e.db.Querier(r.From.UnixMilli(), r.To.UnixMilli()-1)
	if err != nil {
		return nil, fmt.Errorf("tsdb: query: %w", err)
	}
	defer func() { _ = q.Close() }()
	set := q.Select(ctx, true, nil, matchers(r)...)
	var out []series.Result
	var it chunkenc.Iterator
	for set.Next() {
		s := set.At()
		lset := s.Labels()
		it = s.Iterator(it)
		w := series.Windower{From: r.From, Step: r.Step}
		for it.Next() == chunkenc.ValFloat {
			t, v := it.At()
			w.Add(time.UnixMilli(t).UTC(), v)
		}
		if err := it.Err(); err != nil {
			return nil, fmt.Errorf("tsdb: read: %w", err)
		}
		id := hall.Series{Metric: r.Metric, Device: hall.DeviceID(lset.Get(labelDevice)), Part: lset.Get(labelPart)}
		if len(w.Points()) > 0 {
			out = append(out, series.Result{Series: id, Points: w.Points()})
		}
	}
	if err := set.Err(); err != nil {
		return nil, fmt.Errorf("tsdb: query: %w", err)
	}
	series.Sort(out)
	return out, nil
}

func matchers(r series.Range) []*labels.Matcher {
	m := []*labels.Matcher{
		labels.MustNewMatcher(labels.MatchEqual, labelMetric, string(r.Metric)),
		labels.MustNewMatcher(labels.MatchEqual, labelHall, string(r.Hall)),
	}
	if r.Device != "" {
		m = append(m, labels.MustNewMatcher(labels.MatchEqual, labelDevice, string(r.Device)))
	}
	if r.Part != nil {
		m = append(m, labels.MustNewMatcher(labels.MatchEqual, labelPart, *r.Part))
	}
	return m
}

// Close closes the database.
func (e *Engine) Close() error {
	e.wmu.Lock()
	defer e.wmu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.db == nil {
		return nil
	}
	err := e.db.Close()
	e.db = nil
	if err != nil {
		return fmt.Errorf("tsdb: close: %w", err)
	}
	return nil
}
