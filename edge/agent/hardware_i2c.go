package agent

import (
	"hallpulse/edge/bus"
	"hallpulse/edge/config"
	"hallpulse/edge/driver"
)

// hardware fills in the machine's own lines and buses where the options name no others. Nothing is opened.
func (o *Options) hardware() {
	own := bus.NewGPIO() // it knows who has which line, however it is read
	if o.GPIO == nil {
		o.GPIO = own
	}
	if o.Edges == nil {
		o.Edges = own.Edges("")
	}
	if o.Input == nil {
		o.Input = func(i config.Input) driver.InputOpener { return bus.NewInput(bus.InputOptions{Path: i.Path}) }
	}
	if o.I2C == nil {
		o.I2C = bus.NewI2C().Device
	}
	if o.SPI == nil {
		o.SPI = bus.NewSPI().Port
	}
}

// i2c gives the opener of one address of an I2C bus.
func (a *Agent) i2c(bus string, addr uint16) driver.I2COpener { return a.opts.I2C(bus, addr) }

// spi gives the opener of a chip-select line.
func (a *Agent) spi(port string) driver.SPIOpener { return a.opts.SPI(port) }
