package bus

import (
	"fmt"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

var _ gpio.PinIO = (*outLine)(nil)

// Out takes a line, by its name, its number or an alias, until its Halt, to drive it. Read gives the level of the line itself
// and leaves its direction alone; before the first Out or In that is what others left there. Whether the level stays after
// Halt is the chip's matter: a Raspberry Pi keeps it, the kernel promises nothing. It fails with [ErrInUse] while somebody has
// the line.
func (g *GPIO) Out(name string) (gpio.PinIO, error) {
	p, err := g.take(name)
	if err != nil {
		return nil, fmt.Errorf("bus: GPIO line %s: %w", name, err)
	}
	own := p.Name()
	readable, err := drivable(p)
	if err != nil {
		g.release(own)
		return nil, fmt.Errorf("bus: GPIO line %s: %w", name, err)
	}
	return &outLine{PinIO: readable, release: func() { g.release(own) }}, nil
}

// outLine is a line to be driven, with one owner.
type outLine struct {
	gpio.PinIO
	mu      sync.Mutex // a descriptor must not be closed below its use
	halted  bool
	release func()
}

// Out drives the line.
func (l *outLine) Out(level gpio.Level) error {
	return l.do("drive", func() error { return l.PinIO.Out(level) })
}

// In lets the line go and reads it.
func (l *outLine) In(pull gpio.Pull, edge gpio.Edge) error {
	return l.do("read", func() error { return l.PinIO.In(pull, edge) })
}

// PWM drives the line by pulses, where its chip can.
func (l *outLine) PWM(duty gpio.Duty, f physic.Frequency) error {
	return l.do("pulses", func() error { return l.PinIO.PWM(duty, f) })
}

// Read gives the line's level; Low once it was given back.
func (l *outLine) Read() gpio.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !gpio.Level(l.halted) && l.PinIO.Read()
}

// Err gives why the last Read gave no level, where the line can tell.
func (l *outLine) Err() error {
	if f, ok := l.PinIO.(interface{ Err() error }); ok {
		return f.Err()
	}
	return nil
}

// WaitForEdge does not wait: who drives a line knows its edges.
func (*outLine) WaitForEdge(time.Duration) bool { return false }

func (l *outLine) do(what string, f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := os.ErrClosed
	if !l.halted {
		err = f()
	}
	if err != nil {
		return fmt.Errorf("bus: GPIO line %s: %s: %w", l.Name(), what, err)
	}
	return nil
}

// Halt gives the line back, to other programs as well where the system can.
func (l *outLine) Halt() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.halted {
		return nil
	}
	l.halted = true
	defer l.release()
	err := l.PinIO.Halt()
	if c, ok := l.PinIO.(interface{ Close() }); ok {
		c.Close()
	}
	return err
}
