package ingest

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/store"
)

const lanes = 3 // hall.Facts and hall.Readings are 1 and 2

// known is what is known of a hall. Ingest.mu guards it.
type known struct {
	row    store.HallRow
	seq    [lanes]uint64 // stored, of row.Epoch
	resend [lanes]asked
	doubt  [lanes]bool      // a commit failed, perhaps after it was made: seq must be read again
	poison [lanes]time.Time // when an unreadable batch was last kept
}

// asked remembers a resend, so that the batches that were on their way do not ask again each.
type asked struct {
	from  uint64
	until time.Time
}

// position reads where the journal of k stands.
func (in *Ingest) position(ctx context.Context, k *known) error {
	for _, l := range []hall.Lane{hall.Facts, hall.Readings} {
		n, err := in.o.Store.PositionOf(ctx, k.row.Desc.ID, l, k.row.Epoch)
		if err != nil {
			return err
		}
		k.seq[l] = n
	}
	return nil
}

// stored gives the journal in use by a hall and how far its lane is stored.
func (in *Ingest) stored(id hall.HallID, l hall.Lane) (epoch, seq uint64, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	k, ok := in.halls[id]
	if !ok {
		return 0, 0, false
	}
	return k.row.Epoch, k.seq[l], true
}

// advance notes what was committed.
func (in *Ingest) advance(id hall.HallID, l hall.Lane, epoch, seq uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if k := in.halls[id]; k != nil && k.row.Epoch == epoch {
		k.seq[l] = max(k.seq[l], seq)
	}
}

// doubt notes that a commit of a hall failed.
func (in *Ingest) doubt(id hall.HallID, l hall.Lane) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if k := in.halls[id]; k != nil {
		k.doubt[l] = true
	}
}

// settle reads again how far a lane is stored when the last commit left that in doubt. A book made from the store would
// else see the same facts twice.
func (in *Ingest) settle(ctx context.Context, id hall.HallID, l hall.Lane) error {
	in.mu.Lock()
	k := in.halls[id]
	if k == nil || !k.doubt[l] {
		in.mu.Unlock()
		return nil
	}
	epoch := k.row.Epoch
	in.mu.Unlock()
	seq, err := in.o.Store.PositionOf(ctx, id, l, epoch)
	if err != nil {
		return err
	}
	in.advance(id, l, epoch, seq)
	in.mu.Lock()
	defer in.mu.Unlock()
	if k := in.halls[id]; k != nil && k.row.Epoch == epoch {
		k.doubt[l] = false
	}
	return nil
}

// mayAsk says whether a resend from seq is due.
func (in *Ingest) mayAsk(id hall.HallID, l hall.Lane, seq uint64, again time.Duration) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	k := in.halls[id]
	now := in.o.Now()
	if k == nil || k.resend[l].from == seq && now.Before(k.resend[l].until) {
		return false
	}
	k.resend[l] = asked{seq, now.Add(again)}
	return true
}

func (in *Ingest) desc(id hall.HallID) hall.Hall {
	in.mu.Lock()
	defer in.mu.Unlock()
	if k := in.halls[id]; k != nil {
		return k.row.Desc
	}
	return hall.Hall{ID: id}
}

// Birth takes what a gateway said first on its connection. The answer – an ack for each lane, with the position to go on
// from – follows when the description and the journal are stored.
func (in *Ingest) Birth(id hall.HallID, b wire.Birth) {
	if b.Hall.ID != id {
		in.count.foreign.Add(1)
		in.o.Logger.Warn("ingest: a birth of another hall", "hall", id, "says", b.Hall.ID)
		return
	}
	in.mu.Lock()
	in.births[id] = b
	in.mu.Unlock()
	select {
	case in.born <- struct{}{}:
	default:
	}
}

// admitAll admits births until ctx ends.
func (in *Ingest) admitAll(ctx context.Context) {
	t := trouble{what: "births", log: in.o.Logger, now: in.o.Now}
	for {
		id, b, ok := in.nextBirth()
		if !ok {
			select {
			case <-in.born:
				continue
			case <-ctx.Done():
				return
			}
		}
		err := in.admit(ctx, b)
		if err == nil {
			t.passed()
			continue
		}
		in.mu.Lock()
		if _, newer := in.births[id]; !newer {
			in.births[id] = b
		}
		in.mu.Unlock()
		if ctx.Err() != nil || !t.failed(ctx, err) {
			return
		}
	}
}

func (in *Ingest) nextBirth() (hall.HallID, wire.Birth, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for id, b := range in.births {
		delete(in.births, id)
		return id, b, true
	}
	return "", wire.Birth{}, false
}

func (in *Ingest) admit(ctx context.Context, b wire.Birth) error {
	now := in.o.Now()
	row := store.HallRow{Desc: b.Hall, Epoch: b.Epoch, Version: b.Version, Updated: now}
	in.mu.Lock()
	k := in.halls[b.Hall.ID]
	same := k != nil && k.row.Epoch == b.Epoch
	write := !same || k.row.Version != b.Version || now.Sub(k.row.Updated).Abs() >= seenEvery || !reflect.DeepEqual(k.row.Desc, b.Hall)
	in.mu.Unlock()
	if write {
		if err := in.o.Store.SaveHall(ctx, row); err != nil {
			return fmt.Errorf("ingest: birth: %w", err)
		}
	}
	fresh := &known{row: row}
	if !same {
		if err := in.position(ctx, fresh); err != nil {
			return fmt.Errorf("ingest: birth: %w", err)
		}
	}
	in.mu.Lock()
	switch {
	case !same:
		in.halls[b.Hall.ID] = fresh
		k = fresh
	case write:
		k.row = row
	}
	k.resend = [lanes]asked{}
	seq := k.seq
	in.mu.Unlock()
	in.greet(b, seq)
	return nil
}

func (in *Ingest) greet(b wire.Birth, seq [lanes]uint64) {
	for _, bound := range b.Bounds {
		if int(bound.Lane) < lanes && bound.Last < seq[bound.Lane] {
			in.count.wentBack.Add(1)
			in.o.Logger.Warn("ingest: a journal ends before what is stored of it", "hall", b.Hall.ID, "lane", bound.Lane,
				"stored", seq[bound.Lane], "last", bound.Last)
		}
	}
	for _, l := range []hall.Lane{hall.Facts, hall.Readings} {
		in.o.Acker.Ack(b.Hall.ID, wire.Ack{Lane: l, Epoch: b.Epoch, Seq: seq[l], Time: in.clock(), Hello: true})
	}
}
