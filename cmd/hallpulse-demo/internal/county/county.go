// Package county sets up a county on one machine: a folder with the hub's and every hall's configuration, and the halls'
// simulated equipment with the people who use it. It starts neither hub nor gateways: the demonstration runs them in its own
// process, the torture run as processes of their own that are killed while the equipment lives on.
package county

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
)

// World is what is wrong with the machines of a county.
type World struct {
	SmallDisk  bool // the hub's folder is a small disk of its own, so that it can be filled
	WrongClock bool // gateways start in 1970 (whoever starts them sees to it)
}

// Options of a county. Dir and Truth are required.
type Options struct {
	Dir      string
	Halls    int // township halls; 0: 1
	Stations int // village stations
	Seed     uint64
	Speed    float64 // of people's lives; 0: 1
	Truth    *truth.Log
	World    World
	Web      string // where the hub's pages listen; empty: a free port
	Webhook  string // where alerts are posted; empty: nowhere
	Secret   string // signs what is posted
	Faults   bool   // a device fails now and then
	Burst    bool   // a coach brings visitors to the first hall soon after the start
	Big      bool   // the first hall has thirty devices and four door counters
	Sixty    bool   // the first hall has sixty devices, none on GPIO, those of them that speak MQTT at the broker MQTT
	MQTT     string // host:port of a broker that is there; empty: the gateway's own
	Every    bool   // halls together own devices of every family; their gateways run in this program
	Idle     int    // so many of the last halls have their equipment, but nobody comes

	Broker func(target string) (string, error) // gives each hall its way to the hub's broker; nil: straight
}

// County is the equipment of every hall and the configuration of every program.
type County struct {
	o      Options
	halls  []*Hall
	web    string
	broker string
	disk   *smallDisk
	hosts  *admin
	opened chan struct{}
	ended  chan struct{}
	once   [2]sync.Once
}

// New writes the configurations, enrols the halls and makes their equipment. Nothing moves before Run.
func New(ctx context.Context, o Options) (c *County, err error) {
	if o.Halls <= 0 && o.Stations <= 0 {
		o.Halls = 1
	}
	if o.Speed <= 0 {
		o.Speed = 1
	}
	c = &County{o: o, opened: make(chan struct{}), ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := os.MkdirAll(c.HubDir(), 0o700); err != nil {
		return c, fmt.Errorf("county: %w", err)
	}
	if o.World.SmallDisk {
		if c.disk, err = mountSmall(c.HubDir()); err != nil {
			return c, err
		}
	}
	if err := c.hub(ctx); err != nil {
		return c, err
	}
	for i := range o.Halls + o.Stations {
		h, err := c.newHall(ctx, placeOf(i, o.Halls), i)
		if err != nil {
			return c, err
		}
		h.idle = i >= o.Halls+o.Stations-o.Idle
		c.halls = append(c.halls, h)
	}
	return c, nil
}

// Halls gives every hall, halls before stations.
func (c *County) Halls() []*Hall { return c.halls }

// HubDir is the hub's data folder.
func (c *County) HubDir() string { return filepath.Join(c.o.Dir, "hub") }

// HubConfig is the hub's configuration file.
func (c *County) HubConfig() string { return filepath.Join(c.o.Dir, "hub.yaml") }

// HubURL is the address of the hub's pages.
func (c *County) HubURL() string { return "http://" + c.web }

// Run lets the equipment live until ctx ends. People come once Open was called.
func (c *County) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, h := range c.halls {
		wg.Go(func() { h.run(ctx, c.opened, c.ended) })
	}
	wg.Wait()
}

// Open opens the halls' doors.
func (c *County) Open() { c.once[0].Do(func() { close(c.opened) }) }

// EndOfDay sends everybody home and returns when the last thing that people did has happened.
func (c *County) EndOfDay() {
	c.Open()
	c.once[1].Do(func() { close(c.ended) })
	for _, h := range c.halls {
		<-h.quiet
	}
}

// Drain waits until every device with a memory was answered for all it holds.
func (c *County) Drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	for _, h := range c.halls {
		if err := h.drain(ctx); err != nil {
			return fmt.Errorf("county: %s still holds records: %w", h.ID, err)
		}
	}
	return nil
}

// Close takes the equipment away; Run has returned.
func (c *County) Close() error {
	var errs []error
	for _, h := range c.halls {
		errs = append(errs, h.close())
	}
	if c.hosts != nil {
		errs = append(errs, c.hosts.Close())
	}
	if c.disk != nil {
		errs = append(errs, c.disk.unmount())
	}
	return errors.Join(errs...)
}

// seed gives every hall a life of its own that is the same for the same seed.
func (c *County) seed(i int) uint64 { return c.o.Seed*1_000_003 + uint64(i) }

// staff gives the staff numbers of a hall.
func staff(id hall.HallID, n int) []hall.StaffNo {
	out := make([]hall.StaffNo, n)
	for i := range out {
		out[i] = hall.StaffNo(fmt.Sprintf("%03d%02d", sum(string(id))%1000, i+1))
	}
	return out
}

func sum(s string) (n int) {
	for _, c := range []byte(s) {
		n = n*31 + int(c)
		n %= 100_003
	}
	return n
}
