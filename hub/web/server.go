package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"hallpulse/dashboards"
	"hallpulse/hub/report"
	"hallpulse/hub/web/present"
	"hallpulse/hub/web/stream"
)

// Limits of requests.
const (
	maxBody        = 64 << 10
	maxHeader      = 16 << 10
	readTimeout    = 15 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	requestTimeout = 20 * time.Second // of a query behind a request
	stopTimeout    = 5 * time.Second
	maxConns       = 4096
)

// Server is the web server.
type Server struct {
	o       Options
	app     *fiber.App
	hub     *stream.Hub
	cat     *present.Catalog
	show    *present.Presenter
	render  *present.Renderer
	assets  *assets
	streams *streams
	weeks   *report.Weeks // nil: nobody keeps up-times

	ln   net.Listener
	ctx  context.Context // of Run; requests end with it
	stop context.CancelFunc
}

// New prepares a server and opens its port, so that Addr is known; Run serves.
func New(o Options) (*Server, error) {
	s, err := build(o)
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", s.o.Listen)
	if err != nil {
		return nil, fmt.Errorf("web: listen: %w", err)
	}
	if s.o.TLS != nil {
		ln = tls.NewListener(ln, s.o.TLS)
	}
	s.ln = ln
	return s, nil
}

// build makes a server without a port.
func build(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	cat, err := present.LoadCatalog(dashboards.Messages())
	if err != nil {
		return nil, err
	}
	render, err := present.NewRenderer(dashboards.Templates(), cat)
	if err != nil {
		return nil, err
	}
	files, err := loadAssets(dashboards.Static())
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, cat: cat, show: present.New(cat, present.ByLimits(o.Limits)), render: render, assets: files, streams: newStreams()}
	if o.Uptimes != nil {
		s.weeks = report.NewWeeks(o.Uptimes)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.hub = stream.New(stream.Options{Live: o.Live, Alerts: o.Alerts, Presenter: s.show, Renderer: render, Now: o.Now})
	s.app = fiber.New(fiber.Config{
		AppName: "HallPulse", ServerHeader: "", DisableStartupMessage: true, Immutable: true,
		BodyLimit: maxBody, ReadBufferSize: maxHeader, Concurrency: maxConns,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorHandler:            s.fail,
		EnableTrustedProxyCheck: true, TrustedProxies: o.Proxies, ProxyHeader: proxyHeader(o.Proxies),
	})
	s.routes()
	return s, nil
}

func proxyHeader(proxies []string) string {
	if len(proxies) == 0 {
		return ""
	}
	return "X-Real-Ip"
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Run serves until ctx ends, then ends open streams and requests. It returns nil after an orderly stop.
func (s *Server) Run(ctx context.Context) error {
	defer s.stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { s.hub.Run(s.ctx) })
	served := make(chan error, 1)
	wg.Go(func() { served <- s.app.Listener(s.ln) })
	select {
	case err := <-served:
		s.stop()
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	s.stop() // streams end here, so that the shutdown below need not wait for them
	err := s.app.ShutdownWithTimeout(stopTimeout)
	_ = s.ln.Close() // a shutdown that came before the first accept has not seen the listener
	s.streams.ended.Wait()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("web: stop: %w", err)
	}
	return nil
}

// Close gives the port back where Run was never called.
func (s *Server) Close() error {
	s.stop()
	return s.ln.Close()
}

// request gives the context of a request: bounded, and ended by the server's stop.
func (s *Server) request() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.ctx, requestTimeout)
}
