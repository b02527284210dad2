package ingest

import (
	"sync/atomic"
	"time"
)

// LaneStats counts one lane since the start.
type LaneStats struct {
	Records    uint64        // stored
	Batches    uint64        // worked on
	Commits    uint64        // groups of batches
	Busy       time.Duration // spent on commits
	Duplicates uint64        // records that were there already
	Lost       uint64        // records that nobody holds any more
	Poison     uint64        // records that could not be read, kept with the reason
	Unreadable uint64        // batches of which nothing could be read
	Resends    uint64        // asked of halls
	Dropped    uint64        // batches without room, or of a failed commit; halls send them again
	Failures   uint64        // of the store or the engine
	Waiting    int           // bytes in the queue now
	Queued     int           // batches in the queue now
	Failing    bool          // now
}

// Stats counts since the start.
type Stats struct {
	Facts    LaneStats
	Readings LaneStats
	Stale    uint64 // batches of a journal that is not in use
	Foreign  uint64 // births that name another hall
	WentBack uint64 // births with a journal that ends before what is stored of it
	Births   int    // births that wait to be stored
}

type laneCounters struct {
	records, batches, commits, duplicates, lost, poison, unreadable, resends, dropped, failures atomic.Uint64

	busy atomic.Int64
}

type counters struct{ stale, foreign, wentBack atomic.Uint64 }

// Stats gives the counters.
func (in *Ingest) Stats() Stats {
	in.mu.Lock()
	births := len(in.births)
	in.mu.Unlock()
	return Stats{Facts: in.facts.stats(), Readings: in.readings.stats(),
		Stale: in.count.stale.Load(), Foreign: in.count.foreign.Load(), WentBack: in.count.wentBack.Load(), Births: births}
}

func (l *lane) stats() LaneStats {
	c := &l.count
	s := LaneStats{
		Records: c.records.Load(), Batches: c.batches.Load(), Commits: c.commits.Load(), Busy: time.Duration(c.busy.Load()),
		Duplicates: c.duplicates.Load(), Lost: c.lost.Load(), Poison: c.poison.Load(), Unreadable: c.unreadable.Load(),
		Resends: c.resends.Load(), Dropped: c.dropped.Load(), Failures: c.failures.Load(),
		Failing: l.trouble.health() != nil,
	}
	s.Queued, s.Waiting = l.queue.depth()
	return s
}
