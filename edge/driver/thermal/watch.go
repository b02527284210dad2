package thermal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// errBroken says that pictures are impossible.
var errBroken = errors.New("pictures are out of the sensor's range")

// watcher turns pictures into people.
type watcher struct {
	o   Options
	out driver.Sink

	n       int
	ground  background
	track   tracker
	last    []byte
	same    int
	bad     int
	now     int // people in the last pictures
	steady  int // so many pictures
	told    int
	toldAt  time.Time
	trouble string
}

// Reasons of what a watcher finds.
const (
	whyFrozen = "frozen"
	whyHot    = "hot_background"
)

func (w *watcher) take(ctx context.Context, raw []byte, at time.Time) error {
	f, err := decode(raw)
	if err != nil {
		if w.bad++; w.bad > badMost {
			return errBroken
		}
		w.out.Refused(err.Error(), raw)
		return nil
	}
	w.bad = 0
	w.out.Seen()
	w.freeze(raw)
	mask := w.ground.learn(&f, w.n)
	w.n++
	w.judge()
	if w.n < fastFrames {
		return nil
	}
	if w.trouble == whyFrozen {
		w.track = tracker{} // whoever is there afterwards did not walk there
		return nil
	}
	list := blobs(mask)
	crossed := w.track.step(list)
	if !w.o.Passages {
		w.count(len(list), at)
		return nil
	}
	for _, d := range crossed {
		if w.o.Swap {
			d = -d
		}
		f := hall.Fact{Kind: hall.KindPassage, Raw: bytes.Clone(raw), Passage: &hall.Passage{Zone: w.o.Zone, Direction: d}}
		if err := w.out.Later(ctx, f, nil); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

// count tells a number that has stayed for a moment, on change and now and then.
func (w *watcher) count(n int, at time.Time) {
	if n != w.now {
		w.now, w.steady = n, 0
	}
	if w.trouble != "" {
		w.toldAt = time.Time{} // told at once when it can be believed again
		return
	}
	w.steady++
	if w.steady < steadyFor || n == w.told && !w.toldAt.IsZero() && at.Sub(w.toldAt) < tellEvery {
		return
	}
	w.told, w.toldAt = n, at
	w.out.Reading(hall.MetricCounted, string(w.o.Zone), float64(n))
}

func (w *watcher) freeze(raw []byte) {
	if !bytes.Equal(raw, w.last) {
		w.last, w.same = bytes.Clone(raw), 0
		return
	}
	w.same++
}

// judge names a sensor that cannot be believed.
func (w *watcher) judge() {
	limit := hotRoom
	if w.trouble == whyHot {
		limit -= coolBy
	}
	why := ""
	switch {
	case w.same >= frozenAfter:
		why = whyFrozen
	case w.ground.mean() > limit:
		why = whyHot
	}
	if why == w.trouble {
		return
	}
	if w.trouble = why; why == "" {
		w.out.Healthy()
		return
	}
	w.out.Degraded(why == whyFrozen, hall.Reason{Code: why, Detail: fmt.Sprintf("%.1f °C", w.ground.mean())})
}
