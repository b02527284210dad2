// Package agent is a hall's gateway: it wires drivers, supervisor, journal, clock, uplink and panel, and owns the one way
// that a fact takes: stamped, journalled, folded into the hall's book, shown.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/edge/bus"
	"hallpulse/edge/clock"
	"hallpulse/edge/config"
	"hallpulse/edge/control"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/attendance"
	"hallpulse/edge/driver/display"
	"hallpulse/edge/driver/hikvision"
	"hallpulse/edge/driver/mqttdevice"
	"hallpulse/edge/journal"
	"hallpulse/edge/panel"
	"hallpulse/edge/ratingpage"
	"hallpulse/edge/supervise"
	"hallpulse/edge/uplink"
	"hallpulse/hall"
)

// Options of an agent. Config is required.
type Options struct {
	Config  *config.Config
	Version string                                         // of the program
	Logger  *slog.Logger                                   // nil: discard
	GPIO    driver.Pins                                    // nil: the machine's
	I2C     func(bus string, addr uint16) driver.I2COpener // nil: the machine's
	SPI     func(port string) driver.SPIOpener             // nil: the machine's
	Wall    func() time.Time                               // the system's clock; nil: time.Now
	Serial  func(config.Serial) driver.PortOpener          // nil: the machine's ports
	Edges   driver.EdgeOpener                              // lines whose changes are stamped; nil: the machine's
	Input   func(config.Input) driver.InputOpener          // nil: the machine's devices
}

// Agent is the gateway of one hall.
type Agent struct {
	opts Options
	cfg  *config.Config
	log  *slog.Logger
	desc hall.Hall

	journal    *journal.Journal
	clock      *clock.Clock
	times      *clock.Corrector
	time       *timekeeper
	outages    *outages
	compare    *comparer
	past       past
	rec        *recorder
	metrics    *metrics
	shown      *display.Board
	numbers    *numbers // for displays that the gateway drives itself
	sup        *supervise.Supervisor
	terminal   *attendance.Server    // nil: the hall has no terminals
	hikvision  *hikvision.Server     // nil: the hall has no device that speaks ISAPI
	broker     *mqttdevice.Client    // to the hall's own broker; nil: it has none
	brokerWord string                // the gateway's password at its own broker
	link       *uplink.Uplink        // nil: the hall works alone
	pages      []ratingpage.Point    // of visitors' telephones
	tell       func(...hall.Section) // who is told of changed sections; nil: nobody
	panel      *panel.Panel
	control    *control.Server // a technician's hand

	ready   atomic.Bool // devices were tried and the gap before them is kept
	mu      sync.Mutex  // guards cleanup and running
	running bool
	cleanup cleanup
}

// New checks the configuration, opens the journal, rebuilds the hall's state from it and opens the panel's listener. No
// device and no connection is opened before Run. What is wrong with the configuration comes as a conf.Errors.
func New(o Options) (*Agent, error) {
	if o.Config == nil {
		return nil, errors.New("agent: a configuration is required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	o.hardware()
	if o.Serial == nil {
		o.Serial = func(s config.Serial) driver.PortOpener {
			return bus.NewSerial(bus.SerialOptions{Port: s.Port, Baud: s.Baud, DataBits: s.DataBits, Parity: s.Parity, StopBits: s.StopBits})
		}
	}
	ready, err := prepare(o.Config)
	if err != nil {
		return nil, err
	}
	a := &Agent{opts: o, cfg: o.Config, log: o.Logger, desc: o.Config.Description(), metrics: newMetrics(),
		compare: newComparer(o.Config.Description(), o.Config.Checks)}
	a.numbers = newNumbers(func() []hall.WindowState { return a.rec.state(a.clock.Now().Wall).Queue.Windows })
	if err := a.open(ready); err != nil {
		return nil, errors.Join(err, a.cleanup.run())
	}
	return a, nil
}

// open opens what a gateway cannot be without and wires the rest.
func (a *Agent) open(ready *prepared) error {
	if err := a.openPanel(); err != nil {
		return err
	}
	if err := a.openJournal(); err != nil {
		return err
	}
	if err := a.restore(); err != nil {
		return err
	}
	if err := a.openBroker(); err != nil {
		return err
	}
	list := a.devices(ready)
	a.openControl(list)
	a.sup = supervise.New(supervise.Options{Recorder: a.rec, Metrics: a.metrics, Logger: a.log}, list)
	a.past = past{} // it has served
	if err := a.openLink(ready); err != nil {
		return err
	}
	a.metrics.watch(a)
	return nil
}

// PanelAddr is where the hall's own page is.
func (a *Agent) PanelAddr() string { return a.panel.Addr() }

// AttendanceAddr is where terminals push; empty while nothing listens there.
func (a *Agent) AttendanceAddr() string {
	if a.terminal == nil {
		return ""
	}
	if addr := a.terminal.Addr(); addr != nil {
		return addr.String()
	}
	return ""
}

// Close frees an agent that is not run. After Run it does nothing.
func (a *Agent) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running {
		return nil
	}
	return a.cleanup.run()
}

// Run reads the hall's devices and serves its page until ctx ends, then stops in bounded time. It can be called once.
func (a *Agent) Run(ctx context.Context) error {
	a.mu.Lock()
	if a.running || len(a.cleanup.steps) == 0 {
		a.mu.Unlock()
		return errors.New("agent: runs already, or was closed")
	}
	a.running = true
	a.mu.Unlock()
	a.log.Info("gateway starts", "hall", string(a.cfg.Hall.ID), "version", a.opts.Version, "boot", a.journal.Boot(), "panel", a.PanelAddr())
	err := a.work(ctx)
	if flush := a.rec.flush(); flush != nil {
		err = errors.Join(err, flush)
	}
	if err = errors.Join(err, a.cleanup.run()); err != nil {
		return fmt.Errorf("agent: stop: %w", err)
	}
	a.log.Info("gateway stopped")
	return nil
}
