package bench

import (
	"context"
	"path/filepath"

	"hallpulse/cmd/hallpulse-demo/internal/bench/edgeload"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/cmd/hallpulse-demo/internal/bench/peer"
)

// Aims of the edge measurement.
const (
	aimRSS  = 32 << 20
	aimEdge = 0.02 // of a core
)

func edgeTable(ctx context.Context, o Options, dir string) (*measure.Table, error) {
	r, err := edgeload.Run(ctx, edgeload.Options{Dir: dir, Warm: o.Warm, For: o.For, Profile: o.profile("edge")})
	if err != nil {
		return nil, err
	}
	t := &measure.Table{Title: "edge: a gateway with its devices, connected to the hub"}
	t.Figure("simulated devices, all well", "%d", r.Devices)
	t.Figure("measured for", "%v, after %v", o.For, o.Warm)
	t.Aim(r.RSS < aimRSS, "< 32 MiB", "memory resident, median", "%s", measure.MiB(r.RSS))
	t.Figure("memory resident, peak since the start", "%s", measure.MiB(r.Peak))
	t.Aim(r.CPU < aimEdge, "< 2 %", "processor time, of a core", "%.2f %%", 100*r.CPU)
	list, ok := tools(o, t)
	if !ok {
		return t, nil
	}
	idle, err := peer.Idle(ctx, list, filepath.Join(dir, "peer"), o.Warm, o.For)
	if err != nil {
		return nil, err
	}
	t.Figure("peer: Telegraf with three plugins, idle, median", "%s", measure.MiB(idle.RSS))
	t.Figure("  peak since the start", "%s", measure.MiB(idle.Peak))
	t.Figure("  processor time, of a core", "%.2f %%", 100*idle.CPU)
	t.Figure("ours to the peer", "%.2f of the memory", float64(r.RSS)/float64(idle.RSS))
	return t, nil
}
