package main

import (
	"strings"
	"testing"

	"hallpulse/edge/control"
	"hallpulse/hall"
)

// What a device said cannot steer the technician's terminal.
func TestDevicesTextIsPlain(t *testing.T) {
	var out strings.Builder
	p := printed{&tool{out: &out}, "zh"}
	p.one(control.Terminal{Serial: "A", Firmware: "\x1b[2JVer", Users: 1, Reason: hall.Reason{Code: "silent", Detail: "\a"}, Health: "down",
		Results: []control.Result{{ID: "1", Command: "INFO", Done: true, Code: -1003, Text: "a\x1b]0;x\nb"}}})
	if strings.ContainsAny(out.String(), "\x1b\a") {
		t.Errorf("%q", out.String())
	}
	contains(t, out.String(), "故障  ", "没有回应", "        b")
}

func TestClockWords(t *testing.T) {
	p := printed{&tool{}, "en"}
	for seconds, want := range map[float64]string{0.2: "right", 3: "fast by 3s", -3600: "slow by 1h0m0s"} {
		if got := p.clock(&seconds); got != want {
			t.Errorf("%v: %s", seconds, got)
		}
	}
}

func TestControlTextsAreComplete(t *testing.T) {
	for health := hall.HealthUnknown; health <= hall.HealthDown; health++ {
		if x := textsHealth[health.String()]; x.ZH == "" || x.EN == "" {
			t.Errorf("no words for %s", health)
		}
	}
	for _, x := range []hall.Text{textTerminalUsage, textRelayUsage, textNoGateway, textNoRight, textNoAnswer, textTerminal, textOrdered, textOrderedAway, textSwitched} {
		if strings.Count(x.ZH, "%") != strings.Count(x.EN, "%") || x.ZH == x.EN {
			t.Errorf("%+v", x)
		}
	}
}
