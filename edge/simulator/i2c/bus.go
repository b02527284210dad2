// Package i2c is a simulated I2C bus: chips are attached by address and take transactions as the real ones do. It is safe for
// concurrent use; chips guard themselves.
package i2c

import (
	"errors"
	"fmt"
	"sync"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"hallpulse/edge/driver"
)

// Errors of a bus, as a controller reports them.
var (
	ErrNACK  = errors.New("i2c: no acknowledge")
	ErrStuck = errors.New("i2c: data line is held low")
	ErrInUse = errors.New("i2c: address in use")
)

// Chip takes one transaction: w is written, then r is read after a repeated start.
type Chip interface {
	Tx(w, r []byte) error
}

// Bus is one bus. The zero value has no chip.
type Bus struct {
	mu    sync.Mutex
	chips map[uint16]Chip
	taken map[uint16]bool
	stuck bool

	faults map[uint16]*faulty
	wires  sync.Mutex // one transaction at a time
}

// Attach puts a chip on the bus; nil takes it away.
func (b *Bus) Attach(addr uint16, c Chip) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.chips == nil {
		b.chips = map[uint16]Chip{}
	}
	if b.chips[addr] = c; c == nil {
		delete(b.chips, addr)
	}
}

// Stick holds the data line low, or lets it go: every transaction fails.
func (b *Bus) Stick(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stuck = on
}

// Opener opens one address, by one owner at a time.
func (b *Bus) Opener(addr uint16) driver.I2COpener { return opener{b, addr} }

type opener struct {
	bus  *Bus
	addr uint16
}

func (o opener) OpenI2C() (i2c.BusCloser, error) {
	b := o.bus
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken[o.addr] {
		return nil, fmt.Errorf("%w: 0x%02X", ErrInUse, o.addr)
	}
	if b.taken == nil {
		b.taken = map[uint16]bool{}
	}
	b.taken[o.addr] = true
	return &handle{bus: b, addr: o.addr}, nil
}

// handle is the bus of one owner.
type handle struct {
	bus  *Bus
	addr uint16
	once sync.Once
}

func (h *handle) String() string                  { return "simulated I2C" }
func (h *handle) SetSpeed(physic.Frequency) error { return nil }

func (h *handle) Close() error {
	h.once.Do(func() {
		h.bus.mu.Lock()
		defer h.bus.mu.Unlock()
		delete(h.bus.taken, h.addr)
	})
	return nil
}

func (h *handle) Tx(addr uint16, w, r []byte) error {
	if addr != h.addr {
		return fmt.Errorf("i2c: address 0x%02X belongs to another device", addr)
	}
	h.bus.wires.Lock()
	defer h.bus.wires.Unlock()
	h.bus.mu.Lock()
	chip, stuck, wrong := h.bus.chips[addr], h.bus.stuck, h.bus.faults[addr]
	h.bus.mu.Unlock()
	switch {
	case stuck:
		return ErrStuck
	case chip == nil:
		return ErrNACK
	case wrong != nil:
		return wrong.tx(chip, w, r)
	}
	return chip.Tx(w, r)
}
