package agent

import (
	"github.com/prometheus/client_golang/prometheus"

	"hallpulse/hall"
)

// read adds a figure that is read when it is fetched.
func (m *metrics) read(name, help string, labels prometheus.Labels, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "hallpulse", Name: name, Help: help, ConstLabels: labels}, value))
}

// watch adds the depths of the agent's queues.
func (m *metrics) watch(a *Agent) {
	j := a.journal
	for _, lane := range []hall.Lane{hall.Facts, hall.Readings} {
		l := prometheus.Labels{"lane": lane.String()}
		m.read("journal_pending_records", "Records the county has not stored yet.", l, func() float64 { return float64(j.Pending(lane)) })
		m.read("journal_dropped_records", "Records given up before the county had them.", l, func() float64 { return float64(j.Dropped(lane)) })
	}
	m.read("journal_bytes", "Size of the journal.", nil, func() float64 { return float64(j.Bytes()) })
	m.read("journal_max_bytes", "Quota of the journal.", nil, func() float64 { return float64(a.cfg.Journal.MaxSize) })
	m.read("journal_damages", "Damaged places found in the journal since the start.", nil, func() float64 {
		list, more := j.Damage()
		return float64(len(list)) + float64(more)
	})
	for _, d := range a.cfg.Devices {
		m.read("driver_queued_facts", "Facts of a device that wait for the disk.", prometheus.Labels{"device": string(d.ID)},
			func() float64 { return float64(a.sup.Queued(d.ID)) })
	}
	if a.terminal != nil {
		m.read("attendance_unknown_terminals", "Terminals that called but are not configured.", nil, func() float64 { return float64(len(a.terminal.Pending())) })
	}
	m.read("disk_full", "1 while records cannot be stored.", nil, func() float64 {
		if a.gateway(a.clock.Now()).DiskFull {
			return 1
		}
		return 0
	})
	m.read("readings_buffered", "Readings in memory.", nil, func() float64 { _, _, n := a.rec.trouble(); return float64(n) })
	m.read("readings_lost", "Readings given up in memory while the journal could not take them.", nil, func() float64 { _, n, _ := a.rec.trouble(); return float64(n) })
}
