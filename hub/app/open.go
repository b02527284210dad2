package app

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"hallpulse/hall/rule"
	"hallpulse/hub/alert"
	"hallpulse/hub/auth"
	"hallpulse/hub/auth/storekeeper"
	"hallpulse/hub/broker"
	"hallpulse/hub/ingest"
	"hallpulse/hub/live"
	"hallpulse/hub/notify/webhook"
	"hallpulse/hub/series/influx"
	"hallpulse/hub/series/tsdb"
	"hallpulse/hub/store"
	"hallpulse/hub/web"
)

// Names in the data folder.
const (
	storeFile    = "hub.db"
	seriesFolder = "series"
)

func (a *App) openStore(ctx context.Context) (err error) {
	if a.store, err = store.Open(ctx, a.cfg.path(storeFile), store.Options{Logger: a.log}); err != nil {
		return err
	}
	a.cleanups.push("store", a.store.Close)
	a.notes = newNotes(a.store, a.log)
	return nil
}

func (a *App) openSeries(context.Context) error {
	s := a.cfg.Series
	if s.Engine == EngineInflux {
		a.series = influx.Open(influx.Options{URL: s.URL, Org: s.Org, Bucket: s.Bucket, Token: s.Token.Reveal()})
	} else {
		e, err := tsdb.Open(a.cfg.path(seriesFolder), tsdb.Options{Retention: s.Retention, Logger: a.log.With("part", "series")})
		if err != nil {
			return err
		}
		a.series = e
	}
	a.cleanups.push("series", a.series.Close)
	return nil
}

// openLive makes every hall known that the store knows: those that were heard before are missed when they stay silent,
// those that were only enrolled are shown as never heard.
func (a *App) openLive(ctx context.Context) error {
	a.live = live.New(live.Options{})
	gateways, err := a.store.Gateways(ctx)
	if err != nil {
		return err
	}
	enrolled := map[string]bool{}
	for _, g := range gateways {
		enrolled[string(g.Hall)] = true
		a.live.Describe(unheard(g.Hall))
	}
	halls, err := a.store.Halls(ctx)
	if err != nil {
		return err
	}
	for _, h := range halls {
		if enrolled[string(h.Desc.ID)] {
			a.live.Expect(h.Desc, h.Updated)
		} else {
			a.live.Describe(h.Desc)
			a.live.Retire(h.Desc.ID)
		}
	}
	return nil
}

func (a *App) openAlerts(ctx context.Context) (err error) {
	o := alert.Options{Store: a.store, Limits: a.limits(), For: a.cfg.Alerts.durations(), Logger: a.log}
	if w := a.cfg.Webhook; w.URL != "" {
		a.webhook, err = webhook.New(webhook.Options{URL: w.URL, Outbox: a.store, Secret: w.Secret.Reveal(), PerMinute: w.PerMinute, Logger: a.log})
		if err != nil {
			return err
		}
		o.Notifier = a.webhook
	}
	a.alerts, err = alert.New(ctx, o)
	return err
}

// limits are the county's limits; what is zero is the rule's default.
func (a *App) limits() rule.Limits {
	l := a.cfg.Alerts
	return rule.Limits{QueueMax: l.QueueMax, WaitAttention: l.WaitNotice, WaitAct: l.WaitAct}
}

func (a *App) openIngest(ctx context.Context) (err error) {
	a.acks = &acks{}
	a.ingest, err = ingest.New(ctx, ingest.Options{Store: a.store, Series: a.series, Acker: a.acks, Logger: a.log})
	return err
}

func (a *App) openWatch(ctx context.Context) (err error) {
	a.watch, err = newWatch(ctx, a.store, changes{enrolled: a.enrolled, retired: a.live.Retire, cut: a.cut}, a.log)
	return err
}

func (a *App) openBroker(ctx context.Context) (err error) {
	a.cleanups.push("last refusals", a.notes.close) // the broker tells of some when it stops
	a.broker, err = broker.Start(ctx, broker.Options{
		Listen: a.cfg.MQTT.Listen, CertFile: a.cfg.MQTT.CertFile, KeyFile: a.cfg.MQTT.KeyFile,
		Credentials: a.watch, Receiver: &receiver{live: a.live, ingest: a.ingest, notes: a.notes, now: time.Now},
		Refusals: a.notes, Logger: a.log,
	})
	if err != nil {
		return err
	}
	a.acks.to.Store(a.broker)
	a.cleanups.push("broker", a.broker.Stop)
	return nil
}

func (a *App) openWeb(context.Context) (err error) {
	c := a.cfg.Web
	o := web.Options{
		Listen: c.Listen, Secure: c.Secure, Origins: c.Origins, Proxies: c.Proxies,
		Live: a.live, Alerts: a.alerts, Facts: a.store, Series: a.series, Uptimes: a.store, Refusals: refusals{a.store},
		Auth: auth.New(auth.Options{Keeper: storekeeper.New(a.store)}), Limits: a.limits(),
		Metrics: a.metricsHandler(), Ready: a.ready, Version: a.version, Logger: a.log,
	}
	if c.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return err
		}
		o.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	if a.web, err = web.New(o); err != nil {
		return err
	}
	a.cleanups.push("web", func() error { return ignoreClosed(a.web.Close()) })
	return nil
}

// ignoreClosed forgives what was closed already, by a server that ran.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// ready says why the hub cannot do its work now.
func (a *App) ready() error { return errors.Join(a.ingest.Health(), a.watch.health()) }
