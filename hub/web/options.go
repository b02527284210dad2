// Package web serves the county's pages and its API: what is true now (server-sent events), what happened (JSON), what
// needs a person (alerts). It denies by default: every route asks who is there, except the login page, the probes and
// the static files. It is the only place that knows Fiber.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/rule"
	"hallpulse/hub/alert"
	"hallpulse/hub/auth"
	"hallpulse/hub/live"
	"hallpulse/hub/report"
	"hallpulse/hub/series"
	"hallpulse/hub/store"
)

// Live gives what halls say now.
type Live interface {
	Get(id hall.HallID) (live.View, bool)
	All() []live.View
	Subscribe() (initial []live.View, events <-chan live.Event, cancel func())
}

// Alerts gives incidents and takes acknowledgements.
type Alerts interface {
	List() []alert.Incident // open ones and the latest resolved ones
	Acknowledge(ctx context.Context, id, by string) (alert.Incident, error)
	Subscribe() (events <-chan alert.Incident, cancel func())
}

// Facts gives what happened. store.Store does.
type Facts interface {
	Tickets(ctx context.Context, q store.Query) (store.Page[store.TicketRow], error)
	Ratings(ctx context.Context, q store.Query) (store.Page[store.RatingRow], error)
	Punches(ctx context.Context, q store.Query) (store.Page[store.PunchRow], error)
	Passages(ctx context.Context, q store.Query) (store.Page[store.PassageRow], error)
	Gaps(ctx context.Context, q store.Query) (store.Page[store.FactRow], error) // facts of KindGap
}

// Uptimes gives how long devices worked. store.Store does, through package report.
type Uptimes interface{ report.Store }

// Series gives readings. series.Engine does.
type Series interface {
	Query(ctx context.Context, r series.Range) ([]series.Result, error)
}

// Refusals lists what was turned away lately, newest first. store.Store does.
type Refusals interface {
	Refusals(ctx context.Context) ([]store.Refusal, error)
}

// Options of a server. Everything is needed but what says otherwise.
type Options struct {
	Listen   string      // host:port; empty: 127.0.0.1:0
	TLS      *tls.Config // nil: plain HTTP
	Secure   bool        // cookies over TLS only: set behind a TLS proxy; TLS implies it
	Origins  []string    // further origins that forms may come from, as https://hall.example.cn: for a proxy in front
	Proxies  []string    // addresses of proxies whose X-Real-IP is believed; none: no header is believed
	Live     Live
	Alerts   Alerts
	Facts    Facts
	Series   Series
	Uptimes  Uptimes  // optional
	Refusals Refusals // optional
	Auth     *auth.Service
	Limits   rule.Limits  // of the halls; zero fields: the defaults
	Metrics  http.Handler // optional; shown to administrators only
	Ready    func() error // optional; nil result: ready
	Version  string
	Logger   *slog.Logger
	Now      func() time.Time // optional
}

func (o *Options) check() error {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Ready == nil {
		o.Ready = func() error { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Live == nil || o.Alerts == nil || o.Facts == nil || o.Series == nil || o.Auth == nil {
		return errors.New("web: Live, Alerts, Facts, Series and Auth are needed")
	}
	return nil
}
