package hikvision

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"hallpulse/edge/driver"
)

// tend searches the stored events when that is due: after a connect, after a gap, and now and then.
func (t *terminal) tend(ctx context.Context, sink driver.Sink) error {
	gap, due := t.due()
	if !due {
		return nil
	}
	from, to := t.span()
	found, late, err := t.backfill(ctx, sink, from, to)
	if err != nil {
		t.failed(err)
		return err
	}
	t.done(found, to, gap)
	if late > 0 && t.o.Mode == Listen {
		t.trouble(sink, codePush, strconv.Itoa(late))
	}
	return nil
}

// due says whether to search, and whether it is because of a gap. Searches because of gaps grow rare when they find nothing:
// some terminals count events that they tell nobody.
func (t *terminal) due() (gap, due bool) {
	now := t.srv.opts.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	since := now.Sub(t.searched)
	switch {
	case t.searched.IsZero() || since < 0:
		due = true
	case t.dirty && since >= t.srv.times.search<<t.futile:
		gap, due = true, true
	default:
		due = since >= searchEvery
	}
	if due {
		t.dirty = false
	}
	return gap, due
}

// span gives the time to search, on the device's clock: from where the search before, or the journal, ended. A beginning that
// has not come yet is from a clock that was ahead and says nothing.
func (t *terminal) span() (from, to time.Time) {
	now := t.clock().In(t.o.location())
	t.mu.Lock()
	from = t.full
	t.mu.Unlock()
	if from.IsZero() {
		from = t.srv.past.since(t.serial())
	}
	from = from.Add(-searchOverlap)
	if oldest := now.Add(-t.history); from.Before(oldest) || from.After(now) {
		from = oldest
	}
	return from.In(t.o.location()).Truncate(time.Second), now.Add(time.Minute).Truncate(time.Second)
}

// failed makes the search due again at the next look, or later where the device does not know it.
func (t *terminal) failed(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirty = true
	if errors.Is(err, errUnsupported) {
		t.searched, t.futile = t.srv.opts.Now(), min(t.futile+1, maxFutile)
	}
}

func (t *terminal) done(found int, to time.Time, gap bool) {
	now := t.srv.opts.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Searches++
	t.searched = now
	t.full = to.Add(-time.Minute)
	switch {
	case found > 0:
		t.futile = 0
	case gap:
		t.futile = min(t.futile+1, maxFutile)
	}
}

// backfill reads the stored events of a time, page by page. found counts the punches that were not known, late those of them
// that the device should have posted.
func (t *terminal) backfill(ctx context.Context, sink driver.Sink, from, to time.Time) (found, late int, err error) {
	id := strconv.FormatUint(rand.Uint64(), 16)
	t.mu.Lock()
	first := t.searched.IsZero()
	t.mu.Unlock()
	old := t.clock().Add(-pushLate)
	for position, pages := 0, 0; ; pages++ {
		p, err := t.client.search(ctx, id, position, from, to)
		if err != nil {
			return found, late, err
		}
		if p.bad > 0 {
			t.refuse(sink, strconv.Itoa(p.bad)+" stored events cannot be read", nil)
		}
		for i := range p.items {
			became, at, err := t.stored(ctx, sink, &p.items[i])
			if err != nil {
				return found, late, err
			}
			if became == fresh {
				found++
			}
			if became == fresh && !first && at.Before(old) {
				late++
			}
		}
		t.seen(sink)
		position += p.count
		switch {
		case !p.more || p.count == 0 || p.total > 0 && position >= p.total: // past the end is an error
			return found, late, nil
		case pages >= maxPages:
			return found, late, fmt.Errorf("hikvision: more than %d stored events from %s on", position, from.Format(searchTime))
		}
	}
}

// stored takes a stored event. What is known is no repetition here: a search reads it by intention.
func (t *terminal) stored(ctx context.Context, sink driver.Sink, a *Access) (became outcome, at time.Time, err error) {
	if a.meaning(t.granted) != personGranted || a.Person == "" { // one without a person was refused when it was told
		return aside, at, nil
	}
	if at, err = parseTime(a.Time, t.o.location()); err != nil {
		t.refuse(sink, err.Error(), a.raw())
		return aside, at, nil
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return aside, at, ctx.Err()
	}
	if became, err = t.punch(ctx, sink, a, at); became == fresh {
		t.count(func(st *Status) { st.Found++ })
	}
	return became, at, err
}
