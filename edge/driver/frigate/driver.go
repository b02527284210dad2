package frigate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// Options of a camera of Frigate. Broker and Camera are required.
type Options struct {
	Broker driver.Broker
	Prefix string        // of the topics; empty: frigate
	Camera string        // as Frigate's configuration names it
	Area   string        // Frigate's zone; empty: all that the camera sees
	Label  string        // empty: person
	Zone   hall.ZoneID   // that is counted
	Stats  time.Duration // Frigate's stats_interval; 0: StatsInterval
	Now    func() time.Time
}

// Driver reads one camera of a Frigate.
type Driver struct{ o Options }

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	if o.Prefix == "" {
		o.Prefix = "frigate"
	}
	if o.Label == "" {
		o.Label = "person"
	}
	if o.Stats <= 0 {
		o.Stats = StatsInterval
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Driver{o: o}
}

// Expect says how Frigate shows that it lives: by its stats.
func (d *Driver) Expect() driver.Expect { return driver.Expect{Silence: 3 * d.o.Stats} }

// errSlow says that messages came faster than they could be read.
var errSlow = errors.New("too many messages")

// Run reads the camera until ctx ends, Frigate is away or the connection to the broker is lost.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	if d.o.Broker == nil || d.o.Camera == "" {
		return fmt.Errorf("frigate: no broker or no camera: %w", driver.ErrPermanent)
	}
	inner, cancel := context.WithCancel(ctx)
	connected, messages, ended := make(chan struct{}), make(chan driver.Message, maxWaiting), make(chan error, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	slow := make(chan struct{})
	drop := sync.OnceFunc(func() { close(slow) })
	wg.Go(func() {
		ended <- d.o.Broker.Subscribe(inner, d.filters(), sync.OnceFunc(func() { close(connected) }), func(m driver.Message) {
			m.Payload = bytes.Clone(m.Payload)
			select {
			case messages <- m:
			default:
				drop()
			}
		})
	})
	w := &watch{o: &d.o, out: out, topics: d.topics(), since: d.o.Now()}
	tick := time.NewTicker(repeatEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case err = <-ended:
			if err == nil {
				err = errors.New("subscription ended")
			}
		case <-slow:
			err = errSlow
		case <-connected:
			connected = nil
			w.since = d.o.Now()
			out.Opened()
			err = w.ask(inner)
		case m := <-messages:
			err = w.hear(inner, m)
		case <-tick.C:
			err = w.again(inner)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("frigate: %w", err)
		}
	}
}

// kind is what a topic tells.
type kind uint8

const (
	available kind = iota + 1
	statistics
	activities
	status
	motion
	people
)

// topics gives what each topic tells.
func (d *Driver) topics() map[string]kind {
	p, object := d.o.Prefix+"/", d.o.Camera
	if d.o.Area != "" {
		object = d.o.Area
	}
	return map[string]kind{
		p + "available": available, p + "stats": statistics, p + "camera_activity": activities,
		p + d.o.Camera + "/status/detect": status, p + d.o.Camera + "/motion": motion, p + object + "/" + d.o.Label: people,
	}
}

func (d *Driver) filters() (out []string) {
	for t := range d.topics() {
		out = append(out, t)
	}
	return out
}
