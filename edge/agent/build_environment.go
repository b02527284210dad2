package agent

import (
	"hallpulse/edge/config"
	"hallpulse/edge/driver/air"
	"hallpulse/edge/driver/contact"
	"hallpulse/edge/driver/digits"
)

func environmentFamilies() map[config.Driver]constructor {
	return map[config.Driver]constructor{
		config.SCD4x: newSCD4x, config.SHT: newSHT, config.BME280: newBME280,
		config.TM1637: newTM1637, config.MAX7219: newMAX7219, config.HT16K33: newHT16K33,
		config.ContactLine: newContact, config.RelayLine: newRelay,
	}
}

// airOptions gives a sensor's block, its defaults where the file has none, and what every sensor has. usual is the chip's address.
func airOptions(a *Agent, d *config.Device, usual uint16) (config.Air, air.Options) {
	c := config.Air{}
	c.Defaults()
	if d.Air != nil {
		c = *d.Air
	}
	at := place(c.I2C)
	addr := at.At(usual)
	return c, air.Options{Bus: a.i2c(at.Bus, addr), Address: addr, Interval: c.Interval}
}

// place gives a place on an I2C bus that the file need not name.
func place(c *config.I2C) *config.I2C {
	if c == nil {
		return &config.I2C{}
	}
	return c
}

func newSCD4x(a *Agent, d *config.Device, _ *prepared) built {
	c, o := airOptions(a, d, 0x62)
	return air.NewSCD4x(air.SCD4xOptions{Options: o, NoASC: !c.SelfCalibration, Offset: c.TemperatureOffset, Altitude: c.Altitude})
}

func newSHT(a *Agent, d *config.Device, _ *prepared) built {
	c, o := airOptions(a, d, 0x44)
	model := air.SHT3x
	if c.Model == "sht4x" {
		model = air.SHT4x
	}
	return air.NewSHT(air.SHTOptions{Options: o, Model: model})
}

func newBME280(a *Agent, d *config.Device, _ *prepared) built {
	_, o := airOptions(a, d, 0x76)
	return air.NewBME280(o)
}

// digitOptions gives a display's block, its defaults where the file has none, and what every display has.
func digitOptions(a *Agent, d *config.Device) (config.Digits, digits.Options) {
	c := config.Digits{}
	c.Defaults()
	if d.Digits != nil {
		c = *d.Digits
	}
	return c, digits.Options{Window: d.Window, Numbers: a.numbers, Columns: c.Columns, Brightness: c.Brightness}
}

func newTM1637(a *Agent, d *config.Device, _ *prepared) built {
	c, o := digitOptions(a, d)
	return digits.NewTM1637(digits.TM1637Options{Options: o, Pins: a.opts.GPIO, Clock: c.Clock, Data: c.Data})
}

func newMAX7219(a *Agent, d *config.Device, _ *prepared) built {
	c, o := digitOptions(a, d)
	return digits.NewMAX7219(digits.MAX7219Options{Options: o, Port: a.spi(c.SPI)})
}

func newHT16K33(a *Agent, d *config.Device, _ *prepared) built {
	c, o := digitOptions(a, d)
	at := place(c.I2C)
	addr := at.At(0x70)
	return digits.NewHT16K33(digits.HT16K33Options{Options: o, Bus: a.i2c(at.Bus, addr), Address: addr})
}

func newContact(a *Agent, d *config.Device, _ *prepared) built {
	c := d.Contact
	return contact.New(contact.Options{
		Pins: a.opts.GPIO, Line: c.Pin, Smoke: c.Kind == "smoke", Channel: c.Channel, OpenAtRest: c.Rest == "open",
		ClosedIsHigh: c.Closed == "high", Debounce: c.Debounce,
	})
}

func newRelay(a *Agent, d *config.Device, _ *prepared) built {
	c := d.Relay
	initial := map[string]contact.Initial{"off": contact.Off, "on": contact.On}[c.Initial] // else keep
	return contact.NewRelay(contact.RelayOptions{
		Pins: a.opts.GPIO, Line: c.Pin, ActiveLow: c.Active == "low", Initial: initial, Channel: c.Channel,
		Feedback: c.Feedback, FeedbackHigh: c.FeedbackClosed == "high",
	})
}
