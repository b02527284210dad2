package measure

import (
	"context"
	"slices"
	"time"
)

// Share is what a process used over a while.
type Share struct {
	RSS  int64   // median of the bytes resident
	Peak int64   // most bytes ever resident
	CPU  float64 // of a core, 1 is all of it
}

// Watch looks at a process every second for d.
func Watch(ctx context.Context, pid int, d time.Duration) (s Share, err error) {
	first, err := Of(pid)
	if err != nil {
		return s, err
	}
	began := time.Now()
	last := first
	rss := []int64{first.RSS}
	for time.Since(began) < d {
		if err := Pause(ctx, min(time.Second, d-time.Since(began))); err != nil {
			return s, err
		}
		if last, err = Of(pid); err != nil {
			return s, err
		}
		rss = append(rss, last.RSS)
	}
	slices.Sort(rss)
	return Share{RSS: rss[len(rss)/2], Peak: last.Peak, CPU: (last.CPU - first.CPU).Seconds() / time.Since(began).Seconds()}, nil
}
