package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

const environmentHall = `
hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}
zones: [{id: waiting, name: {zh: 等候区}, role: waiting}]
windows: [{id: w1, name: {zh: 1号窗口}}, {id: w2, name: {zh: 2号窗口}}]
devices:
`

func TestEnvironment(t *testing.T) {
	c, err := Parse("hall.yaml", []byte(environmentHall+`
  - {id: air, driver: scd4x, zone: waiting}
  - {id: air-2, driver: scd4x, air: {i2c: {bus: 2}, interval: 30s, self_calibration: false, temperature_offset: 2.5, altitude: 1800}}
  - {id: climate, driver: sht, air: {model: sht4x, i2c: {address: 0x45}}}
  - {id: weather, driver: bme280, air: {i2c: {bus: /dev/i2c-1, address: 0x77}}}
  - {id: digits-1, driver: tm1637, window: w1, digits: {clock: GPIO23, data: GPIO24, brightness: 7, columns: [2, 1, 0, 5, 4, 3]}}
  - {id: digits-2, driver: max7219, window: w2}
  - {id: digits-3, driver: ht16k33, window: w2, digits: {i2c: {address: 0x71}}}
  - {id: door, driver: contact, contact: {pin: GPIO22}}
  - {id: smoke, driver: contact, zone: waiting, contact: {pin: GPIO27, kind: smoke, rest: open, closed: high, debounce: 2s, channel: ceiling}}
  - {id: lights, driver: relay, relay: {pin: GPIO5, active: low, initial: on, feedback: GPIO6}}
`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(id hall.DeviceID) Device {
		for _, d := range c.Devices {
			if d.ID == id {
				return d
			}
		}
		t.Fatalf("no device %s", id)
		return Device{}
	}
	for _, g := range []struct{ got, want any }{
		{at("air-2").Air, &Air{I2C: &I2C{Bus: "2"}, Interval: 30 * time.Second, TemperatureOffset: 2.5, Altitude: 1800}},
		{at("climate").Air, &Air{I2C: &I2C{Address: 0x45}, Interval: 10 * time.Second, Model: "sht4x", SelfCalibration: true, TemperatureOffset: 4}},
		{at("digits-1").Digits, &Digits{Clock: "GPIO23", Data: "GPIO24", Columns: []int{2, 1, 0, 5, 4, 3}, Brightness: 7}},
		{at("digits-3").Digits, &Digits{I2C: &I2C{Address: 0x71}, Brightness: 5}},
		{at("door").Contact, &Contact{Pin: "GPIO22", Kind: "door", Rest: "closed", Closed: "low", Debounce: 50 * time.Millisecond}},
		{at("smoke").Contact, &Contact{Pin: "GPIO27", Kind: "smoke", Rest: "open", Closed: "high", Debounce: 2 * time.Second, Channel: "ceiling"}},
		{at("lights").Relay, &Relay{Pin: "GPIO5", Active: "low", Initial: "on", Feedback: "GPIO6", FeedbackClosed: "low"}},
		{at("digits-2").Family, hall.Display}, {at("air").Family, hall.Environment},
	} {
		if !reflect.DeepEqual(g.got, g.want) {
			t.Errorf("got  %+v\nwant %+v", g.got, g.want)
		}
	}
}

func TestEnvironmentMistakes(t *testing.T) {
	for _, c := range []struct{ device, where, want string }{
		{"driver: scd4x, air: {i2c: {address: 0x44}}", "devices[0].air.i2c.address", "0x62"},
		{"driver: scd4x, air: {model: sht3x}", "devices[0].air.model", "does not use this"},
		{"driver: scd4x, air: {interval: 1s}", "devices[0].air.interval", "5s"},
		{"driver: scd4x, air: {altitude: 9000}", "devices[0].air.altitude", "3000"},
		{"driver: sht", "devices[0].air", "needs this"},
		{"driver: sht, air: {}", "devices[0].air.model", "required"},
		{"driver: sht, air: {model: sht2x}", "devices[0].air.model", "sht3x"},
		{"driver: sht, air: {model: sht3x, altitude: 1}", "devices[0].air.altitude", "does not use this"},
		{"driver: bme280, air: {self_calibration: false}", "devices[0].air.self_calibration", "does not use this"},
		{"driver: bme280, air: {i2c: {address: 0x80}}", "devices[0].air.i2c.address", "119"},
		{"driver: bme280}\n  - {id: y, driver: bme280, air: {i2c: {address: 0x76}}", "devices[1].air.i2c", "same I2C bus and address"},
		{"driver: bme280, air: {i2c: {bus: 1}}}\n  - {id: y, driver: bme280, air: {i2c: {bus: /dev/i2c-1}}", "devices[1].air.i2c", "devices[0].air.i2c"},
		{"driver: tm1637, window: w1", "devices[0].digits", "needs this"},
		{"driver: tm1637, window: w1, digits: {clock: GPIO1}", "devices[0].digits.data", "required"},
		{"driver: tm1637, digits: {clock: GPIO1, data: GPIO2}", "devices[0].window", "window"},
		{"driver: tm1637, window: w1, digits: {clock: GPIO1, data: GPIO1}", "devices[0].digits.data", "the same as devices[0].digits.clock"},
		{"driver: tm1637, window: w1, digits: {clock: GPIO1, data: GPIO2, columns: [0, 6]}", "devices[0].digits.columns[1]", "0 to 5"},
		{"driver: tm1637, window: w1, digits: {clock: GPIO1, data: GPIO2, columns: [1, 1]}", "devices[0].digits.columns[1]", "twice"},
		{"driver: tm1637, window: w1, digits: {clock: GPIO1, data: GPIO2, spi: SPI0.0}", "devices[0].digits.spi", "does not use this"},
		{"driver: max7219, window: w1, digits: {brightness: 9}", "devices[0].digits.brightness", "7"},
		{"driver: max7219, window: w1}\n  - {id: y, driver: max7219, window: w2", "devices[1].digits.spi", "devices[0].digits.spi"},
		{"driver: max7219, window: w1, digits: {spi: SPI0.1}}\n  - {id: y, driver: max7219, window: w2, digits: {spi: /dev/spidev0.1}", "devices[1].digits.spi", "devices[0].digits.spi"},
		{"driver: ht16k33, window: w1, digits: {i2c: {address: 0x62}}", "devices[0].digits.i2c.address", "0x70"},
		{"driver: ht16k33, window: w3", "devices[0].window", "no such window"},
		{"driver: contact", "devices[0].contact", "needs this"},
		{"driver: contact, contact: {kind: fire}", "devices[0].contact.kind", "door"},
		{"driver: contact, contact: {pin: GPIO1}}\n  - {id: y, driver: relay, relay: {pin: GPIO1}", "devices[1].relay.pin", "devices[0].contact.pin"},
		{"driver: relay, relay: {pin: GPIO1, feedback: GPIO1}", "devices[0].relay.feedback", "devices[0].relay.pin"},
		{"driver: relay, relay: {pin: GPIO1, initial: maybe}", "devices[0].relay.initial", "keep"},
		{"driver: relay, relay: {pin: GPIO1}, contact: {pin: GPIO2}", "devices[0].contact", "does not use this"},
	} {
		_, err := Parse("hall.yaml", []byte(environmentHall+"  - {id: x, "+c.device+"}\n"))
		var problems conf.Errors
		if !errors.As(err, &problems) {
			t.Errorf("%s: error %v", c.device, err)
			continue
		}
		if s := problems.In("en"); !strings.Contains(s, c.where) || !strings.Contains(s, c.want) {
			t.Errorf("%s:\ngot  %s\nwant %s … %s", c.device, s, c.where, c.want)
		}
		if zh := problems.In("zh"); strings.Contains(zh, "%!") {
			t.Errorf("%s: %s", c.device, zh)
		}
	}
}
