package hall

import (
	"math"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func measured(age time.Duration, values ...float64) (*Hall, *Measures, State) {
	desc := &Hall{Devices: []Device{
		{ID: "beam", Family: Occupancy, Zone: "waiting"},
		{ID: "cam", Family: Camera, Zone: "waiting", Tells: TellsCount}, {ID: "cam2", Family: Camera, Zone: "waiting", Tells: TellsCount},
		{ID: "lone", Family: Camera, Zone: "office", Tells: TellsCount}, {ID: "air", Family: Environment},
	}}
	m := &Measures{}
	for i, id := range []DeviceID{"cam", "cam2", "lone"} {
		if i < len(values) {
			m.Set(Series{Metric: MetricCounted, Device: id, Part: string(desc.Devices[1+i].Zone)}, noon.Add(-age), values[i])
		}
	}
	s := State{AsOf: noon, Zones: ZonesState{Zones: []ZoneState{{ID: "waiting", People: 3, In: 5, Out: 2}, {ID: "office"}}, Total: 3}}
	for _, d := range desc.Devices {
		s.Devices.Devices = append(s.Devices.Devices, DeviceState{ID: d.ID, Health: HealthOK})
	}
	return desc, m, s
}

func TestCountersGoBeforePassages(t *testing.T) {
	desc, m, s := measured(0, 4, 5, 2)
	m.Show(desc, &s)
	if z := s.Zones.Zones[0]; z.People != 9 || !z.Counted || z.Estimated {
		t.Errorf("two counters see 4 and 5: %+v", z)
	}
	if s.Zones.Total != 11 || len(s.Measures.Measures) != 3 {
		t.Errorf("total %d, %+v", s.Zones.Total, s.Measures)
	}
}

func TestACounterThatIsAway(t *testing.T) {
	for what, change := range map[string]func(*State) time.Duration{
		"down": func(s *State) time.Duration {
			s.Devices.Devices[1].Health, s.Devices.Devices[3].Health = HealthDown, HealthDown
			return 0
		},
		"unknown": func(s *State) time.Duration {
			s.Devices.Devices[1].Health, s.Devices.Devices[3].Health = HealthUnknown, HealthUnknown
			return 0
		},
		"old": func(*State) time.Duration { return MeasureFresh },
	} {
		_, _, probe := measured(0)
		age := change(&probe)
		desc, m, s := measured(age, 4, 5, 2)
		change(&s)
		m.Show(desc, &s)
		if z := s.Zones.Zones[0]; z.People != 3 || z.Counted || !z.Estimated {
			t.Errorf("%s: in minus out serves, as an estimate: %+v", what, z)
		}
		if z := s.Zones.Zones[1]; !z.Unknown || z.People != 0 {
			t.Errorf("%s: nobody knows how many are in the office: %+v", what, z)
		}
		for _, r := range s.Readings() {
			if r.Series == (Series{Metric: MetricPeople, Part: "office"}) {
				t.Errorf("%s: an unknown number has a reading: %+v", what, r)
			}
		}
	}
}

func TestMeasuresSet(t *testing.T) {
	var m Measures
	co2 := Series{Metric: MetricCO2, Device: "air"}
	if !m.Set(co2, noon, 800) || m.Set(co2, noon.Add(time.Second), 800) || !m.Set(co2, noon.Add(2*time.Second), 801) || !m.Set(co2, noon.Add(time.Hour), 801) {
		t.Error("shown: the first value, another value, and the same after a minute")
	}
	for _, bad := range []Series{{Metric: MetricCO2}, {Metric: MetricReadSeconds, Device: "air"}} {
		if m.Set(bad, noon, 1) {
			t.Errorf("%+v is shown", bad)
		}
	}
	if m.Set(co2, noon, math.NaN()) || m.Set(co2, noon, math.Inf(1)) {
		t.Error("what is no number is shown")
	}
}

func TestPresenceCountsNobody(t *testing.T) {
	b := NewBook(Hall{Zones: []Zone{{ID: "z"}}, Devices: []Device{{ID: "pir", Family: Occupancy, Zone: "z", Tells: TellsPresence}}}, 1)
	if s := b.State(noon); len(s.Zones.Zones) != 0 {
		t.Errorf("a zone with a movement sensor alone has no number of people: %+v", s.Zones)
	}
}

func TestRecount(t *testing.T) {
	b := NewBook(Hall{Zones: []Zone{{ID: "z"}}, Devices: []Device{{ID: "beam", Family: Occupancy, Zone: "z"}}}, 1)
	for i := range 5 {
		b.Apply(Fact{Seq: uint64(i + 1), Kind: KindPassage, At: Stamp{Wall: noon}, Device: "beam", Passage: &Passage{Zone: "z", Direction: In}})
	}
	c := b.Apply(Fact{Seq: 6, Kind: KindRecount, At: Stamp{Wall: noon}, Recount: &Recount{Zone: "z", From: 5, Reason: "closing"}})
	if z := b.State(noon).Zones.Zones[0]; z.People != 0 || z.Drift != 5 || z.In != 5 || len(c.Sections) != 1 {
		t.Errorf("%+v, %v", z, c.Sections)
	}
	b.Apply(Fact{Seq: 7, Kind: KindRecount, At: Stamp{Wall: noon}, Recount: &Recount{Zone: "z", To: -1}})
	if z := b.State(noon).Zones.Zones[0]; z.People != 0 {
		t.Errorf("below zero: %+v", z)
	}
}
