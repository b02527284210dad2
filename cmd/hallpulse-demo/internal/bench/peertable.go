package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"hallpulse/cmd/hallpulse-demo/internal/bench/ingest"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/cmd/hallpulse-demo/internal/bench/peer"
)

// tools gives the peer's programs; ok is false where it is not to be measured, which t then says.
func tools(o Options, t *measure.Table) (list peer.Tools, ok bool) {
	if !o.Peer {
		t.Note("the peer was not asked for")
		return list, false
	}
	list, missing := peer.Find()
	if len(missing) > 0 {
		t.Note("NO PEER: %s not found; .ci/bench says how to install", strings.Join(missing, ", "))
	}
	return list, len(missing) == 0
}

// ingestPeer measures the same readings through the peer and adds them to t.
func ingestPeer(ctx context.Context, o Options, dir string, ours ingest.Phase, t *measure.Table) error {
	list, ok := tools(o, t)
	if !ok {
		return nil
	}
	r, err := peer.Run(ctx, peer.Options{Tools: list, Dir: filepath.Join(dir, "peer"), Halls: o.Halls, Messages: o.Messages})
	if err != nil {
		return err
	}
	t.Figure("peer: Mosquitto, Telegraf, VictoriaMetrics", "%s of %s readings arrived, in %.1f s", measure.Thousands(r.Arrived), measure.Thousands(r.Sent), r.Took.Seconds())
	t.Figure("  readings a second", "%s", measure.Rate(r.Arrived, r.Took))
	per := float64(r.Wire) / float64(r.Sent)
	t.Figure("  bytes in TCP, both ways, for each reading", "%.2f", per)
	t.Figure("  processor time of the three programs", "%.1f s, %.2f s a million", r.CPU.Seconds(), r.CPU.Seconds()/float64(r.Arrived)*1e6)
	t.Figure("  their memory, peaks together", "%s", measure.MiB(r.Peak))
	rate := measure.PerSecond(ours.Records, ours.Took) / measure.PerSecond(r.Arrived, r.Took)
	bytes := float64(ours.Wire) / float64(ours.Records) / per
	cpu := ours.HubCPU.Seconds() / float64(ours.Records) / (r.CPU.Seconds() / float64(r.Arrived))
	t.Figure("ours to the peer", "%s", fmt.Sprintf("%.1f times the readings a second, %.2f of the bytes, %.2f of the processor time", rate, bytes, cpu))
	t.Note("the peer does not sync before it acknowledges; its publishers are leaner than a client library")
	return nil
}
