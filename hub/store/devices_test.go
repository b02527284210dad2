package store

import (
	"fmt"
	"testing"

	"hallpulse/hall"
)

// healthOf is a change of a device n seconds into the day.
func healthOf(d hall.DeviceID, n uint64, h hall.Health) hall.DeviceEntry {
	return hall.DeviceEntry{Seq: n, Device: d, To: h, Reason: hall.Reason{Code: "silent", Detail: "9s"}, At: at(n)}
}

func TestDeviceChanges(t *testing.T) {
	s, _ := temp(t)
	born(t, s, "h", 1)
	c := HallCommit{Hall: "h", Epoch: 1, Seq: 60}
	c.Changes.Devices = append(c.Changes.Devices,
		healthOf("a", 1, hall.HealthOK), healthOf("b", 2, hall.HealthOK), healthOf("a", 10, hall.HealthDown),
		healthOf("a", 30, hall.HealthOK), healthOf("c", 40, hall.HealthStuck), healthOf("a", 50, hall.HealthDown))
	commit(t, s, c)
	commit(t, s, c) // sent again
	commit(t, s, HallCommit{Hall: "h", Epoch: 2, Seq: 1, Changes: hall.Changes{Devices: []hall.DeviceEntry{{Seq: 1, Device: "a", To: hall.HealthOK, At: at(45)}}}})
	commit(t, s, HallCommit{Hall: "other", Epoch: 9, Seq: 1, Changes: hall.Changes{Devices: []hall.DeviceEntry{{Seq: 1, Device: "a", To: hall.HealthOK, At: at(20)}}}})
	got, err := s.DeviceChanges(t.Context(), "h", at(20), at(50))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, d := range []hall.DeviceID{"a", "b", "c"} {
		for _, e := range got[d] {
			list = append(list, fmt.Sprintf("%s %s %s", e.Device, e.At.Sub(day), e.To))
		}
	}
	want := "[a 10s down a 30s ok a 45s ok b 2s ok c 40s stuck]" // the one in force at 20 s first; 50 s is not in it
	if fmt.Sprint(list) != want {
		t.Errorf("got  %v\nwant %s", list, want)
	}
	if e := got["a"][0]; e.Reason.Code != "silent" || e.Reason.Detail != "9s" || e.Seq != 10 {
		t.Errorf("%+v", e)
	}
}
