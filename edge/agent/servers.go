package agent

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/driver/attendance"
	"hallpulse/edge/panel"
	"hallpulse/edge/uplink"
	"hallpulse/hall"
)

// errNotReady tells a probe to come again.
var errNotReady = errors.New("devices are being opened")

// openPanel opens the page's listener, so that a port in use is told at the start.
func (a *Agent) openPanel() (err error) {
	a.panel, err = panel.New(panel.Options{Listen: a.cfg.Panel.Listen, Source: a, Metrics: a.metrics.handler(a.log), Logger: a.log, Ready: func() error {
		if !a.ready.Load() {
			return errNotReady
		}
		return nil
	}})
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	a.cleanup.add("panel", func() error {
		if a.running { // Run closed it
			return nil
		}
		return a.panel.Close()
	})
	return nil
}

// servePanel serves the page; without it the gateway goes on.
func (a *Agent) servePanel(ctx context.Context) {
	if err := a.panel.Run(ctx); err != nil {
		a.log.Error("the hall's page ended", "err", err)
	}
}

// openTerminals prepares the server of all attendance terminals; it listens while the agent runs.
func (a *Agent) openTerminals() {
	if len(a.cfg.Terminals()) == 0 {
		return
	}
	a.terminal = attendance.NewServer(attendance.Options{
		Addr: a.cfg.Attendance.Listen, Logger: a.log, Now: func() time.Time { return a.clock.Now().Wall },
		Stamps: openStamps(filepath.Join(a.cfg.DataDir, stampsFile), a.journal.Epoch(), a.log),
	})
}

// serveTerminals listens for terminals, again after a while where it cannot: the address may belong to a network card that
// is not there yet. Until then the supervisor names the terminals as not open.
func (a *Agent) serveTerminals(ctx context.Context) { a.serve(ctx, "terminals", a.terminal.Run) }

// serve runs a server again and again until ctx ends.
func (a *Agent) serve(ctx context.Context, what string, run func(context.Context) error) {
	failed := a.trouble(what)
	for ctx.Err() == nil {
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		failed(err)
		wait := time.NewTimer(againEvery)
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
		wait.Stop()
	}
}

// openLink prepares the way to the county, if there is one.
func (a *Agent) openLink(ready *prepared) error {
	a.time = &timekeeper{a: a}
	h := a.cfg.Hub
	if h == nil {
		return nil
	}
	link, err := uplink.New(uplink.Options{
		Broker: brokerURL(h), Hall: a.cfg.Hall.ID, Credential: uplink.Credential(h.Credential.Reveal()), TLS: ready.tls, Version: a.opts.Version,
		Journal: a.journal, Clock: a.time, Corrector: a.times, Record: a.time.record, Describe: a.Describe, Logger: a.log, Metrics: uplinkMetrics{a.metrics},
	})
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	for _, name := range hall.Sections() {
		link.State(name, a.section(name))
	}
	a.link, a.tell = link, link.Changed
	return nil
}

// brokerURL gives the broker as the uplink spells it.
func brokerURL(h *config.Hub) string {
	scheme := "tcp://"
	if h.URL().Scheme == "mqtts" {
		scheme = "ssl://"
	}
	return scheme + h.URL().Host
}
