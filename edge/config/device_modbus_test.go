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

const modbusHall = `
hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}
windows: [{id: w1, name: {zh: 1号窗口}}, {id: w2, name: {zh: 2号窗口}}]
devices:
`

func TestModbusAndProxy(t *testing.T) {
	c, err := Parse("hall.yaml", []byte(modbusHall+`
  - {id: usual, driver: modbus-display, window: w1, serial: {port: /dev/ttyS1}}
  - {id: heard, driver: modbus-display, addresses: {1: w1, 0x0A: w2}, serial: {port: /dev/ttyS2}, modbus: {register: 0x88, encoding: int, prefix: A, digits: 3, replies: none}}
  - {id: asked, driver: modbus-display, addresses: {1: w1}, serial: {port: /dev/ttyS3}, modbus: {mode: poll, function: 4, count: 3, interval: 2s, timeout: 1s, gap: 50ms, retries: 0}}
  - {id: printer, driver: escpos-tcp, proxy: {printer: 192.0.2.50}}
  - {id: second, driver: escpos-tcp, profile: tickets.yaml, proxy: {listen: "0.0.0.0:9101", printer: "printer.example:9101", status: off, interval: 1m}}
`))
	if err != nil {
		t.Fatal(err)
	}
	usual := Modbus{Mode: "overhear", Register: 0x70, Encoding: "ascii", Timeout: 300 * time.Millisecond, Replies: "heard", Function: 3, Interval: time.Second, Gap: 20 * time.Millisecond, Retries: 2}
	heard, asked := usual, usual
	heard.Register, heard.Encoding, heard.Prefix, heard.Digits, heard.Replies = 0x88, "int", "A", 3, "none"
	asked.Mode, asked.Function, asked.Count, asked.Interval, asked.Timeout, asked.Gap, asked.Retries = "poll", 4, 3, 2*time.Second, time.Second, 50*time.Millisecond, 0
	for i, want := range []*Modbus{nil, &heard, &asked} {
		if got := c.Devices[i].Modbus; !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	if got := c.Devices[1]; got.Family != hall.Display || got.Addresses[10] != "w2" {
		t.Errorf("%+v", got)
	}
	for i, want := range []Proxy{
		{"127.0.0.1:9100", "192.0.2.50", "auto", 10 * time.Second},
		{"0.0.0.0:9101", "printer.example:9101", "off", time.Minute},
	} {
		if got := *c.Devices[3+i].Proxy; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if c.Devices[3].Proxy.Address() != "192.0.2.50:9100" || c.Devices[4].Proxy.Address() != "printer.example:9101" || c.Devices[4].Family != hall.Dispenser {
		t.Errorf("%+v", c.Devices[3:])
	}
	if got := (&Proxy{Printer: "::1"}).Address(); got != "[::1]:9100" {
		t.Errorf("%s", got)
	}
	var m Modbus
	if m.Defaults(); m != usual {
		t.Errorf("%+v", m)
	}
}

func TestModbusAndProxyMistakes(t *testing.T) {
	const line = "serial: {port: /dev/ttyS1}"
	for device, want := range map[string][]string{
		"driver: modbus-display, window: w1":                                                               {"devices[0].serial", "needs this"},
		"driver: modbus-display, " + line:                                                                  {"devices[0].window", "needs window"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {mode: poll}":                           {"devices[0].addresses", "every display"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {mode: ask}":                            {"devices[0].modbus.mode"},
		"driver: modbus-display, addresses: {0: w1}, " + line:                                              {"devices[0].addresses.0", "1 to 247"},
		"driver: modbus-display, addresses: {248: w1}, " + line:                                            {"devices[0].addresses.248", "1 to 247"},
		"driver: modbus-display, addresses: {1: w9}, " + line:                                              {"devices[0].addresses.1", "no such window"},
		"driver: modbus-display, window: w1, serial: {port: /dev/ttyS1, data_bits: 7}":                     {"devices[0].serial.data_bits", "8 data bits"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {encoding: int}":                        {"devices[0].modbus.register", "of an int is needed"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {encoding: int, register: 0, count: 3}": {"devices[0].modbus.count", "1 or 2"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {register: 65535, count: 2}":            {"devices[0].modbus.register", "beyond"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {register: 65536}":                      {"devices[0].modbus.register", "65535"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {prefix: 号}":                            {"devices[0].modbus.prefix", "letters and digits"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {timeout: 1ms}":                         {"devices[0].modbus.timeout"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {function: 6}":                          {"devices[0].modbus.function"},
		"driver: modbus-display, window: w1, " + line + ", modbus: {regster: 6}":                           {"devices[0].modbus.regster", "register"},
		"driver: modbus-display, window: w1, " + line + ", proxy: {printer: a}":                            {"devices[0].proxy", "does not use"},
		"driver: escpos-tcp":                                                        {"devices[0].proxy", "needs this"},
		"driver: escpos-tcp, proxy: {listen: 9100}":                                 {"devices[0].proxy.printer", "required"},
		"driver: escpos-tcp, proxy: {printer: a, listen: 9100}":                     {"devices[0].proxy.listen", "address:port"},
		`driver: escpos-tcp, proxy: {printer: "a:b"}`:                               {"devices[0].proxy.printer", "not the address"},
		`driver: escpos-tcp, proxy: {printer: "a:0"}`:                               {"devices[0].proxy.printer", "not the address"},
		`driver: escpos-tcp, proxy: {printer: "a:"}`:                                {"devices[0].proxy.printer", "not the address"},
		"driver: escpos-tcp, proxy: {printer: 127.0.0.1}":                           {"devices[0].proxy.printer", "itself listens"},
		"driver: escpos-tcp, proxy: {printer: a, status: on}":                       {"devices[0].proxy.status"},
		"driver: escpos-tcp, proxy: {printer: a, interval: 1ms}":                    {"devices[0].proxy.interval"},
		"driver: escpos-tcp, window: w1, modbus: {mode: poll}, proxy: {printer: a}": {"devices[0].modbus", "does not use"},
	} {
		_, err := Parse("hall.yaml", []byte(modbusHall+"  - {id: d, "+device+"}\n"))
		var problems conf.Errors
		if !errors.As(err, &problems) {
			t.Errorf("%s: %v", device, err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(problems.Error(), w) {
				t.Errorf("%s: %v lacks %q", device, problems, w)
			}
		}
	}
	_, err := Parse("hall.yaml", []byte(modbusHall+"  - {id: d, driver: escpos-tcp, proxy: {printer: a}}\n  - {id: e, driver: escpos-tcp, proxy: {printer: b}}\n"))
	if err == nil || !strings.Contains(err.Error(), "the same as devices[0].proxy.listen") {
		t.Errorf("two devices listen at one address: %v", err)
	}
}
