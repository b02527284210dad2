package bus

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"hallpulse/edge/driver"
)

var _ i2c.BusCloser = (*i2cHandle)(nil)

// Limits of a transaction.
const (
	txTime  = 500 * time.Millisecond // with the wait for the bus; a device that stretches the clock does so for 150 ms at most
	endTime = 200 * time.Millisecond // wait for a transaction's end when the bus is closed; with txTime less than the second a driver has
	maxI2Tx = 8192                   // bytes written or read, the limit of Linux (I2C_RDWR)
)

// i2cBus is an open bus that several devices share. Transactions follow one another.
type i2cBus struct {
	name  string
	inner i2c.BusCloser
	turn  chan struct{}   // holds one token while a transaction runs
	taken map[uint16]bool // guarded by the I2C's lock
}

// idle takes the bus from its transactions for good, unless one does not end.
func (s *i2cBus) idle() bool {
	late := time.NewTimer(endTime)
	defer late.Stop()
	select {
	case s.turn <- struct{}{}:
		return true
	case <-late.C:
		return false
	}
}

// tx runs one transaction, for txTime at most. One that the kernel does not give back keeps the bus until it ends, and
// whatever it reads then is thrown away: r belongs to the caller again.
func (s *i2cBus) tx(addr uint16, w, r []byte) error {
	late := time.NewTimer(txTime)
	defer late.Stop()
	select {
	case s.turn <- struct{}{}:
	case <-late.C:
		return fmt.Errorf("the bus is busy for more than %v: a device may hold its lines: %w", txTime, os.ErrDeadlineExceeded)
	}
	done := make(chan error, 1)
	sent, got := slices.Clone(w), make([]byte, len(r))
	go func() {
		err := s.inner.Tx(addr, sent, got)
		<-s.turn
		done <- err
	}()
	select {
	case err := <-done:
		copy(r, got)
		return explainTx(err)
	case <-late.C:
		return fmt.Errorf("no end within %v: a device may hold the lines of the bus: %w", txTime, os.ErrDeadlineExceeded)
	}
}

// explainTx adds the mend to an error of a transaction. periph gives what the kernel says as text alone.
func explainTx(err error) error {
	if err == nil {
		return nil
	}
	for _, text := range []string{"remote I/O error", "no such device or address"} {
		if strings.Contains(err.Error(), text) {
			return fmt.Errorf("nobody answers at this address: is the chip wired, powered and set to it? (i2cdetect -y 1 lists who answers): %w", err)
		}
	}
	return err
}

// i2cHandle is one address of an open bus.
type i2cHandle struct {
	buses  *I2C
	bus    *i2cBus
	addr   uint16
	mu     sync.Mutex
	closed bool
}

// String names the bus and the address.
func (h *i2cHandle) String() string { return fmt.Sprintf("%s(0x%02X)", h.bus.name, h.addr) }

// Tx does one transaction with the device of this handle: w is written, then r is read, after a repeated start where both are
// there. It fails with [os.ErrDeadlineExceeded] when the bus hangs; other errors are the bus's own, mostly a missing answer.
func (h *i2cHandle) Tx(addr uint16, w, r []byte) error {
	h.mu.Lock()
	closed := h.closed
	h.mu.Unlock()
	err := error(nil)
	switch {
	case closed:
		err = os.ErrClosed
	case addr != h.addr:
		err = fmt.Errorf("address 0x%02X belongs to another device: %w", addr, driver.ErrPermanent)
	case len(w) > maxI2Tx || len(r) > maxI2Tx:
		err = fmt.Errorf("%d and %d bytes in one transaction, at most %d: %w", len(w), len(r), maxI2Tx, driver.ErrPermanent)
	default:
		err = h.bus.tx(addr, w, r)
	}
	if err != nil {
		return fmt.Errorf("bus: I2C %s: %w", h, err)
	}
	return nil
}

// SetSpeed refuses: the speed of a bus belongs to all its devices and is set where the system enables it.
func (h *i2cHandle) SetSpeed(physic.Frequency) error {
	return fmt.Errorf("bus: I2C %s: the speed is set for the whole bus, e.g. by dtparam=i2c_arm_baudrate: %w", h, errors.ErrUnsupported)
}

// Close gives the address back; the last address closes the bus.
func (h *i2cHandle) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	h.mu.Unlock()
	return h.buses.release(h.bus, h.addr)
}
