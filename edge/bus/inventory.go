package bus

import (
	"fmt"
	"path/filepath"

	"periph.io/x/conn/v3/gpio/gpioreg"
	"periph.io/x/conn/v3/i2c/i2creg"
	"periph.io/x/conn/v3/spi/spireg"
)

// Inventory lists the hardware that the machine offers, a line each. It opens the GPIO chip through periph, and no device.
func Inventory() (out []string) {
	g := NewGPIO()
	if err := g.load(); err != nil {
		out = append(out, fmt.Sprintf("no GPIO: %v", err))
	} else {
		all := gpioreg.All()
		out = append(out, fmt.Sprintf("GPIO: %d lines, %s", len(all), names()))
	}
	for _, r := range i2creg.All() {
		out = append(out, "I2C bus "+r.Name)
	}
	for _, r := range spireg.All() {
		out = append(out, "SPI port "+r.Name)
	}
	for what, pattern := range map[string]string{"serial port": "/dev/serial/by-id/*", "input device": "/dev/input/by-id/*"} {
		found, _ := filepath.Glob(pattern) // the pattern is right
		for _, path := range found {
			out = append(out, what+" "+path)
		}
	}
	return out
}
