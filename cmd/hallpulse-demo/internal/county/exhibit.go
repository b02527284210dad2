package county

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/spi"

	"hallpulse/edge/driver"
	"hallpulse/edge/simulator/beam"
	"hallpulse/edge/simulator/i2c"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
)

// Hardware is what a gateway of the demonstration finds on its own board: lines, buses and ports that are simulated in the
// program. Gateways that are processes of their own find the lines of the door counters alone.
type Hardware struct {
	pins   map[string]driver.Pins
	bus    *i2c.Bus
	spi    driver.SPIOpener
	edges  driver.EdgeOpener
	input  driver.InputOpener
	others driver.Pins // the door counters'
}

// Pin takes a line.
func (w *Hardware) Pin(name string) (gpio.PinIn, error) {
	if p := w.pins[name]; p != nil {
		return p.Pin(name)
	}
	if w.others == nil {
		return nil, fmt.Errorf("county: line %s: %w", name, fs.ErrNotExist)
	}
	return w.others.Pin(name)
}

// Out takes a line to drive it.
func (w *Hardware) Out(name string) (gpio.PinIO, error) {
	if p := w.pins[name]; p != nil {
		return p.Out(name)
	}
	return nil, fmt.Errorf("county: line %s: %w", name, fs.ErrNotExist)
}

// I2C gives the opener of an address of the board's only bus.
func (w *Hardware) I2C(_ string, addr uint16) driver.I2COpener { return w.bus.Opener(addr) }

// SPI gives the board's only port.
func (w *Hardware) SPI(string) driver.SPIOpener {
	if w.spi != nil {
		return w.spi
	}
	return noSPI{}
}

// Simulated says whether the board has buses.
func (w *Hardware) Simulated() bool { return w.bus != nil }

// OpenEdges takes lines whose changes are stamped.
func (w *Hardware) OpenEdges(o driver.EdgeOptions) (driver.Edges, error) {
	if w.edges == nil {
		return nil, fmt.Errorf("county: lines %v: %w", o.Lines, fs.ErrNotExist)
	}
	return w.edges.OpenEdges(o)
}

// OpenInput takes the board's only input device.
func (w *Hardware) OpenInput() (driver.Input, error) {
	if w.input == nil {
		return nil, fmt.Errorf("county: input device: %w", fs.ErrNotExist)
	}
	return w.input.OpenInput()
}

type noSPI struct{}

func (noSPI) OpenSPI() (spi.PortCloser, error) { return nil, fs.ErrNotExist }

// Hardware gives the board of the hall's gateway.
func (h *Hall) Hardware() *Hardware {
	if h.GPIO != "" && h.board.others == nil {
		h.board.others = beam.NewClient(h.GPIO)
	}
	return h.board
}

// exhibits are the devices that show every family. They are there to be looked at: their truth is not written down.
type exhibits struct {
	h       *Hall
	yaml    []string
	mqtt    []string      // topics of devices on the hall's broker
	addr    string        // of that broker
	client  driver.Broker // the devices' connection to it
	rating  bool          // the hall has a page for telephones
	outside bool          // it is another program
}

// add gives the hall a device by its block, and whatever lives behind it.
func (x *exhibits) add(id hall.DeviceID, block string, runs ...func(context.Context) error) {
	x.yaml = append(x.yaml, fmt.Sprintf("  - {id: %s, %s}", id, block))
	x.h.runners = append(x.h.runners, runs...)
	x.h.shown = append(x.h.shown, id)
}

// told writes down which devices' truth is not written down.
func (h *Hall) told() {
	for _, id := range h.shown {
		h.truth.Write(truth.Event{Hall: h.ID, Device: id, Kind: truth.KindShown})
	}
}

// every does something at each tick until ctx ends; n counts the ticks.
func every(d time.Duration, do func(ctx context.Context, n int)) func(context.Context) error {
	return func(ctx context.Context) error {
		tick := time.NewTicker(d)
		defer tick.Stop()
		for n := 0; ; n++ {
			do(ctx, n)
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	}
}

// both runs two parts of one device.
func both(a, b func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		var wg sync.WaitGroup
		wg.Go(func() { _ = a(ctx) })
		defer wg.Wait()
		return b(ctx)
	}
}
