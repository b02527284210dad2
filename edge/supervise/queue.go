package supervise

import (
	"context"
	"errors"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// maxQueue bounds the facts of one device that wait for the disk. A device that fills it is not read on.
const maxQueue = 1024

// Times of the queue.
const (
	retryStore = 200 * time.Millisecond
	lastStore  = 2 * time.Second // what is still waiting at the end may take this long together
)

// queued is a fact on its way to the journal.
type queued struct {
	fact   hall.Fact
	stored func()
	heard  time.Time
}

// Later queues f with the time of now.
func (u *unit) Later(ctx context.Context, f hall.Fact, stored func()) error {
	f.Device, f.At = u.dev.ID, u.s.opts.Recorder.Stamp()
	select {
	case u.queue <- queued{f, stored, time.Now()}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// store journals what is queued until the device's driver has ended for good, and then what is left. A fact that cannot be
// stored is tried again: it is never dropped while the program runs.
func (u *unit) store(ctx context.Context, ended <-chan struct{}) {
	for {
		select {
		case q := <-u.queue:
			u.keep(ctx, q)
			continue
		case <-ended:
		}
		break
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastStore)
	defer cancel()
	for {
		select {
		case q := <-u.queue:
			u.keep(last, q)
		default:
			return
		}
	}
}

// keep journals one fact, again and again until ctx ends; once more then. One that can never be stored is set aside: those
// behind it must not wait for it.
func (u *unit) keep(ctx context.Context, q queued) {
	for {
		err := u.s.opts.Recorder.Fact(context.WithoutCancel(ctx), q.fact)
		if err == nil {
			u.s.opts.Metrics.Read(u.dev.ID, time.Since(q.heard), nil)
			if q.stored != nil {
				q.stored()
			}
			return
		}
		if errors.Is(err, driver.ErrPermanent) {
			u.Refused(err.Error(), q.fact.Raw)
			return
		}
		if ctx.Err() != nil {
			u.s.opts.Logger.Error("not stored before the end", "device", string(u.dev.ID), "kind", q.fact.Kind.String(), "err", err)
			return
		}
		select {
		case <-time.After(retryStore):
		case <-ctx.Done():
		}
	}
}
