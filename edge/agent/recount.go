package agent

import (
	"context"
	"time"

	"hallpulse/hall"
)

// recount empties the zones that passages count, some time after closing: whoever was not seen going out has gone by then.
// Each is a fact, so that what in and out had drifted apart stays visible.
func (a *Agent) recount(ctx context.Context) error { return a.recountAt(ctx, a.clock.Now()) }

func (a *Agent) recountAt(ctx context.Context, now hall.Stamp) error {
	if now.Mark == hall.Unsure || a.cfg.Hours.Recount <= 0 {
		return nil
	}
	due, ok := recountTime(a.desc.Opening(), now.Wall, a.cfg.Location(), a.cfg.Hours.Recount)
	if !ok || now.Wall.Before(due) {
		return nil
	}
	for _, z := range a.rec.state(now.Wall).Zones.Zones {
		if z.Counted || z.Unknown || z.People == 0 || z.Last.After(due) {
			continue // a counter sees for itself; after the recount the hall was opened again
		}
		f := hall.Fact{Kind: hall.KindRecount, Recount: &hall.Recount{Zone: z.ID, From: z.People, To: 0, Reason: "closing"}}
		if err := a.rec.Fact(ctx, f); err != nil {
			return err
		}
		a.log.Info("zone counted anew", "zone", string(z.ID), "people", z.People, "in", z.In, "out", z.Out)
	}
	return nil
}

// recountTime gives when the zones of now's day are counted anew; ok is false on a day that is closed.
func recountTime(h hall.Hours, now time.Time, loc *time.Location, after time.Duration) (time.Time, bool) {
	s, ok := h.On(now, loc)
	return s.To.Add(after), ok
}
