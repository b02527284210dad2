package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	metricsTimeout = 10 * time.Second
	maxCollecting  = 4 // collections at once
)

// openMetrics makes the hub's own registry, and the extra listener where there is one.
func (a *App) openMetrics(ctx context.Context) (err error) {
	a.registry = prometheus.NewRegistry()
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := a.registry.Register(newCollector(a)); err != nil {
		return err
	}
	if a.cfg.Metrics.Listen == "" {
		return nil
	}
	if !loopback(a.cfg.Metrics.Listen) {
		return errors.New("metrics.listen is not an address of this machine alone")
	}
	var lc net.ListenConfig
	if a.metrics, err = lc.Listen(ctx, "tcp", a.cfg.Metrics.Listen); err != nil {
		return err
	}
	a.cleanups.push("metrics port", func() error { return ignoreClosed(a.metrics.Close()) })
	return nil
}

func (a *App) metricsHandler() http.Handler {
	return promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxCollecting, Timeout: metricsTimeout})
}

// serveMetrics gives /metrics on its own listener until ctx ends.
func (a *App) serveMetrics(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metricsHandler())
	s := &http.Server{Handler: mux, ReadTimeout: metricsTimeout, WriteTimeout: 2 * metricsTimeout, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- s.Serve(a.metrics) }()
	select {
	case err := <-served:
		return fmt.Errorf("app: metrics: %w", err)
	case <-ctx.Done():
	}
	err := ignoreClosed(s.Close())
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, ignoreClosed(end))
	}
	return err
}
