package agent

import (
	"slices"
	"strings"
	"testing"

	"hallpulse/edge/control"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/hall"
)

func TestHandOnRelays(t *testing.T) {
	h := newHeld(t)
	relay := func(id hall.DeviceID) control.Relay {
		list := h.do(control.Request{Do: control.ListRelays}).Relays
		i := slices.IndexFunc(list, func(r control.Relay) bool { return r.Device == id })
		if len(list) != 2 || i < 0 {
			t.Fatalf("%+v", list)
		}
		return list[i]
	}
	is := func(id hall.DeviceID, on bool) func() bool {
		return func() bool { r := relay(id); return r.On != nil && *r.On == on && !r.At.IsZero() }
	}
	eventually(t, "both are read back", func() bool { return is("lights", false)() && is("fan", false)() })
	for _, on := range []bool{true, false, true} {
		for _, id := range []hall.DeviceID{"lights", "fan"} {
			h.do(control.Request{Do: control.SwitchRelay, Device: id, On: &on})
			eventually(t, string(id)+" is told", is(id, on))
		}
		if level := h.board.Level("GPIO5"); bool(level) != on {
			t.Errorf("commanded %v, the line is %v", on, level)
		}
	}
	if r := relay("lights"); r.Name.ZH != "大厅灯" || r.Health != "ok" {
		t.Errorf("%+v", r)
	}
	must(t, h.board.SetFaults("GPIO6", contacts.Faults{Stuck: true})) // a welded contact
	h.refused(control.Request{Do: control.SwitchRelay, Device: "lights", On: new(bool)}, control.CodeFailed, "feedback differs")
	eventually(t, "it is named", func() bool { r := relay("lights"); return r.Reason.Code == "feedback_differs" && *r.On })
	must(t, h.board.SetFaults("GPIO7", contacts.Faults{Away: true}))
	eventually(t, "what is not known is not told", func() bool { return relay("fan").On == nil })
	h.refused(control.Request{Do: control.SwitchRelay, Device: "fan", On: new(bool)}, control.CodeFailed)
	if n := strings.Count(h.log.String(), "do=switch"); n != 8 {
		t.Errorf("%d switches in the log", n)
	}
}
