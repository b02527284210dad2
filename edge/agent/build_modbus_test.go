package agent

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Buses of displays and network printers can be built; a layout of tickets is read for both ways to a printer.
func TestModbusAndProxyAreBuilt(t *testing.T) {
	dir := t.TempDir()
	layout := filepath.Join(dir, "tickets.yaml")
	if err := os.WriteFile(layout, []byte("number: ['Nr ([0-9]+)']\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ports := map[string]int{}
	serial := func(s config.Serial) driver.PortOpener { ports[s.Port]++; return nil }
	a := made(t, Options{Serial: serial, Config: configured(t, dir, `
  - {id: usual, driver: modbus-display, window: w1, serial: {port: /dev/ttyS1}}
  - {id: heard, driver: modbus-display, addresses: {7: w1, 2: w1}, serial: {port: /dev/ttyS2}, modbus: {register: 0x88, encoding: int}}
  - {id: asked, driver: modbus-display, addresses: {1: w1}, serial: {port: /dev/ttyS3}, modbus: {mode: poll, interval: 5s}}
  - {id: printer, driver: escpos-tcp, proxy: {printer: 192.0.2.50}}
  - {id: second, driver: escpos-tcp, profile: `+layout+`, proxy: {listen: "127.0.0.1:9101", printer: "192.0.2.51:9101", status: off, interval: 1m}}
`)})
	if len(ports) != 3 {
		t.Errorf("ports %v", ports)
	}
	ready, err := prepare(a.cfg)
	if err != nil || len(ready.layouts) != 2 {
		t.Fatalf("%d layouts, %v", len(ready.layouts), err)
	}
	want := map[hall.DeviceID]time.Duration{"usual": 90 * time.Second, "heard": 90 * time.Second, "asked": 15 * time.Second, "printer": 36 * time.Second, "second": 186 * time.Second}
	for _, d := range a.devices(ready) {
		if got, ok := want[d.ID]; ok && d.Expect.Silence != got {
			t.Errorf("%s: silence %v, want %v", d.ID, d.Expect.Silence, got)
		}
		delete(want, d.ID)
	}
	if len(want) > 0 {
		t.Errorf("not built: %v", want)
	}
}
