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

const hikvisionHall = `
hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}
zones: [{id: waiting, name: {zh: 等候区}, role: waiting}]
`

func TestHikvision(t *testing.T) {
	c, err := Parse("hall.yaml", []byte(hikvisionHall+`
hikvision: {listen: "0.0.0.0:8390"}
devices:
  - {id: face, driver: hikvision-terminal, hikvision: {mode: listen, token: 0123456789abcdef, url: "http://192.0.2.64", username: hall, password: hunter2, granted: [199]}}
  - {id: face-2, driver: hikvision-terminal, hikvision: {mode: listen, token: fedcba9876543210, serial: DS-K1T-0001}}
  - {id: door, driver: hikvision-counter, zone: waiting, hikvision: {mode: stream, url: "http://192.0.2.65:8000/", username: hall, password: hunter2, channel: 2, reversed: true, heartbeat: 30s}}
  - {id: line, driver: hikvision-queue, zone: waiting, hikvision: {mode: stream, url: "https://192.0.2.66", rule: 1}}
  - {id: other, driver: hikvision-counter, family: camera, zone: waiting, hikvision: {mode: listen, token: abcdefabcdefabcdef}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Hikvision.Address(); a != "0.0.0.0:8390" || (HikvisionListener{}).Address() != DefaultHikvision {
		t.Errorf("listens on %s", a)
	}
	for i, want := range []Hikvision{
		{Mode: "listen", Token: "0123456789abcdef", URL: "http://192.0.2.64", Username: "hall", Password: "hunter2", Granted: []int{199}},
		{Mode: "listen", Token: "fedcba9876543210", Serial: "DS-K1T-0001"},
		{Mode: "stream", URL: "http://192.0.2.65:8000/", Username: "hall", Password: "hunter2", Channel: 2, Reversed: true, Heartbeat: 30 * time.Second},
	} {
		want.Interval, want.History = 30*time.Second, 7*24*time.Hour
		if !reflect.DeepEqual(*c.Devices[i].Hikvision, want) {
			t.Errorf("got  %+v\nwant %+v", *c.Devices[i].Hikvision, want)
		}
	}
	h := c.Description()
	if d := h.Devices; d[0].Family != hall.Attendance || !d[2].CountsPassages() || d[3].CountsZone() || d[4].Family != hall.Camera || !d[4].CountsPassages() {
		t.Errorf("described as %+v", d)
	}
}

func TestHikvisionMistakes(t *testing.T) {
	for _, c := range []struct{ device, where, want string }{
		{"driver: hikvision-terminal", "hikvision", "needs this"},
		{"driver: hikvision-terminal, hikvision: {}", "hikvision.mode", "required"},
		{"driver: hikvision-terminal, hikvision: {mode: push}", "hikvision.mode", "listen"},
		{"driver: hikvision-terminal, hikvision: {mode: stream}", "hikvision.url", "mode stream needs this"},
		{"driver: hikvision-terminal, hikvision: {mode: stream, url: \"http://h\", token: 0123456789abcdef}", "hikvision.token", "does not use this"},
		{"driver: hikvision-terminal, hikvision: {mode: listen, serial: x}", "hikvision.token", "mode listen needs this"},
		{"driver: hikvision-terminal, hikvision: {mode: listen, serial: x, token: short}", "hikvision.token", "16 to 128"},
		{"driver: hikvision-terminal, hikvision: {mode: listen, serial: x, token: \"0123456789abcdef/\"}", "hikvision.token", "16 to 128"},
		{"driver: hikvision-terminal, hikvision: {mode: listen, token: 0123456789abcdef}", "hikvision.serial", "cannot be asked"},
		{"driver: hikvision-terminal, hikvision: {mode: listen, token: 0123456789abcdef, serial: \"a b\"}", "hikvision.serial", "blanks"},
		{"driver: hikvision-terminal, hikvision: {mode: stream, url: \"ftp://h\"}", "hikvision.url", "http"},
		{"driver: hikvision-terminal, hikvision: {mode: stream, url: \"http://u:geheim@h\"}", "hikvision.url", "no user"},
		{"driver: hikvision-terminal, hikvision: {mode: stream, url: \"http://h/ISAPI\"}", "hikvision.url", "without a path"},
		{"driver: hikvision-terminal, hikvision: {mode: stream, url: \"http://h\", password: geheim}", "hikvision.username", "without a user"},
		{"driver: hikvision-terminal, hikvision: {mode: listen, token: 0123456789abcdef, serial: x, username: u}", "hikvision.url", "without the address"},
		{"driver: hikvision-terminal, hikvision: {mode: stream, url: \"http://h\", granted: [0]}", "hikvision.granted", "65535"},
		{"driver: hikvision-terminal, hikvision: {mode: stream, url: \"http://h\", channel: 1}", "hikvision.channel", "does not use this"},
		{"driver: hikvision-terminal, hikvision: {mode: stream, url: \"http://h\", time_zone: Mars}", "hikvision.time_zone", "unknown"},
		{"driver: hikvision-counter, hikvision: {mode: stream, url: \"http://h\"}", "zone", "needs a zone"},
		{"driver: hikvision-counter, zone: waiting, hikvision: {mode: stream, url: \"http://h\", history: 24h}", "hikvision.history", "does not use this"},
		{"driver: hikvision-queue, zone: waiting, hikvision: {mode: stream, url: \"http://h\", reversed: true}", "hikvision.reversed", "does not use this"},
		{"driver: hikvision-queue, zone: waiting, hikvision: {mode: stream, url: \"http://h\", interval: 1s}", "hikvision.interval", "10s"},
	} {
		_, err := Parse("hall.yaml", []byte(hikvisionHall+"devices: [{id: x, "+c.device+"}]\n"))
		var all conf.Errors
		if !errors.As(err, &all) || len(all) != 1 || all[0].Path != "devices[0]."+c.where || !strings.Contains(all[0].Message.EN+all[0].Mend.EN, c.want) {
			t.Errorf("%s: %v", c.device, err)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the password is told", c.device)
		}
	}
	_, err := Parse("hall.yaml", []byte(hikvisionHall+"hikvision: {listen: nonsense}\n"))
	if err == nil || !strings.Contains(err.Error(), "hikvision.listen") {
		t.Errorf("got %v", err)
	}
	_, err = Parse("hall.yaml", []byte(hikvisionHall+`devices:
  - {id: x, driver: hikvision-counter, zone: waiting, hikvision: {mode: listen, token: 0123456789abcdef}}
  - {id: y, driver: hikvision-counter, zone: waiting, hikvision: {mode: listen, token: 0123456789abcdef}}
`))
	if err == nil || strings.Contains(err.Error(), "0123456789abcdef") || !strings.Contains(err.Error(), "devices[1].hikvision.token") {
		t.Errorf("got %v", err)
	}
}
