package digits

import (
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/devices/v3/ht16k33"

	"hallpulse/edge/driver"
)

// htColumns is how many columns of its memory the chip has.
const htColumns = 8

// HT16K33Options name the address.
type HT16K33Options struct {
	Options
	Bus     driver.I2COpener
	Address uint16 // 0x70 to 0x77; 0: 0x70
}

// NewHT16K33 prepares the driver of a display on I2C; it opens nothing. Usual columns are 0, 1, 3 and 4: the boards with four
// digits have their colon in column 2.
func NewHT16K33(o HT16K33Options) *Driver {
	if o.Address == 0 {
		o.Address = ht16k33.I2CAddr
	}
	return newDriver("HT16K33", o.Options, htOpener{o}, true, htColumns, 0, 1, 3, 4)
}

type htOpener struct{ o HT16K33Options }

func (h htOpener) open() (panel, error) {
	bus, err := h.o.Bus.OpenI2C()
	if err != nil {
		return nil, err
	}
	return &htPanel{bus, h.o.Address}, nil
}

type htPanel struct {
	bus  i2c.BusCloser
	addr uint16
}

func (p *htPanel) close() error { return p.bus.Close() }

// show sets the chip up anew, its oscillator included: after a brown-out it is dark and acknowledges nevertheless.
func (p *htPanel) show(digits []Segments, brightness int) (bool, error) {
	chip, err := ht16k33.NewI2C(p.bus, p.addr)
	if err != nil {
		return false, err
	}
	if err := chip.SetBrightness(min(max(brightness, 0), 7)*2 + 1); err != nil {
		return false, err
	}
	for i, s := range digits {
		if err := chip.WriteColumn(i, uint16(s)); err != nil {
			return false, err
		}
	}
	return true, nil
}
