package agent

import (
	"time"

	"hallpulse/edge/uplink"
	"hallpulse/hall"
)

var _ uplink.Metrics = uplinkMetrics{}

// uplinkMetrics counts for the uplink: it has a Refused of its own.
type uplinkMetrics struct{ m *metrics }

// Connected shows the link.
func (u uplinkMetrics) Connected(up bool) {
	u.m.connected.Set(0)
	if up {
		u.m.connected.Set(1)
	}
}

// Sent counts a batch.
func (u uplinkMetrics) Sent(lane hall.Lane, records, bytes int) {
	u.m.sent.WithLabelValues(lane.String()).Add(float64(records))
	u.m.sentBytes.WithLabelValues(lane.String()).Add(float64(bytes))
}

// Acked shows what the county has.
func (u uplinkMetrics) Acked(lane hall.Lane, seq uint64, took time.Duration) {
	u.m.acked.WithLabelValues(lane.String()).Set(float64(seq))
	if took > 0 {
		u.m.ackTime.WithLabelValues(lane.String()).Observe(took.Seconds())
	}
}

// Resent counts a lane going back.
func (u uplinkMetrics) Resent(lane hall.Lane, why string) {
	u.m.resent.WithLabelValues(lane.String(), why).Inc()
}

// Refused counts records of the journal that cannot be read.
func (u uplinkMetrics) Refused(lane hall.Lane, records int) {
	u.m.unreadable.WithLabelValues(lane.String()).Add(float64(records))
}

// Snapshot counts a section that was sent.
func (u uplinkMetrics) Snapshot(section hall.Section, bytes int) {
	u.m.snapshots.WithLabelValues(string(section)).Inc()
	u.m.snapBytes.WithLabelValues(string(section)).Add(float64(bytes))
}
