package rule

import (
	"testing"
	"time"

	"hallpulse/hall"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func find(t *testing.T, list []Condition, rule, subject string) Condition {
	t.Helper()
	for _, c := range list {
		if c.Rule == rule && c.Subject == subject {
			return c
		}
	}
	t.Fatalf("no condition %s of %q", rule, subject)
	return Condition{}
}

func TestEvaluate(t *testing.T) {
	waited := func(d time.Duration) time.Time { return noon.Add(-d) }
	for name, c := range map[string]struct {
		state    hall.State
		rule     string
		subject  string
		severity string
		holds    bool
		clear    bool
	}{
		"empty queue":          {hall.State{}, QueueTooLong, "", Act, false, true},
		"queue at its limit":   {hall.State{Queue: hall.QueueState{Waiting: 10}}, QueueTooLong, "", Act, false, false},
		"queue over it":        {hall.State{Queue: hall.QueueState{Waiting: 11}}, QueueTooLong, "", Act, true, false},
		"queue between":        {hall.State{Queue: hall.QueueState{Waiting: 8}}, QueueTooLong, "", Act, false, false},
		"queue short again":    {hall.State{Queue: hall.QueueState{Waiting: 7}}, QueueTooLong, "", Act, false, true},
		"nobody waits":         {hall.State{}, WaitTooLong, "", Attention, false, true},
		"a long wait":          {hall.State{Queue: hall.QueueState{Oldest: waited(21 * time.Minute)}}, WaitTooLong, "", Attention, true, false},
		"a very long wait":     {hall.State{Queue: hall.QueueState{Oldest: waited(31 * time.Minute)}}, WaitTooLong, "", Act, true, false},
		"a wait from tomorrow": {hall.State{Queue: hall.QueueState{Oldest: waited(-time.Hour)}}, WaitTooLong, "", Attention, false, true},
		"device down":          {devices(hall.HealthDown), DeviceDown, "d", Attention, true, false},
		"device stuck":         {devices(hall.HealthStuck), DeviceDown, "d", Attention, true, false},
		"device degraded":      {devices(hall.HealthDegraded), DeviceDown, "d", Attention, false, false},
		"device unknown":       {devices(hall.HealthUnknown), DeviceDown, "d", Attention, false, false},
		"device ok":            {devices(hall.HealthOK), DeviceDown, "d", Attention, false, true},
		"gateway there":        {hall.State{}, GatewayLost, "", Act, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := find(t, Evaluate(c.state, hall.Hall{}, true, Limits{}, noon), c.rule, c.subject)
			if got.Holds != c.holds || got.Clear != c.clear || got.Severity != c.severity {
				t.Errorf("%+v", got)
			}
		})
	}
}

func devices(h hall.Health) hall.State {
	return hall.State{Devices: hall.DevicesState{Devices: []hall.DeviceState{{ID: "d", Health: h}}}}
}

// TestLost: of a hall that is not heard nothing is said but that.
func TestLost(t *testing.T) {
	got := Evaluate(hall.State{Queue: hall.QueueState{Waiting: 50}}, hall.Hall{}, false, Limits{}, noon)
	if len(got) != 1 || got[0].Rule != GatewayLost || !got[0].Holds {
		t.Errorf("%+v", got)
	}
}

func TestJudge(t *testing.T) {
	s := devices(hall.HealthDown)
	if v := Judge(s, hall.Hall{}, Limits{}, noon); v.Level != Attention || v.Waiting != OK {
		t.Errorf("a broken device: %+v", v)
	}
	s.Queue.Waiting = 30
	if v := Judge(s, hall.Hall{}, Limits{}, noon); v.Level != Act || v.Waiting != Act {
		t.Errorf("a long queue: %+v", v)
	}
	if v := Judge(s, hall.Hall{}, Limits{QueueMax: 40}, noon); v.Level != Attention {
		t.Errorf("a county with its own limit: %+v", v)
	}
}
