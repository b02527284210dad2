// Package ingest measures how fast a hub stores what a county's journals hold: a real hub and real uplinks, each a process
// of its own, on the loopback network and this machine's disk.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/load"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/cmd/hallpulse-demo/internal/proc"
	"hallpulse/hall"
	"hallpulse/hub/app"
)

// Options of the measurement.
type Options struct {
	Dir      string // empty or not there yet
	Halls    int
	Readings int    // of each hall
	Facts    int    // of each hall
	Profile  string // a file for the hub's processor profile, and the beginning of the names of the uplinks'; empty: none
}

// Phase is one lane's way from the journals to the hub.
type Phase struct {
	load.Result
	HubCPU  time.Duration
	HubPeak int64         // bytes resident
	LinkCPU time.Duration // of all uplinks together
}

// Result is both phases.
type Result struct{ Readings, Facts Phase }

// run is a hub with its halls' journals.
type run struct {
	Options
	hub    *proc.Child
	cfg    app.Config
	broker string
	halls  []load.Source
	epochs []uint64
}

// Run measures, and fails unless the hub holds exactly what it acknowledged.
func Run(ctx context.Context, o Options) (r Result, err error) {
	m := &run{Options: o, epochs: make([]uint64, o.Halls)}
	if err := m.prepare(ctx); err != nil {
		return r, err
	}
	if err := m.start(ctx); err != nil {
		return r, errors.Join(err, m.hub.Close())
	}
	r.Readings, err = m.phase(ctx, hall.Readings, o.Readings)
	if err == nil {
		r.Facts, err = m.phase(ctx, hall.Facts, o.Facts)
	}
	if err = errors.Join(err, m.hub.Close()); err != nil {
		return r, err
	}
	return r, m.verify(ctx)
}

// prepare writes the hub's configuration and enrols the halls.
func (m *run) prepare(ctx context.Context) (err error) {
	data := filepath.Join(m.Dir, "hub")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	web, err := measure.Address()
	if err != nil {
		return err
	}
	if m.broker, err = measure.Address(); err != nil {
		return err
	}
	yaml := fmt.Sprintf("data_dir: %q\nweb: {listen: %q}\nmqtt: {listen: %q}\n", data, web, m.broker)
	if err := os.WriteFile(m.config(), []byte(yaml), 0o600); err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	if m.cfg, err = app.Load(m.config()); err != nil {
		return err
	}
	return m.enrol(ctx)
}

func (m *run) config() string { return filepath.Join(m.Dir, "hub.yaml") }

func (m *run) enrol(ctx context.Context) error {
	admin, err := app.OpenAdmin(ctx, m.cfg)
	if err != nil {
		return err
	}
	for i := range m.Options.Halls {
		id := hall.HallID(fmt.Sprintf("hall-%02d", i+1))
		credential, err := admin.Enrol(ctx, id)
		if err != nil {
			return errors.Join(err, admin.Close())
		}
		m.halls = append(m.halls, load.Source{Hall: id, Dir: filepath.Join(m.Dir, string(id)), Credential: credential})
	}
	return admin.Close()
}

func (m *run) start(ctx context.Context) (err error) {
	args := []string{"role", "hub", "--config", m.config()}
	if m.Profile != "" {
		args = append(args, "--cpuprofile", m.Profile)
	}
	if m.hub, err = proc.New("hub", filepath.Join(m.Dir, "hub.log"), args...); err != nil {
		return err
	}
	if err := m.hub.Start(); err != nil {
		return err
	}
	return measure.Until(ctx, 30*time.Second, 50*time.Millisecond, "the hub", func() bool {
		return measure.Healthy(ctx, "http://"+m.cfg.Web.Listen+"/healthz") && measure.Answers(m.broker)
	})
}

// phase fills a lane of every journal, and only then measures how it is drained.
func (m *run) phase(ctx context.Context, lane hall.Lane, n int) (p Phase, err error) {
	if err := m.fill(lane, n); err != nil {
		return p, err
	}
	if err := measure.ResetPeak(m.hub.Pid()); err != nil {
		return p, err
	}
	before, err := measure.Of(m.hub.Pid())
	if err != nil {
		return p, err
	}
	p.Result, p.LinkCPU, err = drain(ctx, m.plan(lane))
	if err != nil {
		return p, errors.Join(err, m.hub.Died())
	}
	after, err := measure.Of(m.hub.Pid())
	p.HubCPU, p.HubPeak = after.CPU-before.CPU, after.Peak
	if want := n * m.Options.Halls; err == nil && p.Records != want {
		err = fmt.Errorf("ingest: %d %s acknowledged, %d were in the journals", p.Records, lane, want)
	}
	return p, err
}

func (m *run) plan(lane hall.Lane) load.Plan {
	p := load.Plan{Broker: "tcp://" + m.broker, Lane: lane, Sources: m.halls}
	if m.Profile != "" {
		p.Profile = m.Profile + "." + lane.String()
	}
	return p
}

func (m *run) fill(lane hall.Lane, n int) error {
	errs := make([]error, len(m.halls))
	var wg sync.WaitGroup
	for i, h := range m.halls {
		wg.Go(func() { m.epochs[i], errs[i] = load.Fill(h.Dir, uint64(i+1), lane, n) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
