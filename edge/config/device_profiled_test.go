package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

const profiledHall = "hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}\nwindows: [{id: w1, name: {zh: 窗}}]\ndevices:\n  - {id: x, driver: profile, "

func TestProfiledIsRight(t *testing.T) {
	for text, want := range map[string]struct {
		family hall.Family
		left   string
	}{
		"profile: led-display, serial: {port: /dev/x}, window: w1}":                                        {hall.Display, "baud data_bits parity stop_bits"},
		"profile: keypad-hdlc, serial: {port: /dev/x, baud: 9600, parity: none}, addresses: {3: w1}}":      {hall.Keypad, "data_bits stop_bits"},
		"profile: dispenser-line, tcp: {address: '192.0.2.7:4001'}}":                                       {hall.Dispenser, ""},
		"profile: dispenser-line, tcp: {address: 'printer.local:4001'}}":                                   {hall.Dispenser, ""},
		"profile: line-caller, tcp: {address: '[fe80::1]:4001'}, window: w1}":                              {hall.Display, ""},
		"profile: line-caller, tcp: {listen: '0.0.0.0:4001', from: 192.0.2.0/24}, window: w1}":             {hall.Display, ""},
		"profile: own.yaml, family: keypad, serial: {port: /dev/x, baud: 1200, data_bits: 8}, window: w1}": {hall.Keypad, "parity stop_bits"},
	} {
		c, err := Parse("hall.yaml", []byte(profiledHall+text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		d := c.Devices[0]
		if d.Family != want.family || strings.Join(d.LineSettings, " ") != want.left {
			t.Errorf("%s: family %s, left to the profile %v", text, d.Family, d.LineSettings)
		}
	}
}

func TestProfiledMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"serial: {port: /dev/x}, window: w1}":                                                     "devices[0].profile: driver profile needs this; add profile",
		"profile: led-display, window: w1}":                                                       "devices[0]: needs serial or tcp, one of them; add serial",
		"profile: led-display, window: w1, serial: {port: /dev/x}, tcp: {address: 'h:1'}}":        "devices[0]: needs serial or tcp, one of them; add serial",
		"profile: led-dispaly, window: w1, serial: {port: /dev/x}}":                               "devices[0].profile = \"led-dispaly\": there is no such profile; did you mean led-display?",
		"profile: led-display, serial: {port: /dev/x}}":                                           "devices[0].window: needs window, or addresses with a window for each; add window",
		"profile: led-display, serial: {port: /dev/x}, window: w1, family: keypad}":               "devices[0].family = \"keypad\": driver led-display is for devices of family display; correct it, or remove family",
		"profile: own.yaml, serial: {port: /dev/x}, window: w1}":                                  "devices[0].family: a profile of your own needs the family written here; add family: display, dispenser or keypad",
		"profile: line-caller, window: w1, tcp: {}}":                                              "devices[0].tcp: exactly one of address and listen is wanted; add address",
		"profile: line-caller, window: w1, tcp: {address: 'h:1', listen: '0.0.0.0:1'}}":           "devices[0].tcp: exactly one of address and listen is wanted; add address",
		"profile: line-caller, window: w1, tcp: {address: h}}":                                    "devices[0].tcp.address = \"h\": not a host:port; e.g. 192.168.1.50:4001",
		"profile: line-caller, window: w1, tcp: {address: 'h:0'}}":                                "devices[0].tcp.address = \"h:0\": not a host:port; e.g. 192.168.1.50:4001",
		"profile: line-caller, window: w1, tcp: {listen: 'h:1'}}":                                 "devices[0].tcp.listen = \"h:1\": not an address:port; e.g. 127.0.0.1:8380",
		"profile: line-caller, window: w1, tcp: {listen: '0.0.0.0:1', from: x}}":                  "devices[0].tcp.from = \"x\": neither an IP address nor a network; e.g. 192.168.1.201 or 192.168.1.0/24",
		"profile: line-caller, window: w1, tcp: {address: 'h:1', from: 192.0.2.1}}":               "devices[0].tcp.from = \"192.0.2.1\": is used with listen only; remove it",
		"profile: line-caller, window: w1, tcp: {adress: 'h:1'}}":                                 "devices[0].tcp.adress: unknown key; did you mean address?",
		"profile: led-display, window: w1, serial: {port: /dev/x}, camera: {rtsp: 'rtsp://h/x'}}": "devices[0].camera: driver profile does not use this; remove it",
	} {
		_, err := Parse("hall.yaml", []byte(profiledHall+text))
		var problems conf.Errors
		if !errors.As(err, &problems) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		lines := strings.Split(problems.In("en"), "\n")
		if !slices.ContainsFunc(lines, func(s string) bool { return strings.HasSuffix(s, want) }) {
			t.Errorf("%s: got\n%s\nwant %s", text, problems.In("en"), want)
		}
	}
	two := profiledHall + "profile: line-caller, window: w1, tcp: {listen: '0.0.0.0:1'}}\n  - {id: y, driver: profile, profile: line-caller, window: w1, tcp: {listen: '0.0.0.0:1'}}"
	if _, err := Parse("hall.yaml", []byte(two)); err == nil || !strings.Contains(err.Error(), "the same as devices[0].tcp.listen") {
		t.Errorf("two devices at one address: %v", err)
	}
}
