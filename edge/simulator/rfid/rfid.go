// Package rfid is a simulated MFRC522 card reader on SPI, by its registers, with cards that are held to it.
package rfid

import (
	"errors"
	"sync"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// Faults of a reader; the zero value is one that works.
type Faults struct {
	Away    bool  // another chip, or none: every register reads 0
	Forbid  error // opening fails with it
	Damaged bool  // the cards' numbers come with a wrong check byte
}

// ErrInUse says that somebody has the port.
var ErrInUse = errors.New("rfid: in use")

// Reader is the chip. It is safe for concurrent use.
type Reader struct {
	mu     sync.Mutex
	regs   [64]byte
	fifo   []byte
	card   []byte // in the field; nil: none
	picked bool   // the first cascade of its number
	faults Faults
	open   bool
}

// New gives a reader without a card.
func New() *Reader { return &Reader{} }

// Hold holds a card of 4 or 7 bytes to the reader; nil takes it away.
func (r *Reader) Hold(uid []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.card, r.picked = uid, false
}

// SetFaults says what is wrong with it.
func (r *Reader) SetFaults(f Faults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = f
}

// OpenSPI takes the port.
func (r *Reader) OpenSPI() (spi.PortCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults.Forbid != nil {
		return nil, r.faults.Forbid
	}
	if r.open {
		return nil, ErrInUse
	}
	r.open = true
	return &port{r}, nil
}

type port struct{ r *Reader }

func (p *port) String() string                    { return "simulated SPI" }
func (p *port) LimitSpeed(physic.Frequency) error { return nil }
func (p *port) Close() error {
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.r.open = false
	return nil
}

func (p *port) Connect(physic.Frequency, spi.Mode, int) (spi.Conn, error) { return &link{p.r}, nil }

type link struct{ r *Reader }

func (l *link) String() string               { return "simulated MFRC522" }
func (l *link) Duplex() conn.Duplex          { return conn.Full }
func (l *link) TxPackets([]spi.Packet) error { return errors.New("rfid: single transactions only") }

// Tx takes an address and a byte: the highest bit of the address says that it is a read.
func (l *link) Tx(w, out []byte) error {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	if len(w) != 2 || len(out) != 2 {
		return errors.New("rfid: two bytes a transaction")
	}
	reg := w[0] >> 1 & 0x3F
	if w[0]&0x80 != 0 {
		out[1] = l.r.read(reg)
		return nil
	}
	l.r.write(reg, w[1])
	return nil
}

func (r *Reader) read(reg byte) byte {
	if r.faults.Away {
		return 0
	}
	switch reg {
	case 0x37:
		return 0x92
	case 0x0A:
		return byte(len(r.fifo))
	case 0x09:
		if len(r.fifo) == 0 {
			return 0
		}
		b := r.fifo[0]
		r.fifo = r.fifo[1:]
		return b
	}
	return r.regs[reg]
}

func (r *Reader) write(reg, v byte) {
	switch reg {
	case 0x04:
		r.regs[reg] &^= v // interrupts are cleared
	case 0x09:
		r.fifo = append(r.fifo, v)
	case 0x0A:
		r.fifo = nil
	case 0x0D:
		r.regs[reg] = v
		if v&0x80 != 0 && r.regs[0x01] == 0x0C {
			r.transceive()
		}
	default:
		r.regs[reg] = v
	}
}

// transceive lets the card answer what was sent.
func (r *Reader) transceive() {
	sent := r.fifo
	r.fifo = r.answer(sent)
	if r.regs[0x06] = 0; r.fifo == nil {
		r.regs[0x04] |= 0x01 // the timer
		return
	}
	r.regs[0x04] |= 0x30
}

func (r *Reader) answer(sent []byte) []byte {
	if r.card == nil || len(sent) == 0 {
		return nil
	}
	long := len(r.card) == 7
	switch {
	case sent[0] == 0x26:
		r.picked = false
		return []byte{0x44, 0x00}
	case len(sent) == 2 && sent[0] == 0x93 && long:
		return r.checked([]byte{0x88, r.card[0], r.card[1], r.card[2]})
	case len(sent) == 2 && sent[0] == 0x93:
		return r.checked(r.card[:4])
	case len(sent) == 9 && sent[0] == 0x93 && long:
		r.picked = true
		return []byte{0x04, 0xDA, 0x17}
	case len(sent) == 2 && sent[0] == 0x95 && r.picked:
		return r.checked(r.card[3:7])
	}
	return nil
}

func (r *Reader) checked(b []byte) []byte {
	check := b[0] ^ b[1] ^ b[2] ^ b[3]
	if r.faults.Damaged {
		check ^= 0xFF
	}
	return append(append([]byte(nil), b...), check)
}
