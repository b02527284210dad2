package agent

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/simulator/hikvision"
)

// Terminals and cameras that speak ISAPI are read in both ways, and their punches and passages are in the hall's state, once.
func TestHikvisionIsRead(t *testing.T) {
	dir := t.TempDir()
	simulated := func(k hikvision.Kind, serial string) *hikvision.Device {
		d, err := hikvision.New(hikvision.Options{Kind: k, Serial: serial, Username: "hall", Password: "hunter2", Heartbeat: 100 * time.Millisecond, Retry: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := d.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
		t.Cleanup(func() { _ = d.Close(); wg.Wait() })
		return d
	}
	face, camera := simulated(hikvision.Terminal, "DS-1"), simulated(hikvision.Counter, "DS-2")
	config := configured(t, dir, fmt.Sprintf(`
  - {id: face, driver: hikvision-terminal, hikvision: {mode: stream, url: "%s", username: hall, password: hunter2}}
  - {id: hall-door, driver: hikvision-counter, zone: waiting, hikvision: {mode: listen, token: 0123456789abcdef, url: "%s", username: hall, password: hunter2}}
  - {id: line, driver: hikvision-queue, zone: waiting, hikvision: {mode: listen, token: fedcba9876543210}}
hikvision: {listen: "127.0.0.1:0"}
`, face.URL(), camera.URL()))
	_, pins := door(t)
	for run := range 2 {
		a := made(t, Options{Config: config, GPIO: pins})
		stop := running(t, a)
		eventually(t, "the listener", func() bool { return a.HikvisionAddr() != "" })
		if run == 0 {
			camera.SetTarget("http://" + a.HikvisionAddr() + "/hik/ev/0123456789abcdef")
			camera.Report()
			if err := camera.Drained(t.Context()); err != nil {
				t.Fatal(err)
			}
			camera.Walk(3, 1)
			face.Verify("1001", 75, "checkIn")
		} else { // they happened while the gateway was off
			camera.SetTarget("http://" + a.HikvisionAddr() + "/hik/ev/0123456789abcdef")
			camera.Walk(1, 0)
		}
		eventually(t, "state", func() bool {
			s := a.State()
			return s.Staff.Punches == 1+run && len(s.Zones.Zones) == 1 && s.Zones.Zones[0].In == 3+run && s.Zones.Zones[0].Out == 1
		})
		if run == 0 {
			stop()
			face.Verify("1002", 75, "checkIn")
		}
	}
}
