package digits

import (
	"errors"
	"math/bits"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"hallpulse/edge/driver"
)

// Registers of the MAX7219 (data sheet table 2); the digits are 1 to 8.
const (
	maxDecode    = 0x09
	maxIntensity = 0x0A
	maxScan      = 0x0B
	maxRun       = 0x0C
	maxTest      = 0x0F
	maxDigits    = 8
)

// maxSpeed is a tenth of what the chip takes: its wires are long.
const maxSpeed = physic.MegaHertz

// MAX7219Options name the chip-select line.
type MAX7219Options struct {
	Options
	Port driver.SPIOpener
}

// NewMAX7219 prepares the driver of one chip with up to eight digits; it opens nothing. Usual columns are 7 to 0: on the common
// boards the leftmost digit is the chip's last. The display answers nothing: see the package.
func NewMAX7219(o MAX7219Options) *Driver {
	return newDriver("MAX7219", o.Options, maxOpener{o}, false, maxDigits, 7, 6, 5, 4, 3, 2, 1, 0)
}

type maxOpener struct{ o MAX7219Options }

func (m maxOpener) open() (panel, error) {
	port, err := m.o.Port.OpenSPI()
	if err != nil {
		return nil, err
	}
	c, err := port.Connect(maxSpeed, spi.Mode0, 8)
	if err != nil {
		return nil, errors.Join(err, port.Close())
	}
	return &max7219{port, c}, nil
}

type max7219 struct {
	port spi.PortCloser
	conn spi.Conn
}

func (p *max7219) close() error { return p.port.Close() }

// show writes every register: a chip that an impulse on the wire put into test or out of work, or that lost its power, is as
// it should be afterwards. A register is taken when chip select rises, so that each is a transfer of its own.
func (p *max7219) show(digits []Segments, brightness int) (bool, error) {
	list := [][2]byte{
		{maxTest, 0}, {maxDecode, 0}, {maxScan, maxDigits - 1},
		{maxIntensity, byte(min(max(brightness, 0), 7)*2 + 1)},
	}
	for i, s := range digits {
		list = append(list, [2]byte{byte(i + 1), maxOrder(s)})
	}
	for _, w := range append(list, [2]byte{maxRun, 1}) {
		if err := p.conn.Tx(w[:], nil); err != nil {
			return false, err
		}
	}
	return false, nil // nobody answers
}

// maxOrder gives segments as the chip orders them: bit 6 is A, bit 0 is G; the dot stays.
func maxOrder(s Segments) byte { return s&Dot | bits.Reverse8(s&^Dot)>>1 }
