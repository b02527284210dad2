package bus

import (
	"fmt"
	"strings"
	"sync"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"

	"hallpulse/edge/driver"
)

// namesShown bounds the names in an error.
const namesShown = 12

var _ driver.Pins = (*GPIO)(nil)

// GPIO opens lines of the machine. Make one for the program: it knows who has which line.
type GPIO struct {
	mu     sync.Mutex
	loaded bool
	taken  map[string]bool // by the line's own name
}

// NewGPIO gives an opener; it touches no hardware.
func NewGPIO() *GPIO { return &GPIO{taken: map[string]bool{}} }

// Pin takes a line, by its name, its number or an alias, until its Halt. It fails with [ErrInUse] while somebody has it.
func (g *GPIO) Pin(name string) (gpio.PinIn, error) {
	inner, err := g.take(name)
	if err != nil {
		return nil, fmt.Errorf("bus: GPIO line %s: %w", name, err)
	}
	return &line{PinIn: inner, release: func() { g.release(inner.Name()) }}, nil
}

// take finds a line and notes that it has an owner.
func (g *GPIO) take(name string) (gpio.PinIO, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.load(); err != nil {
		return nil, err
	}
	p := gpioreg.ByName(name)
	if p == nil {
		return nil, fmt.Errorf("no such line; there are %s: %w", names(), driver.ErrPermanent)
	}
	var inner gpio.PinIO = p
	if r, ok := p.(gpio.RealPin); ok {
		inner = r.Real() // an alias hides what the line can do, and whose it is
	}
	if g.taken[inner.Name()] {
		return nil, fmt.Errorf("%w: two devices of the configuration share it", ErrInUse)
	}
	g.taken[inner.Name()] = true
	return inner, nil
}

func (g *GPIO) release(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.taken, name)
}

// load finds the machine's lines once.
func (g *GPIO) load() error {
	if g.loaded {
		return nil
	}
	st, err := look()
	if err != nil {
		return err
	}
	if len(gpioreg.All()) == 0 { // a machine without hardware is no error to periph
		return fmt.Errorf("this machine has no GPIO that can be used: is there a /dev/gpiochip0, and is the gateway's user in the group gpio?%s: %w",
			failures(st), driver.ErrPermanent)
	}
	g.loaded = true
	return nil
}

// failures gives why periph's drivers did not load.
func failures(st *driverreg.State) string {
	var b strings.Builder
	for _, f := range st.Failed {
		fmt.Fprintf(&b, " (%s)", f)
	}
	return b.String()
}

func names() string {
	var out []string
	for _, p := range gpioreg.All() {
		out = append(out, p.Name())
	}
	return list(out)
}
