package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/warthog618/go-gpiocdev"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/host/v3/gpioioctl"

	"hallpulse/edge/driver"
)

var _ gpio.PinIO = (*chipLine)(nil)

// consumer is the name under which the kernel shows a line as taken.
const consumer = "hallpulse"

// drivable gives a line whose Read leaves an output an output. periph's line of the character device turns it into an input
// with pull-up (host v3.8.5, gpioioctl.GPIOLine.Read): a relay would drop out each time it is looked at.
func drivable(p gpio.PinIO) (gpio.PinIO, error) {
	l, ok := p.(*gpioioctl.GPIOLine)
	if !ok {
		return p, nil
	}
	for _, chip := range gpioioctl.Chips {
		if !slices.Contains(chip.Lines(), l) {
			continue
		}
		req, err := gpiocdev.RequestLine(chip.Path(), l.Number(), gpiocdev.AsIs, gpiocdev.WithConsumer(consumer))
		if err != nil {
			return nil, explainLine(err)
		}
		return &chipLine{name: l.Name(), number: l.Number(), req: req}, nil
	}
	return nil, fmt.Errorf("its chip is not known: %w", driver.ErrPermanent)
}

// explainLine adds the mend to an error of taking a line from the kernel.
func explainLine(err error) error {
	switch {
	case errors.Is(err, syscall.EBUSY):
		return fmt.Errorf("%w: another program, or the kernel itself, has it (gpioinfo tells which): %w", ErrInUse, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("add the gateway's user to the group gpio and start it anew: %w", err)
	}
	return err
}

// request is a line as the kernel gives it.
type request interface {
	Value() (int, error)
	SetValue(int) error
	Reconfigure(...gpiocdev.LineConfigOption) error
	Close() error
}

// chipLine is a line of a GPIO chip that can be driven and read back.
type chipLine struct {
	name   string
	number int
	req    request

	mu     sync.Mutex
	driven bool
	pull   gpio.Pull
	err    error
}

// Out drives the line. The first time direction and level change together, so that no other level is on it in between.
func (l *chipLine) Out(level gpio.Level) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := 0
	if level {
		v = 1
	}
	if l.driven {
		return l.req.SetValue(v)
	}
	err := l.req.Reconfigure(gpiocdev.AsOutput(v), gpiocdev.WithBiasAsIs)
	l.driven = err == nil
	return err
}

// In lets the line go, with a pull. Edges cannot be waited for.
func (l *chipLine) In(pull gpio.Pull, edge gpio.Edge) error {
	if edge != gpio.NoEdge {
		return errors.ErrUnsupported
	}
	bias := map[gpio.Pull]gpiocdev.LineBias{
		gpio.PullUp: gpiocdev.WithPullUp, gpio.PullDown: gpiocdev.WithPullDown, gpio.Float: gpiocdev.WithBiasDisabled,
	}[pull]
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.req.Reconfigure(gpiocdev.AsInput, bias) // the zero bias is as it is
	if err == nil {
		l.driven, l.pull = false, pull
	}
	return err
}

// Read gives the level; Low where the kernel does not say, see Err.
func (l *chipLine) Read() gpio.Level {
	v, err := l.req.Value()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	return err == nil && v != 0
}

// Err gives why the last Read gave no level.
func (l *chipLine) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		return nil
	}
	return fmt.Errorf("bus: GPIO line %s: %w", l.name, l.err)
}

// Close gives the line back to the kernel.
func (l *chipLine) Close() { _ = l.req.Close() } // it fails only when it is closed already

// Halt does nothing: nobody waits on the line.
func (*chipLine) Halt() error { return nil }

// PWM is not what a character device can.
func (*chipLine) PWM(gpio.Duty, physic.Frequency) error { return errors.ErrUnsupported }

// WaitForEdge does not wait.
func (*chipLine) WaitForEdge(time.Duration) bool { return false }

// Pull gives the pull asked for.
func (l *chipLine) Pull() gpio.Pull {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pull
}

// DefaultPull is not known to the kernel.
func (*chipLine) DefaultPull() gpio.Pull { return gpio.PullNoChange }

// String gives the line's name.
func (l *chipLine) String() string { return l.name }

// Name gives the line's name.
func (l *chipLine) Name() string { return l.name }

// Number gives the line's offset in its chip.
func (l *chipLine) Number() int { return l.number }

// Function says what the line is used for.
func (l *chipLine) Function() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.driven {
		return "OUT"
	}
	return "IN"
}
