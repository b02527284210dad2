package ingest

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// batch is a decoded batch of either lane.
type batch struct {
	hall     hall.HallID
	err      error // it could not be read; payload holds it
	payload  []byte
	epoch    uint64
	first    uint64
	oldest   uint64
	count    int
	facts    []hall.Fact
	poison   []wire.Poison
	readings []hall.Reading
}

// reply is what a hall is told after a commit.
type reply struct {
	hall hall.HallID
	ack  wire.Ack
}

// lane moves the batches of one lane: one goroutine takes and decodes on every core, the next commits and acknowledges,
// so that decoding runs while the disk syncs.
type lane struct {
	in      *Ingest
	which   hall.Lane
	queue   *queue
	decode  func(payload []byte) batch
	commit  func(ctx context.Context, list []batch) ([]reply, error) // all or nothing
	group   int                                                      // records of a commit
	trouble trouble
	count   laneCounters
}

func newLane(in *Ingest, which hall.Lane, decode func([]byte) batch, commit func(context.Context, []batch) ([]reply, error), group int) *lane {
	return &lane{in: in, which: which, queue: newQueue(), decode: decode, commit: commit, group: group,
		trouble: trouble{what: which.String(), log: in.o.Logger, now: in.o.Now}}
}

func (l *lane) run(ctx context.Context) {
	rounds := make(chan []batch)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(rounds)
		l.gather(ctx, rounds)
	})
	for round := range rounds {
		l.round(ctx, round)
	}
	wg.Wait()
}

// gather decodes what arrives, and adds to a round until the commit before it is done: the slower the disk, the larger
// the groups.
func (l *lane) gather(ctx context.Context, rounds chan<- []batch) {
	for {
		items := l.queue.take(ctx)
		if items == nil {
			return
		}
		round := l.decodeAll(items)
		for sent := false; !sent; {
			more := l.queue.wake
			if records(round) >= l.group {
				more = nil
			}
			select {
			case rounds <- round:
				sent = true
			case <-more:
				round = append(round, l.decodeAll(l.queue.round())...)
			case <-ctx.Done():
				return
			}
		}
	}
}

func records(list []batch) (n int) {
	for i := range list {
		n += list[i].count
	}
	return n
}

// decodeAll decodes on every core and keeps the order.
func (l *lane) decodeAll(items []item) []batch {
	out := make([]batch, len(items))
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(items); i = int(next.Add(1)) - 1 {
			out[i] = l.decode(items[i].payload)
			out[i].hall = items[i].hall
			if out[i].err != nil {
				out[i].payload = items[i].payload
			}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(items)) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return out
}

// round commits what was taken at once, in groups.
func (l *lane) round(ctx context.Context, list []batch) {
	for len(list) > 0 && ctx.Err() == nil {
		n, records := 0, 0
		for n < len(list) && (n == 0 || records+list[n].count <= l.group) {
			records += list[n].count
			n++
		}
		l.commitGroup(ctx, list[:n])
		list = list[n:]
	}
}

func (l *lane) commitGroup(ctx context.Context, list []batch) {
	began := l.in.o.Now()
	replies, err := l.commit(ctx, list)
	if err != nil {
		l.failed(ctx, list, err)
		return
	}
	l.trouble.passed()
	l.count.batches.Add(uint64(len(list)))
	l.count.commits.Add(1)
	l.count.busy.Add(int64(l.in.o.Now().Sub(began)))
	pause := time.Duration(0)
	if l.queue.size() > pauseBytes {
		pause = slowPause
	}
	for _, r := range replies {
		r.ack.Lane, r.ack.Time, r.ack.Pause = l.which, l.in.clock(), max(r.ack.Pause, pause)
		l.in.o.Acker.Ack(r.hall, r.ack)
	}
}

// failed forgets what waits – halls send it again – and lets the store or the engine rest. Then the halls of the failed
// commit are asked again, which tries whether it works now.
func (l *lane) failed(ctx context.Context, list []batch, err error) {
	if ctx.Err() != nil {
		return
	}
	l.count.failures.Add(1)
	l.count.dropped.Add(uint64(len(list) + l.queue.forget()))
	if !l.trouble.failed(ctx, err) {
		return
	}
	l.count.dropped.Add(uint64(l.queue.forget())) // arrived meanwhile: it begins beyond what is stored
	asked := map[hall.HallID]bool{}
	for _, b := range list {
		if asked[b.hall] {
			continue
		}
		asked[b.hall] = true
		if epoch, seq, ok := l.in.stored(b.hall, l.which); ok && epoch == b.epoch {
			l.count.resends.Add(1)
			l.in.o.Acker.Ack(b.hall, wire.Ack{Lane: l.which, Epoch: epoch, Seq: seq, Time: l.in.clock(), Resend: true})
		}
	}
}
