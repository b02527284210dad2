package bench

import (
	"context"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/keypress"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
)

// aimPress is for 99 of 100 presses.
const aimPress = 100 * time.Millisecond

func keypressTable(ctx context.Context, o Options, dir string) (*measure.Table, error) {
	t := &measure.Table{Title: "keypress: from the key on the keypad's wire to the changed number in a browser's page"}
	browser, err := keypress.Find()
	if err != nil {
		t.Note("NOT MEASURED: %v", err)
		return t, nil
	}
	r, err := keypress.Run(ctx, keypress.Options{Dir: dir, Presses: o.Presses, Browser: browser})
	if err != nil {
		return nil, err
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	t.Figure("presses, in a living county of 3 halls and 5 stations", "%d", len(r))
	t.Figure("median", "%.1f ms", ms(r.Quantile(0.5)))
	t.Figure("90 of 100", "%.1f ms", ms(r.Quantile(0.9)))
	p99 := r.Quantile(0.99)
	t.Aim(p99 < aimPress, "< 100 ms", "99 of 100", "%.1f ms", ms(p99))
	t.Figure("the slowest", "%.1f ms", ms(r[len(r)-1]))
	return t, nil
}
