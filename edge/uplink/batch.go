package uplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// build makes the next batch of the lane; nil: there is none now. A record that cannot be read never stops the lane.
func (l *sender) build(ctx context.Context) (*batch, error) {
	for {
		b, frames, err := l.encode(ctx)
		if err == nil {
			return b, nil
		}
		if ctx.Err() != nil || !errors.Is(err, errBatch) {
			return nil, err
		}
		// One of the frames makes a batch that cannot be sent: send them one by one, and set the one aside that is it.
		first, next := l.next, b.last+1
		l.rewindOnly(first)
		if l.single = true; frames > 1 {
			continue
		}
		if err := l.poison(ctx, first, next-1, err.Error(), nil); err != nil {
			return nil, err
		}
		l.rewindOnly(next)
		l.single, l.broken = false, true
	}
}

// oldest is what the batch at next says of the journal: next itself where what stands before it cannot be sent.
func (l *sender) oldest() uint64 {
	if l.broken {
		return l.next
	}
	first, _ := l.u.opts.Journal.Bounds(l.lane)
	return min(first, l.next)
}

// errBatch marks a batch that the wire refuses.
var errBatch = errors.New("uplink: batch refused")

// rewindOnly makes the next batch begin with seq and leaves those on their way alone.
func (l *sender) rewindOnly(seq uint64) {
	l.reset()
	l.next = seq
}

func (l *sender) encode(ctx context.Context) (b *batch, frames int, err error) {
	if l.broken && len(l.flying) > 0 { // see gap
		return nil, 0, nil
	}
	if l.lane == hall.Facts {
		return l.encodeFacts()
	}
	return l.encodeReadings(ctx)
}

// frame gives the next frame that holds a record at or behind next; ok is false at the end.
func (l *sender) frame() (f journal.Frame, ok bool, err error) {
	if f := l.held; f != nil {
		l.held = nil
		return *f, true, nil
	}
	if l.reader == nil {
		l.reader = l.u.opts.Journal.Reader(l.lane, l.next)
	}
	f, err = l.reader.Next()
	if errors.Is(err, io.EOF) {
		return f, false, nil
	}
	if err != nil {
		l.reset()
		return f, false, fmt.Errorf("uplink: %w", err)
	}
	return f, true, nil
}

// hold keeps a frame for the next batch.
func (l *sender) hold(f journal.Frame) {
	f.Payload = bytes.Clone(f.Payload)
	l.held = &f
}

// gap decides what to do where the journal has nothing between next and the frame that follows. A batch behind a gap
// says so by Oldest == First, and flies only when everything before is stored: the county must not take records that are
// merely on their way for lost. ok is false when the frame must wait.
func (l *sender) gap(at uint64, f *journal.Frame, empty bool, oldest *uint64, first *uint64) (ok bool) {
	if f.First <= at {
		return true
	}
	if !empty || len(l.flying) > 0 {
		return false
	}
	*first, *oldest = f.First, f.First
	return true
}

// encodeFacts makes a batch of facts, corrected, with a refusal in the place of each that cannot be read.
func (l *sender) encodeFacts() (*batch, int, error) {
	oldest := l.oldest()
	out := wire.FactBatch{Epoch: l.u.opts.Journal.Epoch(), First: l.next, Oldest: oldest}
	size, frames := 0, 0
	for len(out.Facts) < MaxBatchFacts && (!l.single || frames < 1) {
		f, ok, err := l.frame()
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			break
		}
		at := out.First + uint64(len(out.Facts))
		if f.Last() < at {
			continue
		}
		if size > 0 && size+len(f.Payload) > MaxBatchBytes {
			l.hold(f)
			break
		}
		if missing := f.First - min(f.First, at); missing > 0 && missing <= MaxFill && at >= oldest {
			if int(missing) > MaxBatchFacts-len(out.Facts)-1 && len(out.Facts) > 0 {
				l.hold(f)
				break
			}
			for ; at < f.First; at++ {
				out.Facts = append(out.Facts, l.refusal(at, "the record is missing from the journal", nil))
			}
			l.count(f.First-missing, f.First-1)
		} else if !l.gap(at, &f, len(out.Facts) == 0, &out.Oldest, &out.First) {
			l.hold(f)
			break
		}
		size, frames = size+len(f.Payload), frames+1
		out.Facts = l.appendFacts(out.Facts, &f, out.First+uint64(len(out.Facts)))
	}
	if len(out.Facts) == 0 {
		return nil, 0, nil
	}
	b := &batch{last: out.First + uint64(len(out.Facts)) - 1, records: len(out.Facts)}
	var err error
	if b.data, err = wire.EncodeFactBatch(out); err != nil {
		return b, frames, fmt.Errorf("%w: %w", errBatch, err)
	}
	return b, frames, nil
}

