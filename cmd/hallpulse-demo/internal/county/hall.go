package county

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hallpulse/edge/simulator/beam"
	"hallpulse/edge/simulator/camera"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/edge/simulator/keypad"
	"hallpulse/edge/simulator/life"
	"hallpulse/edge/simulator/line"
	"hallpulse/edge/simulator/printer"
	"hallpulse/edge/simulator/terminal"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
)

// Names of devices and pins in every hall.
const (
	deviceDisplay   = "display"
	deviceDispenser = "dispenser"
	deviceTerminal  = "terminal"
	deviceDoor      = "door"
	zoneWaiting     = "waiting"
)

// Hall is one hall: where its programs find things, and its equipment. A station has neither queue nor door counter.
type Hall struct {
	ID     hall.HallID
	Kind   hall.Kind
	Config string // hall.yaml
	GPIO   string // socket of the simulated GPIO chip; empty: none
	Panel  string // address of the hall's own page, http://…

	desc      place
	dir       string
	truth     *truth.Log
	speed     float64
	life      life.Options
	serial    string // of the terminal
	windows   []hall.WindowID
	lines     []*line.Line
	chip      *beam.Server
	bus       caller
	printer   *printer.Printer
	modbus    bool   // the displays speak Modbus
	proxy     string // where the queue machine prints to; empty: on a serial line
	spooler   *printer.Network
	network   Network
	board     *Hardware
	contacts  *contacts.Board
	extra     *exhibits       // nil: the hall shows nothing special
	shown     []hall.DeviceID // devices whose truth nobody writes down
	closers   []func() error
	keypads   map[hall.WindowID]*keypad.Keypad
	terminal  *terminal.Terminal
	doors     []door
	big       bool // see size
	sixty     bool // see size
	cameras   []*camera.Camera
	faults    bool
	idle      bool // nobody comes
	walks     chan hall.Direction
	quiet     chan struct{}
	runners   []func(context.Context) error
	categorys []hall.Category
}

// caller is the displays of a hall with the queue system behind them.
type caller interface {
	Call(w hall.WindowID, number string) error
}

// people who work in a hall, by its kind.
const (
	centerStaff  = 6
	stationStaff = 2
)

// newHall makes a hall's folder, equipment and configuration.
func (c *County) newHall(ctx context.Context, p place, i int) (*Hall, error) {
	dir := filepath.Join(c.o.Dir, string(p.id))
	h := &Hall{ID: p.id, Kind: p.kind, Config: filepath.Join(dir, "hall.yaml"), desc: p, dir: dir, truth: c.o.Truth, speed: c.o.Speed,
		serial: fmt.Sprintf("CEXA%09d", sum(string(p.id))), keypads: map[hall.WindowID]*keypad.Keypad{}, faults: c.o.Faults,
		big: c.o.Big && i == 0, sixty: c.o.Sixty && i == 0, walks: make(chan hall.Direction, 1024), quiet: make(chan struct{}), categorys: categories()}
	if err := os.MkdirAll(filepath.Join(dir, "dev"), 0o700); err != nil {
		return h, fmt.Errorf("county: %w", err)
	}
	if err := c.enrol(ctx, p.id, dir); err != nil {
		return h, err
	}
	cfg, err := c.addresses()
	if err != nil {
		return h, err
	}
	h.Panel = "http://" + cfg.panel
	if h.board = (&Hardware{}); c.o.Every && h.Kind == hall.Center {
		h.modbus = i%3 == 1
		if i%3 == 2 {
			if h.proxy, err = c.hosts.ports.take(); err != nil {
				return h, err
			}
		}
	}
	if err := h.equip(c.seed(i), cfg.attendance); err != nil {
		return h, errors.Join(err, h.close())
	}
	if h.sixty {
		if err := h.crowd(c.hosts.ports, c.o.MQTT); err != nil {
			return h, errors.Join(err, h.close())
		}
	}
	if c.o.Every {
		if err := h.exhibit(c.hosts.ports, i); err != nil {
			return h, errors.Join(err, h.close())
		}
		h.told()
	}
	h.life = h.people(c.seed(i))
	if c.o.Burst && i == 0 {
		h.life.Burst, h.life.BurstSize = 20*time.Second, 16
	}
	if err := os.WriteFile(h.Config, []byte(h.yaml(cfg)), 0o600); err != nil {
		return h, errors.Join(fmt.Errorf("county: %w", err), h.close())
	}
	return h, nil
}

// people says who comes and who works here.
func (h *Hall) people(seed uint64) life.Options {
	o := life.Options{Gear: h.gear(), Windows: h.windows, Categories: h.categorys, Speed: h.speed, Seed: seed,
		Arrivals: 23 * time.Second, Service: 75 * time.Second, Staff: staff(h.ID, centerStaff), Wrap: 40}
	if h.Kind == hall.Station {
		o.Arrivals, o.Service, o.Staff = 100*time.Second, 60*time.Second, staff(h.ID, stationStaff)
	}
	return o
}

// run lets the equipment live until ctx ends, and the people from opened to ended.
func (h *Hall) run(ctx context.Context, opened, ended <-chan struct{}) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, r := range h.runners {
		wg.Go(func() { _ = r(ctx) }) // what fails is the equipment's: the gateway has to name it
	}
	defer close(h.quiet)
	select {
	case <-opened:
	case <-ctx.Done():
		return
	}
	day, over := context.WithCancel(ctx)
	defer over()
	var people sync.WaitGroup
	people.Go(func() {
		defer close(h.walks)
		if !h.idle {
			life.Run(day, h.life)
		}
	})
	people.Go(func() { h.walk(ctx) })
	if h.faults {
		people.Go(func() { h.fail(day) })
	}
	select {
	case <-ended:
	case <-ctx.Done():
	}
	over()
	people.Wait()
}

// drain waits until the devices with a memory were answered.
func (h *Hall) drain(ctx context.Context) error {
	for _, k := range h.keypads {
		if err := k.Drained(ctx); err != nil {
			return err
		}
	}
	return h.terminal.Drained(ctx)
}

func (h *Hall) close() error {
	var errs []error
	for _, c := range h.cameras {
		errs = append(errs, c.Close())
	}
	for _, f := range h.closers {
		errs = append(errs, f())
	}
	for _, l := range h.lines {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
