package agent

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hallpulse/edge/supervise"
	"hallpulse/hall"
)

var (
	_ supervise.Metrics = (*metrics)(nil)
	_ counter           = (*metrics)(nil)
)

// metrics is what a Prometheus may fetch at the panel.
type metrics struct {
	registry *prometheus.Registry

	runs    *prometheus.HistogramVec // seconds by device and success
	reads   *prometheus.HistogramVec // seconds by device and success
	seen    *prometheus.CounterVec
	refused *prometheus.CounterVec
	health  *prometheus.GaugeVec
	facts   *prometheus.CounterVec
	failed  *prometheus.CounterVec

	connected  prometheus.Gauge
	sent       *prometheus.CounterVec
	sentBytes  *prometheus.CounterVec
	acked      *prometheus.GaugeVec
	ackTime    *prometheus.HistogramVec
	resent     *prometheus.CounterVec
	unreadable *prometheus.CounterVec
	snapshots  *prometheus.CounterVec
	snapBytes  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.runs = m.histogram("driver_run_seconds", "How long runs of a driver lasted until they ended.", []float64{.01, .1, 1, 10, 60, 600, 3600, 86400}, "device", "success")
	m.reads = m.histogram("driver_read_seconds", "From a device's word to its fact on the disk; of a camera, from the question to the answer.", []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .5, 2, 10}, "device", "success")
	m.seen = m.counter("driver_frames_total", "Frames and answers of a device that were understood.", "device")
	m.refused = m.counter("driver_refused_total", "Frames and requests of a device that were set aside.", "device")
	m.health = m.gauge("device_health", "0 unknown, 1 ok, 2 degraded, 3 stuck, 4 down.", "device")
	m.facts = m.counter("facts_total", "Facts journalled.", "kind")
	m.failed = m.counter("facts_failed_total", "Facts that could not be journalled.", "kind")
	m.connected = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "hallpulse", Name: "uplink_connected", Help: "1 while connected to the county's broker."})
	m.registry.MustRegister(m.connected)
	m.sent = m.counter("uplink_sent_records_total", "Records sent, again and again ones included.", "lane")
	m.sentBytes = m.counter("uplink_sent_bytes_total", "Bytes of batches sent.", "lane")
	m.acked = m.gauge("uplink_acked_sequence", "Newest record that the county has stored.", "lane")
	m.ackTime = m.histogram("uplink_ack_seconds", "From the sending of a batch to its acknowledgement.", prometheus.DefBuckets, "lane")
	m.resent = m.counter("uplink_resent_total", "Times a lane was sent again from the county's position.", "lane", "why")
	m.unreadable = m.counter("uplink_unreadable_records_total", "Records of the journal that cannot be read.", "lane")
	m.snapshots = m.counter("uplink_snapshots_total", "Sections of the live state sent.", "section")
	m.snapBytes = m.counter("uplink_snapshot_bytes_total", "Bytes of sections sent.", "section")
	return m
}

func (m *metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "hallpulse", Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "hallpulse", Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "hallpulse", Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *metrics) handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)})
}

// Run counts a run of a driver that ended.
func (m *metrics) Run(device hall.DeviceID, took time.Duration, err error) {
	m.runs.WithLabelValues(string(device), success(err)).Observe(took.Seconds())
}

// Read counts a reading of a device.
func (m *metrics) Read(device hall.DeviceID, took time.Duration, err error) {
	m.reads.WithLabelValues(string(device), success(err)).Observe(took.Seconds())
}

func success(err error) string { return strconv.FormatBool(err == nil) }

// Seen counts evidence that a device lives.
func (m *metrics) Seen(device hall.DeviceID) { m.seen.WithLabelValues(string(device)).Inc() }

// Refused counts what a device said that was set aside.
func (m *metrics) Refused(device hall.DeviceID) { m.refused.WithLabelValues(string(device)).Inc() }

// Health shows a device's state.
func (m *metrics) Health(device hall.DeviceID, h hall.Health) {
	m.health.WithLabelValues(string(device)).Set(float64(h))
}

func (m *metrics) fact(k hall.FactKind, err error) {
	if err != nil {
		m.failed.WithLabelValues(k.String()).Inc()
		return
	}
	m.facts.WithLabelValues(k.String()).Inc()
}