// appendFacts adds the records of a frame from sequence at on.
func (l *sender) appendFacts(dst []hall.Fact, f *journal.Frame, at uint64) []hall.Fact {
	if f.N == 1 {
		fact, err := wire.DecodeFact(f.Payload)
		if err == nil {
			fact.Seq = at
			l.u.opts.Corrector.Correct(&fact)
			if fact.At.Mark == hall.Unsure { // nothing bounds it but now
				fact.At.Wall, fact.At.Mark = l.u.opts.Clock.Now().Wall, hall.Estimated
			}
			l.last = fact.At
			return append(dst, fact)
		}
		l.count(at, at)
		return append(dst, l.refusal(at, err.Error(), f.Payload))
	}
	l.count(at, f.Last())
	for ; at <= f.Last(); at++ {
		dst = append(dst, l.refusal(at, "a frame of several facts", nil))
	}
	return dst
}

// refusal stands for a fact that cannot be read, at the time of the fact before it.
func (l *sender) refusal(seq uint64, reason string, raw []byte) hall.Fact {
	at := l.last
	if at.Wall.IsZero() {
		at = l.u.opts.Clock.Now()
	}
	return hall.Fact{
		Seq: seq, Kind: hall.KindRefusal, At: at, Raw: bytes.Clone(raw[:min(len(raw), wire.MaxRaw)]),
		Refusal: &hall.Refusal{Where: "journal", Reason: reason, Count: 1},
	}
}

// encodeReadings makes a batch of whole frames, corrected.
func (l *sender) encodeReadings(ctx context.Context) (*batch, int, error) {
	out := wire.ReadingBatch{Epoch: l.u.opts.Journal.Epoch(), First: l.next, Oldest: l.oldest()}
	if _, last := l.u.opts.Journal.Bounds(l.lane); last >= l.next { // room at once: frames are many and small
		out.Readings = make([]hall.Reading, 0, min(last-l.next+1, MaxBatchReadings))
	}
	frames := 0
	for len(out.Readings) < MaxBatchReadings && (!l.single || frames < 1) {
		f, ok, err := l.frame()
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			break
		}
		at := out.First + uint64(len(out.Readings))
		if f.Last() < at {
			continue
		}
		if len(out.Readings) > 0 && len(out.Readings)+f.N > MaxBatchReadings || !l.gap(at, &f, len(out.Readings) == 0, &out.Oldest, &out.First) {
			l.hold(f)
			break
		}
		have := len(out.Readings)
		out.Readings, err = wire.DecodeReadingsInto(out.Readings, f.Payload)
		if err == nil && len(out.Readings)-have != f.N {
			err = fmt.Errorf("%d readings, the journal says %d", len(out.Readings)-have, f.N)
			out.Readings = out.Readings[:have]
		}
		if err != nil { // a gap from here: the frame behind it makes the next batch
			if err := l.poison(ctx, f.First, f.Last(), err.Error(), f.Payload); err != nil {
				return nil, 0, err
			}
			continue
		}
		if skip := int(at - min(at, f.First)); have == 0 && skip > 0 { // the county stands within a frame
			out.Readings = out.Readings[skip:]
		}
		for i := have; i < len(out.Readings); i++ {
			l.u.opts.Corrector.CorrectReading(&out.Readings[i])
		}
		frames++
	}
	if len(out.Readings) == 0 {
		return nil, 0, nil
	}
	b := &batch{last: out.First + uint64(len(out.Readings)) - 1, records: len(out.Readings)}
	var err error
	if b.data, err = wire.EncodeReadingBatch(out); err != nil {
		return b, frames, fmt.Errorf("%w: %w", errBatch, err)
	}
	return b, frames, nil
}

// poison tells the county, once, of readings that cannot be sent.
func (l *sender) poison(ctx context.Context, first, last uint64, reason string, raw []byte) error {
	if !l.count(first, last) {
		return nil
	}
	f := l.refusal(0, reason, raw)
	f.At = l.u.opts.Clock.Now()
	f.Refusal.Where, f.Refusal.Count = "journal "+l.lane.String(), int(last-first+1)
	if err := l.u.keep(ctx, f); err != nil {
		return fmt.Errorf("uplink: a refusal cannot be journalled: %w", err)
	}
	return nil
}

// count counts unreadable records; new is false for those that were counted before.
func (l *sender) count(first, last uint64) (new bool) {
	l.u.mu.Lock()
	new = last > l.u.told[l.lane]
	if new {
		l.u.told[l.lane] = last
	}
	l.u.mu.Unlock()
	if new {
		l.u.opts.Metrics.Refused(l.lane, int(last-first+1))
		l.u.log.Error("uplink: records of the journal cannot be read", "lane", l.lane.String(), "first", first, "last", last)
	}
	return new
}
