package config

import (
	"strings"
	"testing"

	"hallpulse/hall"
)

const sensorHall = "hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}\nzones: [{id: z, name: {zh: 区}, role: waiting}]\ndevices:\n"

func TestSensors(t *testing.T) {
	c, err := Parse("hall.yaml", []byte(sensorHall+`
  - {id: pir, driver: pir, zone: z, pir: {pin: GPIO4}}
  - {id: tof, driver: vl53l1x, zone: z}
  - {id: tof2, driver: vl53l1x, zone: z, tof: {i2c: {bus: 3}, height: 2600, first: inside}}
  - {id: ceiling, driver: amg8833, zone: z}
  - {id: line, driver: amg8833, zone: z, thermal: {i2c: {address: 0x68}, tells: passages}}
  - {id: desk, driver: ld2410, zone: z, serial: {port: /dev/a, baud: 256000}}
  - {id: head, driver: ld2450, zone: z, serial: {port: /dev/b, baud: 115200}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []hall.Tells{hall.TellsPresence, hall.TellsPassages, hall.TellsPassages, hall.TellsCount, hall.TellsPassages, hall.TellsPresence, hall.TellsCount}
	for i, d := range c.Description().Devices {
		if d.Tells != want[i] || d.Family != hall.Occupancy {
			t.Errorf("%s tells %q, %s", d.ID, d.Tells, d.Family)
		}
	}
	if p := c.Devices[0].PIR; p.Active != "high" || p.Hold == 0 {
		t.Errorf("%+v", p)
	}
}

func TestSensorMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"{id: p, driver: pir, zone: z}":                                                             "pir",
		"{id: p, driver: pir, pir: {pin: GPIO4}}":                                                   "zone",
		"{id: p, driver: pir, zone: z, pir: {pin: GPIO4, active: up}}":                              "active",
		"{id: a, driver: vl53l1x, zone: z}\n  - {id: b, driver: vl53l1x, zone: z}":                  "I2C",
		"{id: a, driver: vl53l1x, zone: z, tof: {i2c: {address: 0x30}}}":                            "0x29",
		"{id: a, driver: amg8833, zone: z, thermal: {tells: names}}":                                "tells",
		"{id: a, driver: ld2410, zone: z, serial: {port: /dev/a}}":                                  "256000",
		"{id: a, driver: ld2450, zone: z, serial: {port: /dev/a, baud: 256000}, pir: {pin: GPIO4}}": "pir",
	} {
		if _, err := Parse("hall.yaml", []byte(sensorHall+"  - "+text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
