package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"hallpulse/hub/ingest"
)

// collector turns the counters of the parts into metrics when it is asked: nothing is counted twice, and counting costs
// the parts nothing.
type collector struct {
	app    *App
	gauges []metric
	ingest []laneMetric
	build  *prometheus.Desc
	halls  *prometheus.Desc
	alerts *prometheus.Desc
}

var _ prometheus.Collector = (*collector)(nil)

// metric is a figure without labels.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*App) float64
}

// laneMetric is a figure of each lane.
type laneMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(ingest.LaneStats) float64
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("hallpulse_"+name, help, labels, nil)
}

func newCollector(a *App) *collector {
	return &collector{
		app: a, gauges: append(hubMetrics(), webhookMetrics(a)...), ingest: laneMetrics(),
		build:  desc("build_info", "Version of the program; always 1.", "version"),
		halls:  desc("halls", "Halls by the state of their link.", "link"),
		alerts: desc("alerts", "Open alerts by rule and status; suppressed ones are those of devices behind a lost gateway.", "rule", "status", "suppressed"),
	}
}

// Describe names every metric.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.gauges {
		out <- m.desc
	}
	for _, m := range c.ingest {
		out <- m.desc
	}
	out <- c.build
	out <- c.halls
	out <- c.alerts
}

// Collect reads every figure.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	for _, m := range c.gauges {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(c.app))
	}
	s := c.app.ingest.Stats()
	for _, m := range c.ingest {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(s.Facts), "facts")
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(s.Readings), "readings")
	}
	out <- prometheus.MustNewConstMetric(c.build, prometheus.GaugeValue, 1, c.app.version)
	c.collectHalls(out)
	c.collectAlerts(out)
}
