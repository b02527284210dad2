// Package keypress measures from a key pressed on a keypad's serial line to the changed number in the page of a real
// browser, while a county is alive: a hub and gateways as processes, people at every hall but the one that is measured.
package keypress

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/cmd/hallpulse-demo/internal/county"
	"hallpulse/cmd/hallpulse-demo/internal/proc"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hub/auth"
)

// Options of the measurement.
type Options struct {
	Dir     string
	Presses int
	Browser string // path of Chromium
}

// Size of the county.
const (
	townships = 3
	stations  = 5
)

const (
	account    = "demo"
	startLimit = time.Minute
	settle     = 5 * time.Second // people come and figures move before the first press
	pauseMin   = 120 * time.Millisecond
	pauseMax   = 400 * time.Millisecond // a gateway sends a section at most every 100 ms: closer presses would share an update
	lastLimit  = 10 * time.Second
)

// Result is how long each press took, shortest first.
type Result []time.Duration

// Quantile gives the time within which q of all presses were seen.
func (r Result) Quantile(q float64) time.Duration {
	return r[min(len(r)-1, int(q*float64(len(r))))]
}

// run is a county of processes.
type run struct {
	county   *county.County
	truth    *truth.Log
	hub      *proc.Child
	edges    []*proc.Child
	password string
}

// Run measures.
func Run(ctx context.Context, o Options) (r Result, err error) {
	m := &run{password: rand.Text()}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.prepare(ctx, o.Dir); err != nil {
		return nil, err
	}
	gear, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { m.county.Run(gear) })
	defer wg.Wait()
	defer stop()
	if err := m.start(ctx); err != nil {
		return nil, err
	}
	m.county.Open()
	if err := measure.Pause(ctx, settle); err != nil {
		return nil, err
	}
	return m.press(ctx, o)
}

func (m *run) prepare(ctx context.Context, dir string) (err error) {
	if m.truth, err = truth.Create(filepath.Join(dir, "truth.jsonl")); err != nil {
		return err
	}
	m.county, err = county.New(ctx, county.Options{Dir: dir, Halls: townships, Stations: stations, Idle: 1, Seed: 1, Truth: m.truth})
	if err != nil {
		return err
	}
	if err := m.county.Admin().AddAccount(ctx, auth.Account{Name: account, Role: auth.Administrator}, m.password); err != nil {
		return err
	}
	if m.hub, err = proc.New("hub", filepath.Join(dir, "hub.log"), "role", "hub", "--config", m.county.HubConfig()); err != nil {
		return err
	}
	for _, h := range m.county.Halls() {
		e, err := proc.New("edge "+string(h.ID), filepath.Join(dir, string(h.ID)+".log"), "role", "edge", "--config", h.Config, "--gpio", h.GPIO)
		if err != nil {
			return err
		}
		m.edges = append(m.edges, e)
	}
	return nil
}

func (m *run) start(ctx context.Context) error {
	if err := m.hub.Start(); err != nil {
		return err
	}
	if err := ready(ctx, "the hub", m.county.HubURL()+"/healthz"); err != nil {
		return errors.Join(err, m.hub.Died())
	}
	for _, e := range m.edges {
		if err := e.Start(); err != nil {
			return err
		}
	}
	for i, h := range m.county.Halls() {
		if err := ready(ctx, "the gateway of "+string(h.ID), h.Panel+"/readyz"); err != nil {
			return errors.Join(err, m.edges[i].Died())
		}
	}
	return nil
}

func ready(ctx context.Context, what, url string) error {
	return measure.Until(ctx, startLimit, 100*time.Millisecond, what, func() bool { return measure.Healthy(ctx, url) })
}

// press presses keys of the quiet hall while a page shows it, and gives how long each took.
func (m *run) press(ctx context.Context, o Options) (Result, error) {
	quiet := m.county.Halls()[len(m.county.Halls())-1]
	p, err := openPage(ctx, o.Browser, filepath.Join(o.Dir, "browser"))
	if err != nil {
		return nil, err
	}
	defer p.close()
	if err := p.login(m.county.HubURL(), account, m.password); err != nil {
		return nil, err
	}
	base, err := p.watch(m.county.HubURL(), quiet.ID)
	if err != nil {
		return nil, err
	}
	window := quiet.Windows()[0]
	pressed := make([]time.Time, o.Presses)
	for i := range pressed {
		if err := measure.Pause(ctx, pauseMin+mathrand.N(pauseMax-pauseMin)); err != nil {
			return nil, err
		}
		pressed[i] = time.Now()
		if err := quiet.Press(window, 1+i%5); err != nil {
			return nil, fmt.Errorf("keypress: %w", err)
		}
	}
	seen, err := p.seen(base + o.Presses)
	if err != nil {
		return nil, err
	}
	return match(pressed, seen, base)
}

// match finds for the k-th press when the page first showed as many ratings.
func match(pressed []time.Time, seen []sight, base int) (r Result, err error) {
	i := 0
	for k, at := range pressed {
		for i < len(seen) && seen[i].Count < base+k+1 {
			i++
		}
		if i == len(seen) {
			return nil, fmt.Errorf("keypress: press %d of %d was never shown", k+1, len(pressed))
		}
		r = append(r, seen[i].at().Sub(at))
	}
	slices.Sort(r)
	if r[0] < 0 {
		return nil, fmt.Errorf("keypress: shown %v before it was pressed: the browser's clock is not this program's", -r[0])
	}
	return r, nil
}

func (m *run) close() error {
	var errs []error
	for _, e := range m.edges {
		errs = append(errs, e.Close())
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
