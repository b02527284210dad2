package agent

import (
	"fmt"
	"sync"
	"testing"

	"hallpulse/edge/simulator/camera"
	"hallpulse/edge/simulator/onvif"
	"hallpulse/hall"
)

// A camera that counts is read: who passes is in the hall's state, and a covered lens is named beside.
func TestVisionIsRead(t *testing.T) {
	eye, err := camera.New(camera.Options{Username: "hall", Password: "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	soap, err := onvif.New(onvif.Options{Username: "hall", Password: "hunter2", Snapshot: eye.SnapshotURL(), Stream: eye.RTSPURL()})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = eye.Run(t.Context()) })
	wg.Go(func() { _ = soap.Run(t.Context()) })
	t.Cleanup(func() { _, _ = eye.Close(), soap.Close(); wg.Wait() })
	soap.SetCount("enter", 5)
	eye.SetPicture(camera.Covered)
	a := made(t, Options{Config: configured(t, t.TempDir(), fmt.Sprintf(`
  - {id: eye, driver: onvif-counter, zone: waiting, onvif: {url: "%s", username: hall, password: hunter2, counters: {enter: in}, snapshot: true, stream: true, interval: 5s, frames: true, moved: 0.3}}
  - {id: plain, driver: onvif-camera, onvif: {url: "http://127.0.0.1:1"}}
  - {id: seats, driver: frigate-camera, zone: waiting, frigate: {camera: hall_cam}}
broker: {embed: {listen: "127.0.0.1:0"}}
`, soap.URL()))})
	running(t, a)
	if err := soap.Until(t.Context(), func(s onvif.Stats) bool { return s.Pulls > 1 && s.Waiting > 0 }); err != nil {
		t.Fatal(err)
	}
	soap.Count("enter", 2)
	eventually(t, "state", func() bool {
		covered := false
		for _, d := range a.State().Devices.Devices {
			covered = covered || d.ID == "eye" && d.Health == hall.HealthDegraded && d.Reason.Code == "covered"
		}
		z := a.State().Zones.Zones
		return covered && len(z) == 1 && z[0].In == 2
	})
}
