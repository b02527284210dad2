package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/county"
	"hallpulse/cmd/hallpulse-demo/internal/proc"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
)

// fleet is the programs of a county: the hub and one gateway a hall, each a process of its own, on links that can vanish.
type fleet struct {
	county  *county.County
	truth   *truth.Log
	hub     *proc.Child
	edges   []*proc.Child
	links   []*link
	stop    context.CancelFunc
	stopped chan struct{}
	born    []time.Time // when each gateway was last started
}

func newFleet(ctx context.Context, dir string, o Options, w county.World) (f *fleet, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f = &fleet{}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	if f.truth, err = truth.Create(filepath.Join(dir, "truth.jsonl")); err != nil {
		return f, err
	}
	f.county, err = county.New(ctx, county.Options{Dir: dir, Halls: o.Halls, Seed: o.Seed, Truth: f.truth, World: w, Speed: 8, Broker: func(target string) (string, error) {
		l, err := newLink(target)
		if err != nil {
			return "", err
		}
		f.links = append(f.links, l)
		return l.addr(), nil
	}})
	if err != nil {
		return f, err
	}
	if f.hub, err = proc.New("hub", filepath.Join(dir, "hub.log"), "role", "hub", "--config", f.county.HubConfig()); err != nil {
		return f, err
	}
	for _, h := range f.county.Halls() {
		args := []string{"role", "edge", "--config", h.Config, "--gpio", h.GPIO}
		if w.WrongClock {
			args = append(args, "--clock", "1970", "--clock-jump", "25s")
		}
		c, err := proc.New("edge "+string(h.ID), filepath.Join(dir, string(h.ID)+".log"), args...)
		if err != nil {
			return f, err
		}
		f.edges = append(f.edges, c)
	}
	f.born = make([]time.Time, len(f.edges))
	return f, nil
}

// start starts the programs, and people's lives once the gateways read.
func (f *fleet) start(ctx context.Context, withHub bool) error {
	run, cancel := context.WithCancel(ctx)
	f.stop, f.stopped = cancel, make(chan struct{})
	go func() { defer close(f.stopped); f.county.Run(run) }()
	if withHub {
		if err := f.startHub(ctx); err != nil {
			return err
		}
	}
	for i, e := range f.edges {
		if err := e.Start(); err != nil {
			return err
		}
		f.born[i] = time.Now()
	}
	for i := range f.edges {
		if err := f.waitEdge(ctx, i); err != nil {
			return err
		}
	}
	f.county.Open()
	return nil
}

func (f *fleet) startHub(ctx context.Context) error {
	if err := f.hub.Start(); err != nil {
		return err
	}
	return f.await(ctx, 30*time.Second, "hub", func() bool { return answers(f.county.HubURL() + "/healthz") })
}

// bounceHub kills the hub with -9 and starts it again after a while.
func (f *fleet) bounceHub(ctx context.Context, dead time.Duration) error {
	if err := f.hub.Kill(); err != nil {
		return err
	}
	if err := pause(ctx, dead); err != nil {
		return err
	}
	return f.hub.Start()
}

// bounceEdge kills a gateway with -9, starts it again after a while, and writes the outage into the truth.
func (f *fleet) bounceEdge(ctx context.Context, i int, dead time.Duration) error {
	if err := f.edges[i].Kill(); err != nil {
		return err
	}
	from := time.Now()
	err := pause(ctx, dead)
	if err == nil {
		err = f.edges[i].Start()
	}
	f.truth.Write(truth.Event{Kind: truth.KindOutage, Hall: f.county.Halls()[i].ID, From: from, To: time.Now(), Note: "kill -9"})
	return err
}

func (f *fleet) vanish(on bool) {
	for _, l := range f.links {
		l.vanish(on)
	}
}

// waitEdge waits until a gateway's devices were opened or tried.
func (f *fleet) waitEdge(ctx context.Context, i int) error {
	h := f.county.Halls()[i]
	return f.await(ctx, 20*time.Second, "gateway "+string(h.ID), func() bool { return answers(h.Panel + "/readyz") })
}

// settle waits until every gateway runs and the county acknowledged everything it has.
func (f *fleet) settle(ctx context.Context) error {
	if err := f.startHub(ctx); err != nil {
		return err
	}
	for i, e := range f.edges {
		if err := e.Start(); err != nil {
			return err
		}
		if err := f.waitEdge(ctx, i); err != nil {
			return err
		}
	}
	if err := f.county.Drain(ctx); err != nil {
		return err
	}
	for _, h := range f.county.Halls() {
		quiet := 0
		err := f.await(ctx, 90*time.Second, "the last record of "+string(h.ID), func() bool {
			var s hall.State
			if fetch(h.Panel+"/state.json", &s) == nil && s.Gateway.FactsPending == 0 && s.Gateway.Boot > 0 {
				quiet++
			} else {
				quiet = 0
			}
			return quiet >= 10
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// await polls ok until it holds; what did not happen in time is an error, as is a program that ended by itself.
func (f *fleet) await(ctx context.Context, limit time.Duration, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !ok() {
		if err := f.alive(); err != nil {
			return err
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			return fmt.Errorf("%s: not there within %v", what, limit)
		}
	}
	return nil
}

func (f *fleet) alive() error {
	err := f.hub.Died()
	for _, e := range f.edges {
		err = errors.Join(err, e.Died())
	}
	return err
}

// close ends every program and then the equipment.
func (f *fleet) close() error {
	var errs []error
	for _, e := range f.edges {
		errs = append(errs, e.Close())
	}
	if f.hub != nil {
		errs = append(errs, f.hub.Close())
	}
	if f.stop != nil {
		f.stop()
		<-f.stopped
	}
	for _, l := range f.links {
		l.close()
	}
	if f.county != nil {
		errs = append(errs, f.county.Close())
	}
	if f.truth != nil {
		errs = append(errs, f.truth.Close())
	}
	return errors.Join(errs...)
}

var client = &http.Client{Timeout: 2 * time.Second}

func answers(url string) bool {
	res, err := client.Get(url)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func fetch(url string, into any) error {
	res, err := client.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	return json.NewDecoder(res.Body).Decode(into)
}
