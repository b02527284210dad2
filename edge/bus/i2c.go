package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2creg"

	"hallpulse/edge/driver"
)

// Addresses of an I2C bus that a device may have; the others are the bus's own (I2C-bus specification UM10204, 3.1.12).
const (
	minAddress = 0x08
	maxAddress = 0x77
)

// I2C opens addresses of the machine's I2C buses. Make one for the program: it knows who has which address, and devices of one
// bus share it.
type I2C struct {
	mu    sync.Mutex
	buses map[string]*i2cBus // open ones, by the bus's own name
}

// NewI2C gives an opener of buses; it touches no hardware.
func NewI2C() *I2C { return &I2C{buses: map[string]*i2cBus{}} }

// Device gives the opener of one address. bus is a number, a name (I2C1, /dev/i2c-1) or empty: the machine's first.
func (b *I2C) Device(bus string, addr uint16) driver.I2COpener { return i2cDevice{b, bus, addr} }

type i2cDevice struct {
	buses *I2C
	bus   string
	addr  uint16
}

// OpenI2C takes the address until Close. It fails with [ErrInUse] while another device of the gateway has it, with
// [fs.ErrPermission] when the user may not open the bus, and with [driver.ErrPermanent] when there is no such bus or address.
func (d i2cDevice) OpenI2C() (i2c.BusCloser, error) {
	h, err := d.buses.open(d.bus, d.addr)
	if err != nil {
		return nil, fmt.Errorf("bus: I2C bus %s, address 0x%02X: %w", d.name(), d.addr, err)
	}
	return h, nil
}

func (d i2cDevice) name() string {
	if d.bus == "" {
		return "(the first)"
	}
	return d.bus
}

func (b *I2C) open(name string, addr uint16) (*i2cHandle, error) {
	if addr < minAddress || addr > maxAddress {
		return nil, fmt.Errorf("devices have addresses from 0x%02X to 0x%02X: %w", minAddress, maxAddress, driver.ErrPermanent)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	ref, err := i2cRef(name)
	if err != nil {
		return nil, err
	}
	s := b.buses[ref.Name]
	if s == nil {
		inner, err := ref.Open()
		if err != nil {
			return nil, explainI2C(err)
		}
		s = &i2cBus{name: ref.Name, inner: inner, turn: make(chan struct{}, 1), taken: map[uint16]bool{}}
		b.buses[ref.Name] = s
	}
	if s.taken[addr] {
		return nil, fmt.Errorf("%w: two devices of the configuration have the same address", ErrInUse)
	}
	s.taken[addr] = true
	return &i2cHandle{buses: b, bus: s, addr: addr}, nil
}

// release gives an address back; the last one closes its bus. A bus whose transaction does not end cannot be closed below it:
// it stays open for whoever takes an address of it next.
func (b *I2C) release(s *i2cBus, addr uint16) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(s.taken, addr)
	if len(s.taken) > 0 || !s.idle() {
		return nil
	}
	delete(b.buses, s.name)
	if err := s.inner.Close(); err != nil {
		return fmt.Errorf("bus: I2C bus %s: close: %w", s.name, err)
	}
	return nil
}

// i2cRef finds a bus of the machine.
func i2cRef(name string) (*i2creg.Ref, error) {
	if _, err := look(); err != nil {
		return nil, err
	}
	all := i2creg.All()
	if len(all) == 0 {
		return nil, fmt.Errorf("this machine has no I2C bus: is I2C enabled (dtparam=i2c_arm=on, or raspi-config; ls /dev/i2c-* lists the buses)? %w",
			driver.ErrPermanent)
	}
	if name == "" {
		return slices.MinFunc(all, func(a, b *i2creg.Ref) int { return a.Number - b.Number }), nil
	}
	var names []string
	for _, r := range all {
		if named(name, r.Name, r.Aliases, r.Number) {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return nil, fmt.Errorf("no such bus; there are %s: %w", list(names), driver.ErrPermanent)
}

// explainI2C adds the mend to an error of opening a bus.
func explainI2C(err error) error {
	if !forbidden(err) {
		return err
	}
	if !errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: %w", fs.ErrPermission, err)
	}
	return fmt.Errorf("add the gateway's user to the group i2c and start it anew: %w", err)
}
