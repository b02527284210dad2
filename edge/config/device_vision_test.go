package config

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

const visionHall = `
hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}
zones: [{id: waiting, name: {zh: 等候区}, role: waiting}]
broker: {embed: {}}
`

func TestVision(t *testing.T) {
	c, err := Parse("hall.yaml", []byte(visionHall+`
devices:
  - {id: eye, driver: onvif-camera, zone: waiting, onvif: {url: "http://192.0.2.70", username: hall, password: hunter2, snapshot: true, ignore: [tamper], moved: 0.3, stream: true, frames: true}}
  - {id: door, driver: onvif-counter, zone: waiting, onvif: {url: "http://192.0.2.71:8899/onvif/device_service", counters: {enter: in, 出门: out}}}
  - {id: seats, driver: frigate-camera, zone: waiting, frigate: {camera: hall_cam, area: waiting_area}}
  - {id: lens, driver: rtsp-camera, camera: {snapshot: "http://192.0.2.72/s.jpg", defocused: 0.4, moved: 0.4, relearn: 12h}}
  - {id: gate, driver: rtsp-camera, camera: {rtsp: "rtsp://192.0.2.73/live", frames: true}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if o := c.Devices[0].ONVIF; o.Pull != time.Minute || !o.Snapshot || o.Moved != 0.3 || !o.Frames || !c.Devices[4].Camera.Frames || o.Password.Reveal() != "hunter2" {
		t.Errorf("%+v", o)
	}
	if o := c.Devices[1].ONVIF; o.Counters["出门"] != "out" || c.Devices[2].Frigate.Prefix != "frigate" {
		t.Errorf("%+v", o)
	}
	if o := c.Devices[3].Camera; o.Defocused != 0.4 || o.Moved != 0.4 || o.Relearn != 12*time.Hour {
		t.Errorf("%+v", o)
	}
	h := c.Description()
	if d := h.Devices; d[0].CountsZone() || !d[1].CountsPassages() || d[2].CountsPassages() || !d[2].CountsZone() || d[2].Family != hall.Camera {
		t.Errorf("described as %+v", d)
	}
}

func TestVisionMistakes(t *testing.T) {
	for _, c := range []struct{ device, where, want string }{
		{"driver: onvif-camera", "onvif", "needs this"},
		{"driver: onvif-camera, onvif: {}", "onvif.url", "required"},
		{"driver: onvif-camera, onvif: {url: \"rtsp://h\"}", "onvif.url", "http"},
		{"driver: onvif-camera, onvif: {url: \"http://u:geheim@h\"}", "onvif.url", "no user"},
		{"driver: onvif-camera, onvif: {url: \"http://h\", password: geheim}", "onvif.username", "without a user"},
		{"driver: onvif-camera, onvif: {url: \"http://h\", ignore: [tampr]}", "onvif.ignore[0]", "tamper"},
		{"driver: onvif-camera, onvif: {url: \"http://h\", pull: 1s}", "onvif.pull", "5s"},
		{"driver: onvif-camera, onvif: {url: \"http://h\", counters: {r: in}}", "onvif.counters", "onvif-counter"},
		{"driver: onvif-camera, onvif: {url: \"http://h\", frames: true}", "onvif.frames", "needs stream"},
		{"driver: onvif-camera, onvif: {url: \"http://h\", moved: 0.3}", "onvif.moved", "needs snapshot"},
		{"driver: rtsp-camera, camera: {snapshot: \"http://h\", frames: true}", "camera.frames", "needs rtsp"},
		{"driver: rtsp-camera, camera: {rtsp: \"rtsp://h\", defocused: 0.4}", "camera.defocused", "needs snapshot"},
		{"driver: onvif-counter, zone: waiting, onvif: {url: \"http://h\"}", "onvif.counters", "at least one"},
		{"driver: onvif-counter, onvif: {url: \"http://h\", counters: {r: in}}", "zone", "needs a zone"},
		{"driver: onvif-counter, zone: waiting, onvif: {url: \"http://h\", counters: {r: inn}}", "onvif.counters.r", "in"},
		{"driver: frigate-camera, zone: waiting, frigate: {}", "frigate.camera", "required"},
		{"driver: frigate-camera, frigate: {camera: c}", "zone", "needs a zone"},
		{"driver: frigate-camera, zone: waiting, frigate: {camera: a/b}", "frigate.camera", "one level"},
		{"driver: frigate-camera, zone: waiting, frigate: {camera: a, prefix: \"x/#\"}", "frigate.prefix", "MQTT topic"},
	} {
		_, err := Parse("hall.yaml", []byte(visionHall+"devices: [{id: x, "+c.device+"}]\n"))
		var all conf.Errors
		if !errors.As(err, &all) || len(all) != 1 || all[0].Path != "devices[0]."+c.where || !strings.Contains(all[0].Message.EN+all[0].Mend.EN, c.want) {
			t.Errorf("%s: %v", c.device, err)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the password is told", c.device)
		}
	}
	none := strings.Replace(visionHall, "broker: {embed: {}}", "", 1)
	_, err := Parse("hall.yaml", []byte(none+"devices: [{id: x, driver: frigate-camera, zone: waiting, frigate: {camera: c}}]\n"))
	if err == nil || !strings.Contains(err.Error(), "devices[0].frigate") {
		t.Errorf("got %v", err)
	}
}
