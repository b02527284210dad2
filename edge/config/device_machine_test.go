package config

import (
	"strings"
	"testing"

	"hallpulse/hall"
)

func TestMachines(t *testing.T) {
	c, err := Parse("hall.yaml", []byte(sensorHall+`
  - {id: kiosk, driver: reach, zone: z, reach: {ping: 192.168.1.20, tcp: ["192.168.1.20:3389"], web: "http://192.168.1.20/", contains: 办事}}
  - {id: printer, driver: snmp, snmp: {address: 192.168.1.30, kind: printer, community: hall}}
  - {id: switch, driver: snmp, snmp: {address: "192.168.1.1:161", kind: switch, version: "3", user: watch, auth: long enough, privacy: long enough, ports: [ge1]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range c.Description().Devices {
		if d.Family != hall.Machine || d.CountsZone() {
			t.Errorf("%+v", d)
		}
	}
}

func TestMachineMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"driver: reach":                                                                   "reach",
		"driver: reach, reach: {interval: 1m}":                                            "ping",
		"driver: reach, reach: {tcp: [nowhere]}":                                          "host:port",
		"driver: reach, reach: {web: \"ftp://x/\"}":                                       "http",
		"driver: reach, reach: {ping: a, contains: x}":                                    "contains",
		"driver: snmp, snmp: {address: a}":                                                "community",
		"driver: snmp, snmp: {address: a, version: \"3\"}":                                "user",
		"driver: snmp, snmp: {address: a, version: \"3\", user: u, auth: short}":          "8",
		"driver: snmp, snmp: {address: a, version: \"3\", user: u, privacy: long enough}": "auth",
		"driver: snmp, snmp: {address: a, community: c, ports: [a]}":                      "ports",
		"driver: snmp, snmp: {address: a, community: c, kind: toaster}":                   "kind",
	} {
		if _, err := Parse("hall.yaml", []byte(sensorHall+"  - {id: m, "+text+"}\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
