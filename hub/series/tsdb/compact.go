package tsdb

import (
	"context"
	"time"
)

const (
	blockRange  = 2 * time.Hour   // of the smallest block, the database's default
	compactRest = 1 * time.Minute // after a compaction that failed
)

// compact moves what is old enough from memory into blocks, between two writes. By itself Prometheus would do that beside
// the writers, and lose late readings: while it looks at one series after the other, what a writer adds to a series that
// was looked at already counts as moved – and is removed – though no block holds it. A compaction that fails loses nothing
// and is tried again later. The caller is the one writer.
func (e *Engine) compact(ctx context.Context) {
	head := e.db.Head()
	if head.MaxTime()-head.MinTime() <= blockRange.Milliseconds()*3/2 || time.Now().Before(e.rest) {
		return
	}
	if err := e.db.Compact(context.WithoutCancel(ctx)); err != nil {
		e.rest = time.Now().Add(compactRest)
		e.opts.Logger.Error("tsdb: compaction failed", "error", err)
	}
}
