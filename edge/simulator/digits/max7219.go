package digits

import (
	"errors"
	"fmt"
	"strings"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"hallpulse/edge/driver"
)

var (
	_ driver.SPIOpener = (*MAX7219)(nil)
	_ spi.PortCloser   = (*maxPort)(nil)
	_ spi.Conn         = (*maxConn)(nil)
)

// MAX7219 is a chip with eight digits on a chip-select line, which it opens. The leftmost digit is the chip's last, as on the
// common boards. It is safe for concurrent use.
type MAX7219 struct {
	screen
	taken bool
	reg   [16]byte
}

// NewMAX7219 gives a display after power-on: in shutdown, dark.
func NewMAX7219() *MAX7219 {
	d := &MAX7219{}
	d.look()
	return d
}

// Reset takes the display's power for a moment.
func (d *MAX7219) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reg = [16]byte{}
	d.look()
}

// Upset writes a register past the gateway, as an impulse on a long wire does: e.g. 0x0F, 1 lights everything.
func (d *MAX7219) Upset(register, value byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reg[register&0x0F] = value
	d.look()
}

// look reads the digits; the caller holds the lock.
func (d *MAX7219) look() {
	var b strings.Builder
	for i := 7; i >= 0; i-- {
		v := d.reg[1+i]
		switch decoded := d.reg[0x09]>>i&1 != 0; {
		case d.reg[0x0F]&1 != 0:
			b.WriteString("8.")
		case d.reg[0x0C]&1 == 0 || i > int(d.reg[0x0B]&7):
			b.WriteString(" ")
		case decoded:
			b.WriteString(codeB(v))
		default: // bit 6 is A, bit 0 is G
			s := v & 0x80
			for bit := range 7 {
				s |= v >> (6 - bit) & 1 << bit
			}
			b.WriteString(read(s))
		}
	}
	d.show(b.String())
}

// codeB is the chip's own font (data sheet table 5).
func codeB(v byte) string {
	c := "0123456789-EHLP "[v&0x0F : v&0x0F+1]
	if v&0x80 != 0 {
		c += "."
	}
	return c
}

// OpenSPI takes the chip-select line.
func (d *MAX7219) OpenSPI() (spi.PortCloser, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.faults.Forbid != nil:
		return nil, fmt.Errorf("digits: SPI: %w", d.faults.Forbid)
	case d.taken:
		return nil, errors.New("digits: the SPI port has an owner")
	}
	d.taken = true
	return &maxPort{chip: d}, nil
}

type maxPort struct {
	chip      *MAX7219
	connected bool
}

func (p *maxPort) String() string                    { return "simulated SPI" }
func (p *maxPort) LimitSpeed(physic.Frequency) error { return nil }

func (p *maxPort) Connect(f physic.Frequency, m spi.Mode, bits int) (spi.Conn, error) {
	if p.connected || f > 10*physic.MegaHertz || m != spi.Mode0 || bits != 8 {
		return nil, fmt.Errorf("digits: SPI at %s, mode %d, %d bits, connected before: %v", f, m, bits, p.connected)
	}
	p.connected = true
	return &maxConn{p.chip}, nil
}

func (p *maxPort) Close() error {
	p.chip.mu.Lock()
	defer p.chip.mu.Unlock()
	p.chip.taken = false
	return nil
}

type maxConn struct{ chip *MAX7219 }

func (c *maxConn) String() string      { return "simulated MAX7219" }
func (c *maxConn) Duplex() conn.Duplex { return conn.Full }

// Tx shifts bytes through; the last sixteen bits are taken when chip select rises.
func (c *maxConn) Tx(w, r []byte) error {
	d := c.chip
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(w) < 2 || d.faults.Away {
		return nil
	}
	last := w[len(w)-2:]
	d.reg[last[0]&0x0F] = last[1]
	d.look()
	return nil
}

func (c *maxConn) TxPackets(list []spi.Packet) error {
	for _, p := range list {
		if err := c.Tx(p.W, p.R); err != nil {
			return err
		}
	}
	return nil
}
