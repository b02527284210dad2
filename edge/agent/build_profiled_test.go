package agent

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/profiled"
	"hallpulse/hall"
)

const profiledHall = `
hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}
panel: {listen: "127.0.0.1:0"}
windows: [{id: w1, name: {zh: 窗}}]
devices:
  - {id: d1, driver: profile, profile: fixed-display, window: w1, serial: {port: /dev/d1, parity: odd}}
  - {id: d2, driver: profile, profile: own.yaml, family: keypad, window: w1, serial: {port: /dev/d2}}
  - {id: d3, driver: profile, profile: dispenser-line, tcp: {address: "127.0.0.1:1"}}
  - {id: d4, driver: profile, profile: line-caller, window: w1, tcp: {listen: "127.0.0.1:0", from: 192.0.2.0/24}}
`

const ownProfile = "about: {zh: 自制}\nline: {baud: 2400, stop_bits: 2}\nlines: {}\nmessages: [{kind: invite, match: 'x'}]\n"

func profiledConfig(t *testing.T, text string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own.yaml"), []byte(ownProfile), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(filepath.Join(dir, "hall.yaml"), []byte(text+"data_dir: "+filepath.Join(dir, "data")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestProfiledDevicesAreBuilt(t *testing.T) {
	var mu sync.Mutex
	var lines []config.Serial
	a, err := New(Options{Config: profiledConfig(t, profiledHall), Serial: func(s config.Serial) driver.PortOpener {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, s)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	want := []config.Serial{{Port: "/dev/d1", Baud: 19200, DataBits: 8, Parity: "odd", StopBits: "1"}, {Port: "/dev/d2", Baud: 2400, DataBits: 8, Parity: "none", StopBits: "2"}}
	if len(lines) != 2 || lines[0] != want[0] || lines[1] != want[1] {
		t.Errorf("lines %+v", lines)
	}
	for i, family := range []hall.Family{hall.Display, hall.Keypad, hall.Dispenser, hall.Display} {
		if a.desc.Devices[i].Family != family {
			t.Errorf("device %d is of family %s", i, a.desc.Devices[i].Family)
		}
	}
}

func TestProfileOfAnotherFamily(t *testing.T) {
	err := Check(profiledConfig(t, strings.Replace(profiledHall, "family: keypad", "family: display", 1)))
	if err == nil || !strings.Contains(err.Error(), "devices[1].family") || !strings.Contains(err.Error(), "keypad") {
		t.Errorf("got %v", err)
	}
}

// What a device may say again after a restart: its last ratings and tickets, and no more of them than fit.
func TestRepeatable(t *testing.T) {
	var p past
	at := func(minute int) hall.Stamp {
		return hall.Stamp{Wall: time.Unix(1.8e9, 0).Add(time.Duration(minute) * time.Minute), Boot: 1, Mono: time.Duration(minute) * time.Minute}
	}
	for n := range 100 {
		p.note(&hall.Fact{At: at(n), Device: "d1", Raw: []byte{byte(n)}, Ticket: &hall.TicketIssued{}})
		p.note(&hall.Fact{At: at(n), Device: "d1", Raw: []byte("x"), Call: &hall.Call{}})
	}
	p.note(&hall.Fact{At: at(99), Device: "d2", Raw: []byte("r"), Rating: &hall.Rating{}})
	got := p.repeatable("d1")
	if want := int(profiled.RepeatTime / time.Minute); len(got) != want || got[0][0] != byte(100-want) || len(p.said["d1"]) != mostRepeated {
		t.Errorf("%v of %d", got, len(p.said["d1"]))
	}
	if got := p.repeatable("d2"); len(got) != 1 || string(got[0]) != "r" {
		t.Errorf("%q", got)
	}
}
