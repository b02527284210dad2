package bench

import (
	"context"
	"path/filepath"

	"hallpulse/cmd/hallpulse-demo/internal/bench/ingest"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/edge/uplink"
)

// Aims of the ingest measurement, on two cores.
const (
	aimReadings = 200_000 // a second
	aimFacts    = 20_000
	aimBytes    = 3.0 // on the wire, for each reading
)

func ingestTable(ctx context.Context, o Options, dir string) (*measure.Table, error) {
	r, err := ingest.Run(ctx, ingest.Options{Dir: filepath.Join(dir, "hallpulse"), Halls: o.Halls,
		Readings: whole(o.Readings / o.Halls), Facts: o.Facts / o.Halls, Profile: o.profile("hub")})
	if err != nil {
		return nil, err
	}
	t := &measure.Table{Title: "ingest: from the journals of the halls, through the hub's broker, to the hub's disk"}
	t.Figure("halls that send at once", "%d", o.Halls)
	lane(t, r.Readings, "readings", aimReadings, "200,000/s")
	per := float64(r.Readings.Payload) / float64(r.Readings.Sent)
	t.Aim(per < aimBytes, "< 3", "bytes of a batch for each reading", "%.2f", per)
	t.Figure("bytes in TCP, both ways, for each reading", "%.2f", float64(r.Readings.Wire)/float64(r.Readings.Records))
	lane(t, r.Facts, "facts", aimFacts, "20,000/s")
	t.Figure("bytes of a batch for each fact", "%.1f", float64(r.Facts.Payload)/float64(r.Facts.Sent))
	t.Note("every record was synced before it was acknowledged; what the hub then held on disk was counted: all, each once")
	return t, ingestPeer(ctx, o, dir, r.Readings, t)
}

// whole makes n readings full batches: a gateway keeps what does not fill one for two seconds, which is not to be measured.
func whole(n int) int { return max(1, n/uplink.MaxBatchReadings) * uplink.MaxBatchReadings }

// lane adds the figures of one lane.
func lane(t *measure.Table, p ingest.Phase, what string, aim float64, word string) {
	t.Figure(what+" acknowledged", "%s in %.1f s", measure.Thousands(p.Records), p.Took.Seconds())
	t.Aim(measure.PerSecond(p.Records, p.Took) >= aim, word, what+" a second", "%s", measure.Rate(p.Records, p.Took))
	t.Figure("  the hub's processor time", "%.1f s (%.0f %% of a core), %.2f s a million", p.HubCPU.Seconds(),
		100*p.HubCPU.Seconds()/p.Took.Seconds(), p.HubCPU.Seconds()/float64(p.Records)*1e6)
	t.Figure("  the hub's memory, peak", "%s", measure.MiB(p.HubPeak))
	t.Figure("  the uplinks' processor time, all halls", "%.1f s", p.LinkCPU.Seconds())
	t.Figure("  batches", "%d, acknowledged after %d ms on average, %d asked for again", p.Batches, p.Wait.Milliseconds(), p.Resent)
}
