package dispenser

import (
	"context"
	"time"

	"hallpulse/hall"
)

// Limits and times of the tickets that wait.
const (
	maxWaiting = 1024
	ackedCheck = 20 * time.Millisecond // how often it is looked whether the printer took a ticket
	retryTime  = 200 * time.Millisecond
)

// waiting is a ticket that the printer may not have taken yet.
type waiting struct {
	fact hall.Fact
	link *link
	end  uint64 // of the connection's bytes, where the ticket was whole
}

// add never waits: whoever prints must not.
func (r *service) add(w waiting) {
	select {
	case r.waiting <- w:
	default:
		r.out.Refused("too many tickets wait for the disk", w.fact.Raw)
	}
}

// store tells the tickets in their order until there are no more.
func (r *service) store(ctx context.Context) {
	for w := range r.waiting {
		if !w.taken() {
			r.out.Refused("the printer did not take it", w.fact.Raw)
			continue
		}
		r.out.Seen()
		r.keep(ctx, w.fact)
	}
}

// taken waits until the printer has acknowledged the ticket, or the connection has ended without.
func (w *waiting) taken() bool {
	tick := time.NewTicker(ackedCheck)
	defer tick.Stop()
	for w.link.acked() < w.end {
		select {
		case <-tick.C:
		case <-w.link.gone:
			return w.link.acked() >= w.end
		}
	}
	return true
}

// keep gives a ticket to the journal. One that is not taken is tried again: printing goes on meanwhile.
func (r *service) keep(ctx context.Context, f hall.Fact) {
	for {
		err := r.out.Later(ctx, f, nil)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			r.out.Refused("not stored before the end: "+err.Error(), f.Raw)
			return
		}
		select {
		case <-time.After(retryTime):
		case <-ctx.Done():
		}
	}
}
