package agent

import (
	"testing"

	"hallpulse/hall"
)

func TestSensorsAreBuilt(t *testing.T) {
	c := configured(t, t.TempDir(), `  - {id: pir, driver: pir, zone: waiting, pir: {pin: GPIO4, warm_up: 5s}}
  - {id: tof, driver: vl53l1x, zone: waiting, tof: {first: inside}}
  - {id: ceiling, driver: amg8833, zone: waiting}
  - {id: desk, driver: ld2410, zone: waiting, serial: {port: /dev/a, baud: 256000}}
  - {id: head, driver: ld2450, zone: waiting, serial: {port: /dev/b, baud: 256000}}
`)
	a := made(t, Options{Config: c})
	if n := len(a.sup.Reports()); n != 7 {
		t.Errorf("%d devices", n)
	}
	for _, d := range a.Describe().Devices {
		if d.ID == "pir" && d.Tells != hall.TellsPresence {
			t.Errorf("%+v", d)
		}
	}
}
