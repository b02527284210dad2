package app

import (
	"context"
	"fmt"
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"hallpulse/hub/alert"
	"hallpulse/hub/ingest"
	"hallpulse/hub/live"
	"hallpulse/hub/notify/webhook"
)

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// hubMetrics are the figures without labels.
func hubMetrics() []metric {
	return []metric{
		{desc("ready", "1 while the hub can store what it hears."), gauge, func(a *App) float64 { return truth(a.ready() == nil) }},
		{desc("broker_gateways", "Gateways connected now."), gauge, func(a *App) float64 { return float64(a.broker.Stats().Connected) }},
		{desc("broker_messages_total", "Messages of gateways."), counter, func(a *App) float64 { return float64(a.broker.Stats().Received) }},
		{desc("broker_dropped_total", "Messages that were not accepted; gateways send logs again."), counter, func(a *App) float64 { return float64(a.broker.Stats().Dropped) }},
		{desc("broker_refused_total", "Connections, publishes and subscriptions refused."), counter, func(a *App) float64 { return float64(a.broker.Stats().Refused) }},
		{desc("broker_ack_failures_total", "Acks that could not be handed to the broker."), counter, func(a *App) float64 { return float64(a.broker.Stats().AckFailed) }},
		{desc("messages_unreadable_total", "Births, snapshots and wills that could not be read."), counter, func(a *App) float64 { return float64(a.notes.refused.Load()) }},
		{desc("ingest_stale_batches_total", "Batches of a journal that is not in use."), counter, func(a *App) float64 { return float64(a.ingest.Stats().Stale) }},
		{desc("ingest_foreign_births_total", "Births that name another hall."), counter, func(a *App) float64 { return float64(a.ingest.Stats().Foreign) }},
		{desc("ingest_journals_back_total", "Births with a journal that ends before what is stored of it."), counter, func(a *App) float64 { return float64(a.ingest.Stats().WentBack) }},
		{desc("ingest_births_waiting", "Births that are not stored yet."), gauge, func(a *App) float64 { return float64(a.ingest.Stats().Births) }},
		{desc("refusals_waiting", "Different refusals that are not stored yet."), gauge, func(a *App) float64 { return float64(a.notes.depth()) }},
		{desc("web_streams", "Open streams of pages and programs."), gauge, func(a *App) float64 { return float64(a.web.Streams()) }},
		{desc("series_refused_total", "Readings that can never be stored: too late, or another value for an instant that has one."), counter, func(a *App) float64 { return float64(a.series.Refused()) }},
	}
}

// webhookMetrics are those of the webhook, where there is one.
func webhookMetrics(a *App) []metric {
	if a.webhook == nil {
		return nil
	}
	return []metric{
		{desc("webhook_sent_total", "Messages that the receiver took."), counter, func(a *App) float64 { return float64(a.webhook.Sent()) }},
		{desc("webhook_dropped_total", "Messages that were given up: refused for good, or not taken for a day."), counter, func(a *App) float64 { return float64(a.webhook.Dropped()) }},
		{desc("webhook_waiting", "Messages that wait for the receiver; NaN while the store does not answer."), gauge, (*App).webhookWaiting},
	}
}

func (a *App) webhookWaiting() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), metricsTimeout/2)
	defer cancel()
	n, err := a.store.CountNotices(ctx, webhook.Channel)
	if err != nil {
		return math.NaN()
	}
	return float64(n)
}

// laneMetrics are the figures of each lane of the halls' logs.
func laneMetrics() []laneMetric {
	m := func(name, help string, kind prometheus.ValueType, value func(ingest.LaneStats) float64) laneMetric {
		return laneMetric{desc("ingest_"+name, help, "lane"), kind, value}
	}
	return []laneMetric{
		m("records_total", "Records stored.", counter, func(s ingest.LaneStats) float64 { return float64(s.Records) }),
		m("batches_total", "Batches worked on.", counter, func(s ingest.LaneStats) float64 { return float64(s.Batches) }),
		m("commits_total", "Groups of batches committed.", counter, func(s ingest.LaneStats) float64 { return float64(s.Commits) }),
		m("commit_seconds_total", "Time spent on commits.", counter, func(s ingest.LaneStats) float64 { return s.Busy.Seconds() }),
		m("duplicates_total", "Records that were there already.", counter, func(s ingest.LaneStats) float64 { return float64(s.Duplicates) }),
		m("lost_total", "Records that nobody holds any more.", counter, func(s ingest.LaneStats) float64 { return float64(s.Lost) }),
		m("poison_total", "Records that could not be read.", counter, func(s ingest.LaneStats) float64 { return float64(s.Poison) }),
		m("unreadable_batches_total", "Batches of which nothing could be read.", counter, func(s ingest.LaneStats) float64 { return float64(s.Unreadable) }),
		m("resends_total", "Times that halls were asked to send again.", counter, func(s ingest.LaneStats) float64 { return float64(s.Resends) }),
		m("dropped_batches_total", "Batches without room or of a failed commit; halls send them again.", counter, func(s ingest.LaneStats) float64 { return float64(s.Dropped) }),
		m("failures_total", "Failures of the store or the engine of readings.", counter, func(s ingest.LaneStats) float64 { return float64(s.Failures) }),
		m("queue_batches", "Batches waiting in the queue.", gauge, func(s ingest.LaneStats) float64 { return float64(s.Queued) }),
		m("queue_bytes", "Bytes waiting in the queue.", gauge, func(s ingest.LaneStats) float64 { return float64(s.Waiting) }),
		m("failing", "1 while the lane cannot be stored.", gauge, func(s ingest.LaneStats) float64 { return truth(s.Failing) }),
	}
}

// collectHalls counts halls by link; a link that no hall has is 0.
func (c *collector) collectHalls(out chan<- prometheus.Metric) {
	count := map[live.Link]int{live.LinkOnline: 0, live.LinkLate: 0, live.LinkLost: 0, live.LinkNever: 0, live.LinkRetired: 0}
	for _, v := range c.app.live.All() {
		count[v.Link]++
	}
	for link, n := range count {
		out <- prometheus.MustNewConstMetric(c.halls, gauge, float64(n), string(link))
	}
}

// collectAlerts counts open alerts; what no alert has is 0, so that a graph has no holes.
func (c *collector) collectAlerts(out chan<- prometheus.Metric) {
	type key struct {
		rule       alert.Rule
		status     alert.Status
		suppressed bool
	}
	count := map[key]int{}
	for _, rule := range []alert.Rule{alert.QueueTooLong, alert.WaitTooLong, alert.DeviceDown, alert.GatewayLost} {
		count[key{rule, alert.Firing, false}], count[key{rule, alert.Acknowledged, false}] = 0, 0
	}
	for _, i := range c.app.alerts.List() {
		if i.Status != alert.Resolved {
			count[key{i.Rule, i.Status, i.Suppressed}]++
		}
	}
	for k, n := range count {
		out <- prometheus.MustNewConstMetric(c.alerts, gauge, float64(n), string(k.rule), string(k.status), fmt.Sprint(k.suppressed))
	}
}
