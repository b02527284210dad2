// Package ingest takes the logs of the halls into the county's store: decode, drop what is there already, fold, commit,
// and only then acknowledge. A hall sends again what is not acknowledged, so anything may be dropped here at any moment
// – a full queue, a failed commit, a crash – and nothing is lost; and each record is stored with the position it ends
// at, in one transaction, so nothing is stored twice. Facts and readings go their own ways: a dead engine of readings
// does not stop facts.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/series"
	"hallpulse/hub/store"
)

// Limits of what is held between arrival and commit.
const (
	maxWaiting   = 16        // batches of a lane of a hall
	maxBytes     = 128 << 20 // of all waiting batches of a lane
	pauseBytes   = maxBytes / 4
	roundBatches = 64      // batches taken at once
	roundBytes   = 4 << 20 // bytes taken at once
	turnBatches  = 8       // of them of one hall, while others wait
	groupRecords = 20_000  // facts of a transaction
	groupReading = 200_000 // readings of one write to the engine
)

const (
	slowPause   = 500 * time.Millisecond // what halls are asked to wait when much is waiting
	unreadPause = 10 * time.Second       // before a batch that cannot be read is sent again
	resendAgain = time.Second            // the same resend is asked at most this often
	backoffMin  = 200 * time.Millisecond // after a failure of the store or the engine
	backoffMax  = 5 * time.Second
	seenEvery   = time.Minute // a known hall's birth is written at most this often
	poisonEvery = time.Minute // an unreadable batch of a lane of a hall is kept at most this often
	noteLimit   = 5 * time.Second
)

// clockFloor: a hub clock before it is not right, and is told to nobody.
var clockFloor = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Store is what ingest needs of a store. *store.Store is one.
type Store interface {
	Halls(ctx context.Context) ([]store.HallRow, error)
	SaveHall(ctx context.Context, h store.HallRow) error
	PositionOf(ctx context.Context, id hall.HallID, lane hall.Lane, epoch uint64) (uint64, error)
	Commit(ctx context.Context, c store.Commit) error
	CommitReadings(ctx context.Context, list []store.Position, lost []store.Loss) error
	LatestFact(ctx context.Context, id hall.HallID) (time.Time, bool, error)
	DayStart(ctx context.Context, id hall.HallID, bound time.Time) (epoch, seq uint64, ok bool, err error)
	FactsSince(ctx context.Context, id hall.HallID, epoch, fromSeq uint64, fn func(epoch uint64, f hall.Fact) error) error
	NotePoison(ctx context.Context, id hall.HallID, lane hall.Lane, epoch uint64, list []wire.Poison) error
}

var _ Store = (*store.Store)(nil)

// Acker sends an ack to a hall; it must not block for long. A lost ack is harmless.
type Acker interface {
	Ack(id hall.HallID, a wire.Ack)
}

// Options of an Ingest.
type Options struct {
	Store    Store
	Series   series.Engine
	Acker    Acker
	Now      func() time.Time                     // nil: time.Now
	Logger   *slog.Logger                         // nil: none
	OnCommit func(id hall.HallID, lane hall.Lane) // optional: after a commit, before the ack; must not block
}

// Ingest takes batches and births from any goroutine once New returned, and works on them while Run runs.
type Ingest struct {
	o        Options
	count    counters
	facts    *lane
	readings *lane
	books    *books

	mu     sync.Mutex
	halls  map[hall.HallID]*known
	births map[hall.HallID]wire.Birth // newest, not yet admitted
	born   chan struct{}
}

// New loads what the store knows of the halls.
func New(ctx context.Context, o Options) (*Ingest, error) {
	if o.Store == nil || o.Series == nil || o.Acker == nil {
		return nil, errors.New("ingest: Store, Series and Acker are needed")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	in := &Ingest{o: o, halls: map[hall.HallID]*known{}, births: map[hall.HallID]wire.Birth{}, born: make(chan struct{}, 1)}
	in.books = &books{store: o.Store, held: map[hall.HallID]*folding{}}
	in.facts = newLane(in, hall.Facts, decodeFacts, in.commitFacts, groupRecords)
	in.readings = newLane(in, hall.Readings, decodeReadings, in.commitReadings, groupReading)
	rows, err := o.Store.Halls(ctx)
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	for _, row := range rows {
		k := &known{row: row}
		if err := in.position(ctx, k); err != nil {
			return nil, fmt.Errorf("ingest: %w", err)
		}
		in.halls[row.Desc.ID] = k
	}
	return in, nil
}

// Run works until ctx ends, and returns when everything it began has ended.
func (in *Ingest) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { in.facts.run(ctx) })
	wg.Go(func() { in.readings.run(ctx) })
	wg.Go(func() { in.admitAll(ctx) })
	wg.Wait()
}

// Receive queues a batch of a hall's log. false: there is no room, the hall will send it again. The payload is kept.
func (in *Ingest) Receive(id hall.HallID, l hall.Lane, payload []byte) bool {
	var to *lane
	switch l {
	case hall.Facts:
		to = in.facts
	case hall.Readings:
		to = in.readings
	default:
		return false
	}
	if !to.queue.put(id, payload) {
		to.count.dropped.Add(1)
		return false
	}
	return true
}

// Health is nil while facts and readings can be stored; else it tells what fails.
func (in *Ingest) Health() error {
	return errors.Join(in.facts.trouble.health(), in.readings.trouble.health())
}

// clock is hub time as halls may hear it: zero when the hub's clock is not right.
func (in *Ingest) clock() time.Time {
	now := in.o.Now()
	if now.Before(clockFloor) {
		return time.Time{}
	}
	return now
}
