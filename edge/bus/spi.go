package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"

	"hallpulse/edge/driver"
)

var _ spi.PortCloser = (*spiPort)(nil)

// SPI opens chip-select lines of the machine's SPI buses. Make one for the program: it knows who has which.
type SPI struct {
	mu    sync.Mutex
	taken map[string]bool // by the port's own name
}

// NewSPI gives an opener of ports; it touches no hardware.
func NewSPI() *SPI { return &SPI{taken: map[string]bool{}} }

// Port gives the opener of one chip-select line. name is e.g. SPI0.0 or /dev/spidev0.0; empty: the machine's first.
func (s *SPI) Port(name string) driver.SPIOpener { return spiOpener{s, name} }

type spiOpener struct {
	ports *SPI
	name  string
}

// OpenSPI takes the line until Close. It fails with [ErrInUse] while another device of the gateway has it, with
// [fs.ErrPermission] when the user may not open it, and with [driver.ErrPermanent] when there is none of this name. A
// transfer needs no time limit of its own: the clock is the master's, it lasts as long as its bytes.
func (o spiOpener) OpenSPI() (spi.PortCloser, error) {
	p, err := o.ports.open(o.name)
	if err != nil {
		name := o.name
		if name == "" {
			name = "(the first)"
		}
		return nil, fmt.Errorf("bus: SPI port %s: %w", name, err)
	}
	return p, nil
}

func (s *SPI) open(name string) (*spiPort, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ref, err := spiRef(name)
	if err != nil {
		return nil, err
	}
	if s.taken[ref.Name] {
		return nil, fmt.Errorf("%w: two devices of the configuration share it", ErrInUse)
	}
	inner, err := ref.Open()
	if err != nil {
		return nil, explainSPI(err)
	}
	s.taken[ref.Name] = true
	return &spiPort{PortCloser: inner, release: sync.OnceFunc(func() { s.release(ref.Name) })}, nil
}

func (s *SPI) release(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.taken, name)
}

// spiPort is an open port with one owner.
type spiPort struct {
	spi.PortCloser
	mu      sync.Mutex
	closed  bool
	release func()
}

// Close gives the port back.
func (p *spiPort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	defer p.release()
	if err := p.PortCloser.Close(); err != nil {
		return fmt.Errorf("bus: SPI port %s: close: %w", p, err)
	}
	return nil
}

// spiRef finds a port of the machine.
func spiRef(name string) (*spireg.Ref, error) {
	if _, err := look(); err != nil {
		return nil, err
	}
	all := spireg.All()
	if len(all) == 0 {
		return nil, fmt.Errorf("this machine has no SPI port: is SPI enabled (dtparam=spi=on, or raspi-config; ls /dev/spidev* lists the ports)? %w",
			driver.ErrPermanent)
	}
	if name == "" {
		return slices.MinFunc(all, func(a, b *spireg.Ref) int { return a.Number - b.Number }), nil
	}
	var names []string
	for _, r := range all {
		if named(name, r.Name, r.Aliases, -1) {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return nil, fmt.Errorf("no such port; there are %s: %w", list(names), driver.ErrPermanent)
}

// explainSPI adds the mend to an error of opening a port.
func explainSPI(err error) error {
	if !forbidden(err) {
		return err
	}
	if !errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: %w", fs.ErrPermission, err)
	}
	return fmt.Errorf("add the gateway's user to the group spi and start it anew: %w", err)
}
