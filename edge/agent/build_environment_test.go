package agent

import (
	"fmt"
	"testing"

	"hallpulse/edge/driver"
	"hallpulse/edge/simulator/air"
	"hallpulse/edge/simulator/digits"
	"hallpulse/edge/simulator/i2c"
	"hallpulse/hall"
)

// wired is simulated I2C buses by name.
type wired struct {
	buses map[string]*i2c.Bus
	asked map[string]int
}

func newWired() *wired {
	return &wired{buses: map[string]*i2c.Bus{"": {}, "2": {}}, asked: map[string]int{}}
}

func (w *wired) at(bus string, addr uint16) driver.I2COpener {
	w.asked[fmt.Sprintf("%s:%02X", bus, addr)]++
	return w.buses[bus].Opener(addr)
}

// Every driver of the environment can be built, with the places that its configuration names.
func TestEnvironmentIsBuilt(t *testing.T) {
	w := newWired()
	max := digits.NewMAX7219()
	ports := map[string]int{}
	a := made(t, Options{I2C: w.at, SPI: func(port string) driver.SPIOpener { ports[port]++; return max }, Config: configured(t, t.TempDir(), `
  - {id: air-1, driver: scd4x}
  - {id: air-2, driver: scd4x, air: {i2c: {bus: 2}}}
  - {id: climate-1, driver: sht, air: {model: sht3x}}
  - {id: climate-2, driver: sht, air: {model: sht4x, i2c: {address: 0x45}}}
  - {id: weather, driver: bme280}
  - {id: digits-1, driver: tm1637, window: w1, digits: {clock: GPIO23, data: GPIO24}}
  - {id: digits-2, driver: max7219, window: w1, digits: {spi: SPI0.1}}
  - {id: digits-3, driver: ht16k33, window: w1, digits: {i2c: {address: 0x71}}}
  - {id: back-door, driver: contact, contact: {pin: GPIO22}}
  - {id: lights, driver: relay, relay: {pin: GPIO5}}
`)})
	for _, key := range []string{":62", "2:62", ":44", ":45", ":76", ":71"} {
		if w.asked[key] != 1 {
			t.Errorf("%s was asked for %d times", key, w.asked[key])
		}
	}
	if ports["SPI0.1"] != 1 {
		t.Errorf("ports %v", ports)
	}
	if n := len(a.sup.Reports()); n != 12 {
		t.Errorf("%d devices", n)
	}
}

// A number that the queue system calls is on the gateway's own display, and goes when its service ends.
func TestCalledNumberIsShown(t *testing.T) {
	c, chip, sensor := newDesk(t), digits.NewHT16K33(nil), air.NewSHT4x(air.Hall())
	w := newWired()
	w.buses[""].Attach(0x70, chip)
	w.buses[""].Attach(0x44, sensor)
	a := made(t, Options{I2C: w.at, Config: configured(t, t.TempDir(), fmt.Sprintf(`
  - {id: display, driver: serial-display, window: w1, addresses: {1: w1}, profile: led-display, serial: {port: %[1]s/display}}
  - {id: keypad, driver: serial-keypad, window: w1, profile: rating-keypad, serial: {port: %[1]s/keypad}}
  - {id: digits, driver: ht16k33, window: w1}
  - {id: climate, driver: sht, air: {model: sht4x}}
`, c.dir))})
	stop := running(t, a)
	awaitReady(t, a)
	for _, number := range []string{"A001", "A002"} {
		must(t, c.bus.Call("w1", number))
		must(t, chip.Await(t.Context(), number))
	}
	eventually(t, "the display and the sensor are well", func() bool {
		s := a.State()
		return device(s, "digits").Health == hall.HealthOK && device(s, "climate").Health == hall.HealthOK
	})
	must(t, c.keypad.Invite("A002"))
	must(t, chip.Await(t.Context(), "    "))
	must(t, c.bus.Call("w1", "A003"))
	must(t, chip.Await(t.Context(), "A003"))
	stop()
	if chip.Text() != "    " {
		t.Errorf("after the end it shows %q", chip.Text())
	}
}
