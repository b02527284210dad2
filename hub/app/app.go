// Package app is the county's hub as a whole: it wires broker, ingest, store, series, live views, alerts and pages.
// A caller opens it with New, which makes its ports known, and runs it with Run; a test can do so on port 0.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/broker"
	"hallpulse/hub/ingest"
	"hallpulse/hub/live"
	"hallpulse/hub/notify/webhook"
	"hallpulse/hub/series"
	"hallpulse/hub/store"
	"hallpulse/hub/web"
)

// Options of a hub.
type Options struct {
	Config  Config // as Load gives it; what is zero gets its default
	Version string
	Logger  *slog.Logger // nil: none
}

// App is a hub with open ports.
type App struct {
	cfg     Config
	version string
	log     *slog.Logger

	store    *store.Store
	series   engine
	live     *live.Store
	alerts   *alert.Engine
	webhook  *webhook.Notifier // nil: alerts are posted nowhere
	ingest   *ingest.Ingest
	broker   *broker.Broker
	web      *web.Server
	notes    *notes
	watch    *watch
	acks     *acks
	registry *prometheus.Registry
	metrics  net.Listener // nil: no listener of their own

	cleanups cleanups
	running  sync.Once
	quit     chan struct{} // closed by Close
	closing  sync.Once
	stopping sync.Once
	stopErr  error
}

// engine is an engine of readings that counts what it can never store.
type engine interface {
	series.Engine
	Refused() uint64
}

// New opens the store, the engine of readings and every port; gateways may connect and are answered when Run runs. What
// a failed start had opened is closed again.
func New(ctx context.Context, o Options) (*App, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &App{cfg: o.Config, version: o.Version, log: o.Logger, quit: make(chan struct{})}
	a.cfg.fill()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"store", a.openStore}, {"series", a.openSeries}, {"live", a.openLive}, {"alerts", a.openAlerts},
		{"ingest", a.openIngest}, {"gateways", a.openWatch}, {"broker", a.openBroker}, {"metrics", a.openMetrics}, {"web", a.openWeb},
	} {
		if err := step.do(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("app: start %s: %w", step.name, err), a.stop())
		}
	}
	a.warn()
	a.log.Info("app: ready to run", "web", a.WebAddr(), "broker", a.BrokerAddr(), "version", a.version)
	return a, nil
}

// warn tells of listeners whose words others on the network can read.
func (a *App) warn() {
	c := a.cfg
	if c.MQTT.CertFile == "" && !loopback(c.MQTT.Listen) {
		a.log.Warn("app: gateways connect without TLS: credentials can be read on the network", "listen", c.MQTT.Listen)
	}
	if c.Web.CertFile == "" && !c.Web.Secure && !loopback(c.Web.Listen) {
		a.log.Warn("app: pages are served without TLS: passwords can be read on the network", "listen", c.Web.Listen)
	}
}

// WebAddr is where the pages and the interface listen, host:port.
func (a *App) WebAddr() string { return a.web.Addr().String() }

// View is what a hall says now; ok is false for a hall that is not known.
func (a *App) View(id hall.HallID) (live.View, bool) { return a.live.Get(id) }

// BrokerAddr is where gateways connect, host:port.
func (a *App) BrokerAddr() string { return a.broker.Addr() }

// MetricsAddr is where metrics are given without a login, host:port; empty: nowhere.
func (a *App) MetricsAddr() string {
	if a.metrics == nil {
		return ""
	}
	return a.metrics.Addr().String()
}

// Close ends a hub, also one that never ran, and waits for it. What went wrong is logged, and given by Run where it runs.
func (a *App) Close() {
	a.closing.Do(func() { close(a.quit) })
	if err := a.stop(); err != nil {
		a.log.Error("app: stop", "error", err)
	}
}

// stop undoes everything once; whoever else calls it waits for that.
func (a *App) stop() error {
	a.stopping.Do(func() { a.stopErr = a.cleanups.run(stopLimit, stopLeast) })
	return a.stopErr
}
