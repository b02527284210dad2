package config

import (
	"fmt"
	"slices"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Columns of the digit chips.
const (
	columnsTM1637 = 6
	columnsOthers = 8
)

// digits checks a display on a chip.
func (k *checker) digits(path string, d *Device) {
	if d.Window == "" && len(d.Addresses) > 0 {
		k.fail(path+".window", textOneWindow, conf.Say(textAdd, "window"))
	}
	c := d.Digits
	if c == nil {
		c = &Digits{}
	}
	path += ".digits"
	all := []string{"clock", "data", "spi", "i2c"}
	columns := columnsOthers
	switch d.Driver {
	case TM1637:
		columns = columnsTM1637
		k.only(path, d.Driver, all, "clock", "data")
		if d.Digits == nil {
			return
		}
		k.present(path, "clock", c.Clock != "")
		k.present(path, "data", c.Data != "")
		k.unique(path+".clock", "pin", c.Clock)
		k.unique(path+".data", "pin", c.Data)
	case MAX7219:
		k.only(path, d.Driver, all, "spi")
		k.unique(path+".spi", "spi", "port "+busName(c.SPI)) // also the empty one: the machine's first
	case HT16K33:
		k.only(path, d.Driver, all, "i2c")
		k.i2cOr(path, c.I2C, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77)
	}
	for i, column := range c.Columns {
		switch at := fmt.Sprintf("%s.columns[%d]", path, i); {
		case column < 0 || column >= columns:
			k.fail(at, conf.Say(textColumn, d.Driver, columns-1), hall.Text{})
		case slices.Contains(c.Columns[:i], column):
			k.fail(at, textColumnSame, textChooseElse)
		}
	}
}

// air checks a sensor of air.
func (k *checker) air(path string, d *Device) {
	a := d.Air
	if a == nil {
		a = &Air{}
	}
	path += ".air"
	all := []string{"model", "self_calibration", "temperature_offset", "altitude"}
	switch d.Driver {
	case SCD4x:
		k.only(path, d.Driver, all, "self_calibration", "temperature_offset", "altitude")
		k.i2cOr(path, a.I2C, 0x62)
	case SHT:
		k.only(path, d.Driver, all, "model")
		if d.Air != nil {
			k.present(path, "model", a.Model != "")
			k.i2cOr(path, a.I2C, 0x44, 0x45, 0x46)
		}
	case BME280:
		k.only(path, d.Driver, all)
		k.i2cOr(path, a.I2C, 0x76, 0x77)
	}
}

// i2cOr checks a place on a bus that the file need not name.
func (k *checker) i2cOr(path string, c *I2C, may ...uint16) {
	if c == nil {
		c = &I2C{}
	}
	k.i2c(path+".i2c", c, may...)
}
