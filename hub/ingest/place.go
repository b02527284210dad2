package ingest

import (
	"context"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// progress is how far the lane of a hall gets within one commit.
type progress struct {
	epoch  uint64
	stored uint64 // when the commit began
	seq    uint64 // when it is done
	ack    wire.Ack
	answer bool
}

// verdict is what is to be done with a batch.
type verdict struct {
	take     bool
	skip     int    // records that are stored already
	lostFrom uint64 // with lostTo: records that nobody holds any more; 0: none
	lostTo   uint64
}

// place decides about a batch by its position. It changes p as if the commit had succeeded.
func (l *lane) place(ctx context.Context, b *batch, p *progress) verdict {
	in := l.in
	switch {
	case b.err != nil:
		l.unreadable(ctx, b, p)
		return verdict{}
	case b.epoch != p.epoch:
		in.count.stale.Add(1) // of a journal that is not in use: its gateway is gone, or has yet to say its birth
		return verdict{}
	}
	end := b.first + uint64(b.count) - 1
	if b.count == 0 || end <= p.seq {
		l.count.duplicates.Add(uint64(b.count))
		p.answer = true
		return verdict{}
	}
	var v verdict
	switch {
	case b.first > p.seq+1 && b.first != b.oldest:
		if in.mayAsk(b.hall, l.which, p.seq, resendAgain) {
			l.count.resends.Add(1)
			p.answer, p.ack.Resend = true, true
		}
		return verdict{}
	case b.first > p.seq+1:
		v.lostFrom, v.lostTo = p.seq+1, b.first-1
		l.count.lost.Add(v.lostTo - v.lostFrom + 1)
	default:
		v.skip = int(p.seq + 1 - b.first)
		l.count.duplicates.Add(uint64(v.skip))
	}
	v.take, p.seq, p.answer = true, end, true
	return v
}

// unreadable keeps a batch that nothing could be read of. It is not acknowledged: a newer hub may read it. The hall is
// asked to wait before it tries again.
func (l *lane) unreadable(ctx context.Context, b *batch, p *progress) {
	l.count.unreadable.Add(1)
	if l.in.mayAsk(b.hall, l.which, p.seq, unreadPause) {
		p.answer, p.ack.Resend, p.ack.Pause = true, true, unreadPause
	}
	l.in.mu.Lock()
	k, now := l.in.halls[b.hall], l.in.o.Now()
	keep := k != nil && now.Sub(k.poison[l.which]).Abs() >= poisonEvery
	if keep {
		k.poison[l.which] = now
	}
	l.in.mu.Unlock()
	if !keep {
		return
	}
	l.in.o.Logger.Error("ingest: a batch cannot be read", "hall", b.hall, "lane", l.which, "error", b.err)
	ctx, cancel := context.WithTimeout(ctx, noteLimit)
	defer cancel()
	raw := b.payload[:min(len(b.payload), wire.MaxPoisonRaw)]
	if err := l.in.o.Store.NotePoison(ctx, b.hall, l.which, p.epoch, []wire.Poison{{Reason: b.err.Error(), Raw: raw}}); err != nil {
		l.in.o.Logger.Warn("ingest: a batch that cannot be read cannot be kept", "error", err)
	}
}

// start gives where the lane of a hall stands; ok is false for a hall that was never born.
func (l *lane) start(ctx context.Context, id hall.HallID) (p progress, ok bool, err error) {
	if err := l.in.settle(ctx, id, l.which); err != nil {
		return p, false, err
	}
	epoch, seq, ok := l.in.stored(id, l.which)
	if !ok {
		l.in.count.stale.Add(1)
	}
	return progress{epoch: epoch, stored: seq, seq: seq}, ok, nil
}

// reply is what the hall is told when the commit is done.
func (p *progress) reply(id hall.HallID) reply {
	ack := p.ack
	ack.Epoch, ack.Seq = p.epoch, p.seq
	return reply{id, ack}
}
