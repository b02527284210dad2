package config

import (
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// The drivers of air, contacts, relays and digit chips.
const (
	SCD4x   Driver = "scd4x"
	SHT     Driver = "sht"
	BME280  Driver = "bme280"
	TM1637  Driver = "tm1637"
	MAX7219 Driver = "max7219"
	HT16K33 Driver = "ht16k33"
	// ContactLine is a door contact or smoke detector, RelayLine a relay, on lines of the gateway.
	ContactLine Driver = "contact"
	RelayLine   Driver = "relay"
)

// EnvironmentBlocks are the option blocks of air, contacts, relays and digit chips.
type EnvironmentBlocks struct {
	Digits  *Digits  `yaml:"digits"`
	Air     *Air     `yaml:"air"`
	Contact *Contact `yaml:"contact"`
	Relay   *Relay   `yaml:"relay"`
}

func (b *EnvironmentBlocks) blocks() []block {
	return []block{{"digits", b.Digits != nil}, {"air", b.Air != nil}, {"contact", b.Contact != nil}, {"relay", b.Relay != nil}}
}

// Digits is a number display made of a chip on the gateway itself.
type Digits struct {
	Clock      string `yaml:"clock"`                      // tm1637: pin, e.g. GPIO23
	Data       string `yaml:"data"`                       // tm1637: pin
	SPI        string `yaml:"spi" conf:"max=64"`          // max7219: port, e.g. SPI0.0; empty: the machine's first
	I2C        *I2C   `yaml:"i2c"`                        // ht16k33; nil: 0x70 on the machine's first bus
	Columns    []int  `yaml:"columns" conf:"min=1,max=8"` // the chip's own digits, from left to right; empty: the usual ones
	Brightness int    `yaml:"brightness" conf:"min=0,max=7"`
}

// Defaults are those of a display indoors.
func (d *Digits) Defaults() { d.Brightness = 5 }

// Air is a sensor of air.
type Air struct {
	I2C               *I2C          `yaml:"i2c"` // nil: the chip's usual address on the machine's first bus
	Interval          time.Duration `yaml:"interval" conf:"min=5s,max=10m"`
	Model             string        `yaml:"model" conf:"oneof=sht3x|sht4x"`         // sht
	SelfCalibration   bool          `yaml:"self_calibration"`                       // scd4x; off where a hall is never empty for a day
	TemperatureOffset float64       `yaml:"temperature_offset" conf:"min=0,max=20"` // scd4x, °C
	Altitude          int           `yaml:"altitude" conf:"min=0,max=3000"`         // scd4x, metres above the sea
}

// Defaults are the chips' own.
func (a *Air) Defaults() {
	*a = Air{Interval: 10 * time.Second, SelfCalibration: true, TemperatureOffset: 4}
}

// Contact is a door contact or a smoke detector.
type Contact struct {
	Pin      string        `yaml:"pin" conf:"required"` // e.g. GPIO22
	Kind     string        `yaml:"kind" conf:"oneof=door|smoke"`
	Rest     string        `yaml:"rest" conf:"oneof=closed|open"` // the contact while the door is closed, or while there is no smoke
	Closed   string        `yaml:"closed" conf:"oneof=low|high"`  // level of the pin while the contact is closed
	Debounce time.Duration `yaml:"debounce" conf:"min=1ms,max=30s"`
	Channel  string        `yaml:"channel" conf:"max=64"` // name in the readings; empty: the device has one contact
}

// Defaults are those of a magnetic contact to ground.
func (c *Contact) Defaults() {
	*c = Contact{Kind: "door", Rest: "closed", Closed: "low", Debounce: 50 * time.Millisecond}
}

// Relay switches lights or power.
type Relay struct {
	Pin            string `yaml:"pin" conf:"required"`
	Active         string `yaml:"active" conf:"oneof=high|low"`          // level of the pin while the relay is on
	Initial        string `yaml:"initial" conf:"oneof=keep|off|on"`      // at the start of the gateway
	Feedback       string `yaml:"feedback"`                              // pin of an auxiliary contact that is closed while the load is on; empty: none
	FeedbackClosed string `yaml:"feedback_closed" conf:"oneof=low|high"` // level of that pin while the contact is closed
	Channel        string `yaml:"channel" conf:"max=64"`                 // name in the readings; empty: the device has one relay
}

// Defaults switch nothing.
func (r *Relay) Defaults() { *r = Relay{Active: "high", Initial: "keep", FeedbackClosed: "low"} }

func environmentDrivers() map[Driver]Uses {
	digits := Uses{Family: hall.Display, Required: []string{"digits"}, Window: true, Tells: hall.TellsNothing} // it hears no calls
	optional := digits
	optional.Required, optional.Optional = nil, []string{"digits"}
	air := Uses{Family: hall.Environment, Optional: []string{"air"}}
	sht := Uses{Family: hall.Environment, Required: []string{"air"}}
	return map[Driver]Uses{
		TM1637: digits, MAX7219: optional, HT16K33: optional, SCD4x: air, SHT: sht, BME280: air,
		ContactLine: {Family: hall.Environment, Required: []string{"contact"}},
		RelayLine:   {Family: hall.Environment, Required: []string{"relay"}},
	}
}

// Texts of these blocks.
var (
	textOneWindow  = hall.Text{ZH: "这种显示屏只属于一个窗口，需要 window", EN: "such a display belongs to one window: needs window"}
	textColumn     = hall.Text{ZH: "驱动 %s 的位号只能是 0 到 %d", EN: "driver %s has the columns 0 to %d"}
	textColumnSame = hall.Text{ZH: "同一位写了两次", EN: "the same column twice"}
)

// environment checks what these drivers want beyond their keys.
func (k *checker) environment(path string, d *Device) {
	if d.Contact != nil {
		k.unique(path+".contact.pin", "pin", d.Contact.Pin)
	}
	if d.Relay != nil {
		k.unique(path+".relay.pin", "pin", d.Relay.Pin)
		k.unique(path+".relay.feedback", "pin", d.Relay.Feedback)
	}
	switch d.Driver {
	case TM1637, MAX7219, HT16K33:
		k.digits(path, d)
	case SCD4x, SHT, BME280:
		k.air(path, d)
	}
}

// only reports keys of a block that its driver does not use.
func (k *checker) only(path string, driver Driver, all []string, used ...string) {
	for _, key := range all {
		unused := true
		for _, u := range used {
			unused = unused && u != key
		}
		if at := path + "." + key; unused && k.doc.Has(at) {
			k.fail(at, conf.Say(textNotUsed, driver), textRemove)
		}
	}
}
