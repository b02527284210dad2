package config

import (
	"fmt"
	"strings"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// I2C is a device's place on an I2C bus.
type I2C struct {
	Bus     string `yaml:"bus" conf:"max=64"`            // number or name: 1, I2C1, /dev/i2c-1; empty: the machine's first
	Address int    `yaml:"address" conf:"min=8,max=119"` // of seven bits; 0: the chip's usual one
}

// At gives the address, usual where the file gives none.
func (i *I2C) At(usual uint16) uint16 {
	if i.Address == 0 {
		return usual
	}
	return uint16(i.Address)
}

// Texts of places on I2C buses.
var (
	textI2CTwice   = hall.Text{ZH: "同一条 I2C 总线上的地址与 %s 相同", EN: "the same I2C bus and address as %s"}
	textI2CAddress = hall.Text{ZH: "这种芯片的 I2C 地址只能是 %s", EN: "this chip has the I2C address %s"}
)

// i2c checks that no other device has this place. may are the addresses that the chip can have, the usual one first.
func (k *checker) i2c(path string, c *I2C, may ...uint16) {
	at, ok := c.At(may[0]), false
	var names []string
	for _, m := range may {
		ok = ok || m == at
		names = append(names, fmt.Sprintf("0x%02X", m))
	}
	if !ok {
		k.fail(path+".address", conf.Say(textI2CAddress, strings.Join(names, ", ")), hall.Text{})
		return
	}
	key := fmt.Sprintf("i2c %s 0x%02X", busName(c.Bus), at)
	if first, twice := k.used[key]; twice {
		k.fail(path, conf.Say(textI2CTwice, first), textChooseElse)
		return
	}
	k.used[key] = path
}

// busName gives one name to what may be written in several ways.
func busName(s string) string {
	for _, prefix := range []string{"/dev/i2c-", "I2C", "/dev/spidev", "SPI"} {
		s = strings.TrimPrefix(s, prefix)
	}
	return s
}
