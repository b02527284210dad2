// Package edgeload measures what a gateway costs: a process of its own with thirty devices and more, which live in this
// process and speak their real protocols, and a real hub that it is connected to.
package edgeload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/cmd/hallpulse-demo/internal/county"
	"hallpulse/cmd/hallpulse-demo/internal/proc"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
)

// Options of the measurement.
type Options struct {
	Dir     string
	Warm    time.Duration // after every device is well
	For     time.Duration
	Gateway string // hallpulse-edge, which finds no GPIO for the door counters; empty: this program's gateway, on simulated GPIO
	Profile string // a file for the gateway's processor profile; empty: none
	Sixty   bool   // sixty devices, none on GPIO; else thirty and four door counters
	MQTT    string // the broker of those that speak MQTT, host:port; empty: the gateway's own
	// Beside runs in the same minute, with the devices that others can ask too; nil: nothing.
	Beside func(ctx context.Context, n county.Network) error
}

// Result is what the gateway cost.
type Result struct {
	measure.Share
	Devices int // that were well
	Doors   int // door counters, well or not
	Latency     // of what devices said
}

// healthLimit is how long the devices may take to be well.
const healthLimit = 90 * time.Second

// run is a county of one big hall.
type run struct {
	county *county.County
	hall   *county.Hall
	truth  *truth.Log
	hub    *proc.Child
	edge   gateway
	well   int // devices that are to be well
	doors  int
}

// gateway is a gateway as a process.
type gateway interface {
	Start() error
	Pid() int
	Died() error
	Close() error
}

// Run measures.
func Run(ctx context.Context, o Options) (r Result, err error) {
	m := &run{}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.prepare(ctx, o); err != nil {
		return r, err
	}
	gear, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { m.county.Run(gear) })
	defer wg.Wait()
	defer stop()
	if err := m.start(ctx); err != nil {
		return r, err
	}
	if err := measure.Pause(ctx, o.Warm); err != nil {
		return r, err
	}
	r.Devices, r.Doors = m.well, m.doors
	var beside error
	if o.Beside != nil {
		wg.Go(func() { beside = o.Beside(ctx, m.hall.Network()) })
	}
	if r.Share, err = measure.Watch(ctx, m.edge.Pid(), o.For); err != nil {
		return r, errors.Join(err, m.edge.Died())
	}
	if err := m.press(ctx); err != nil {
		return r, err
	}
	if r.Latency, err = m.latency(ctx); err != nil {
		return r, err
	}
	err = m.connected(ctx)
	stop()
	wg.Wait()
	return r, errors.Join(err, beside)
}

func (m *run) prepare(ctx context.Context, o Options) (err error) {
	dir := o.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("edgeload: %w", err)
	}
	if m.truth, err = truth.Create(filepath.Join(dir, "truth.jsonl")); err != nil {
		return err
	}
	if m.county, err = county.New(ctx, county.Options{Dir: dir, Halls: 1, Big: !o.Sixty, Sixty: o.Sixty, MQTT: o.MQTT, Seed: 1, Truth: m.truth}); err != nil {
		return err
	}
	m.hall = m.county.Halls()[0]
	if m.hub, err = proc.New("hub", filepath.Join(dir, "hub.log"), "role", "hub", "--config", m.county.HubConfig()); err != nil {
		return err
	}
	m.well, m.doors = m.hall.Devices()
	if o.Gateway != "" {
		m.well -= m.doors
		m.edge = &installed{path: o.Gateway, log: filepath.Join(dir, "edge.log"), config: m.hall.Config}
		return nil
	}
	args := []string{"role", "edge", "--config", m.hall.Config, "--gpio", m.hall.GPIO}
	if o.Profile != "" {
		args = append(args, "--cpuprofile", o.Profile)
	}
	child, err := proc.New("edge", filepath.Join(dir, "edge.log"), args...)
	if err == nil {
		m.edge = child
	}
	return err
}

// installed is the program that halls install.
type installed struct {
	path, log, config string
	program           *measure.Program
}

// Start starts it.
func (g *installed) Start() (err error) {
	g.program, err = measure.Run("edge", g.log, g.path, "--config", g.config, "--log-level", "warn")
	return err
}

// Pid is its process id.
func (g *installed) Pid() int { return g.program.Pid() }

// Died is told by its log alone.
func (g *installed) Died() error { return nil }

// Close ends it.
func (g *installed) Close() error {
	if g.program == nil {
		return nil
	}
	return g.program.Close()
}

// start starts the hub and the gateway and waits until every device is well and the county answers.
func (m *run) start(ctx context.Context) error {
	if err := m.hub.Start(); err != nil {
		return err
	}
	if err := measure.Until(ctx, healthLimit, 100*time.Millisecond, "the hub", func() bool {
		return measure.Healthy(ctx, m.county.HubURL()+"/healthz")
	}); err != nil {
		return errors.Join(err, m.hub.Died())
	}
	if err := m.edge.Start(); err != nil {
		return err
	}
	if err := measure.Until(ctx, healthLimit, 100*time.Millisecond, "the gateway", func() bool {
		return measure.Healthy(ctx, m.hall.Panel+"/readyz")
	}); err != nil {
		return errors.Join(err, m.edge.Died())
	}
	m.county.Open() // a dispenser is known to be well when it printed its first ticket
	return m.healthy(ctx)
}

// healthy waits until every device is well that can be.
func (m *run) healthy(ctx context.Context) error {
	var unwell []hall.DeviceState
	err := measure.Until(ctx, healthLimit, 500*time.Millisecond, "the hall's devices", func() bool {
		s, err := m.state(ctx)
		unwell = nil
		for _, d := range s.Devices.Devices {
			if d.Health != hall.HealthOK {
				unwell = append(unwell, d)
			}
		}
		return err == nil && len(s.Devices.Devices)-len(unwell) >= m.well
	})
	if err != nil {
		return errors.Join(fmt.Errorf("%w; not well: %+v", err, unwell), m.edge.Died())
	}
	return nil
}

// state reads the hall's own page.
func (m *run) state(ctx context.Context) (s hall.State, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.hall.Panel+"/state.json", nil)
	if err != nil {
		return s, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	return s, errors.Join(json.NewDecoder(res.Body).Decode(&s), res.Body.Close())
}

// presses is how many keys are pressed for the latency, one every pressEvery, round the windows.
const (
	presses    = 600
	pressEvery = 20 * time.Millisecond
)

// press presses keys after the watch, so that it costs nothing there.
func (m *run) press(ctx context.Context) error {
	windows := m.hall.Windows()
	for i := range presses {
		if err := m.hall.Press(windows[i%len(windows)], 1+i%5); err != nil {
			return err
		}
		if err := measure.Pause(ctx, pressEvery); err != nil {
			return err
		}
	}
	return measure.Pause(ctx, time.Second)
}

// connected says whether the gateway was really at work: the county has what it journalled.
func (m *run) connected(ctx context.Context) error {
	s, err := m.state(ctx)
	if err != nil {
		return err
	}
	if s.Gateway.FactsPending > 100 {
		return fmt.Errorf("edgeload: the county did not take the gateway's records: %d wait", s.Gateway.FactsPending)
	}
	return nil
}

func (m *run) close() error {
	var errs []error
	if m.edge != nil {
		errs = append(errs, m.edge.Close())
	}
	if m.hub != nil {
		errs = append(errs, m.hub.Close())
	}
	if m.county != nil {
		errs = append(errs, m.county.Close())
	}
	if m.truth != nil {
		errs = append(errs, m.truth.Close())
	}
	return errors.Join(errs...)
}
