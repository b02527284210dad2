package bus

import (
	"fmt"
	"strings"
	"sync"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	"periph.io/x/host/v3"

	"hallpulse/edge/driver"
)

// namesShown bounds the names in an error.
const namesShown = 12

// GPIO opens input lines of the machine. Make one for the program: it knows who has which line.
type GPIO struct {
	mu     sync.Mutex
	loaded bool
	taken  map[string]bool // by the line's own name
}

// NewGPIO gives an opener; it touches no hardware.
func NewGPIO() *GPIO { return &GPIO{taken: map[string]bool{}} }

// Pin takes a line, by its name, its number or an alias, until its Halt. It fails with [ErrInUse] while somebody has it.
func (g *GPIO) Pin(name string) (gpio.PinIn, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.load(); err != nil {
		return nil, fmt.Errorf("bus: GPIO line %s: %w", name, err)
	}
	p := gpioreg.ByName(name)
	if p == nil {
		return nil, fmt.Errorf("bus: GPIO line %s: no such line; there are %s: %w", name, names(), driver.ErrPermanent)
	}
	var inner gpio.PinIO = p
	if r, ok := p.(gpio.RealPin); ok {
		inner = r.Real() // an alias hides what the line can do, and whose it is
	}
	own := inner.Name()
	if g.taken[own] {
		return nil, fmt.Errorf("bus: GPIO line %s: %w: two devices of the configuration share it", name, ErrInUse)
	}
	g.taken[own] = true
	return &line{PinIn: inner, release: func() { g.release(own) }}, nil
}

func (g *GPIO) release(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.taken, name)
}

// load finds the machine's lines once. periph looks once in a program's life, so that trying again is of no use.
func (g *GPIO) load() error {
	if g.loaded {
		return nil
	}
	st, err := host.Init()
	if err != nil {
		return fmt.Errorf("%w: %w", driver.ErrPermanent, err)
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
		if len(out) == namesShown {
			return strings.Join(out, ", ") + " and others"
		}
		out = append(out, p.Name())
	}
	return strings.Join(out, ", ")
}
