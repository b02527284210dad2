package hall

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// MeasureFresh is how long a measured value stands for now; older, it is shown with its age and enters no figure.
const MeasureFresh = 10 * time.Minute

// Measure is the latest value of a series.
type Measure struct {
	Metric Metric    `cbor:"1,keyasint" json:"metric"`
	Device DeviceID  `cbor:"2,keyasint" json:"device"`
	Part   string    `cbor:"3,keyasint,omitempty" json:"part,omitempty"`
	Value  float64   `cbor:"4,keyasint" json:"value"`
	At     time.Time `cbor:"5,keyasint" json:"at"`
}

// MeasuresState is what the hall's devices measure now, in configuration order of the devices.
type MeasuresState struct {
	Measures []Measure `cbor:"1,keyasint,omitempty" json:"measures"`
}

// shown says which metrics a hall's page shows; the others are of interest to charts and technicians alone.
func shown(m Metric) bool {
	switch m {
	case MetricReadSeconds, MetricLuminance, MetricSkew, MetricWaiting, MetricLongestWait, MetricPeople, MetricOpenWindows, MetricPresent:
		return false
	}
	return true
}

// Measures keeps the latest value of each series of the hall's devices. The zero value is ready. It is not safe for
// concurrent use. A restart forgets: what a device measured before is not what is true now.
type Measures struct{ latest map[Series]Measure }

// Set takes a value and says whether a page shows it otherwise than before.
func (m *Measures) Set(s Series, at time.Time, v float64) bool {
	if s.Device == "" || !shown(s.Metric) || math.IsNaN(v) || math.IsInf(v, 0) {
		return false
	}
	if m.latest == nil {
		m.latest = map[Series]Measure{}
	}
	old, had := m.latest[s]
	m.latest[s] = Measure{Metric: s.Metric, Device: s.Device, Part: s.Part, Value: v, At: at}
	return !had || old.Value != v || at.Sub(old.At) > time.Minute
}

// Show adds the values to a state, and puts absolute counts in the place of in minus out where a zone has a counter. What a
// device measured that is down, stuck or unknown now is not shown: it is not what is true.
func (m *Measures) Show(desc *Hall, s *State) {
	lives := map[DeviceID]bool{}
	for _, d := range s.Devices.Devices {
		lives[d.ID] = d.Health == HealthOK || d.Health == HealthDegraded
	}
	s.Measures = MeasuresState{}
	for _, d := range desc.Devices {
		var mine []Measure
		for series, v := range m.latest {
			if series.Device == d.ID && lives[d.ID] && !v.At.After(s.AsOf.Add(time.Minute)) {
				mine = append(mine, v)
			}
		}
		slices.SortFunc(mine, func(a, b Measure) int { return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Part, b.Part)) })
		s.Measures.Measures = append(s.Measures.Measures, mine...)
	}
	for i := range s.Zones.Zones {
		s.Zones.Zones[i].count(desc, s)
	}
	s.Zones.Total = 0
	for _, z := range s.Zones.Zones {
		s.Zones.Total += z.People
	}
}

// count takes the sum of what the zone's counters see, when each of them saw it lately.
func (z *ZoneState) count(desc *Hall, s *State) {
	counters, seen, sum := 0, 0, 0
	passages := false
	for _, d := range desc.Devices {
		if d.Zone != z.ID {
			continue
		}
		passages = passages || d.CountsPassages()
		if d.Tells != TellsCount {
			continue
		}
		counters++
		for _, m := range s.Measures.Measures {
			if m.Device == d.ID && m.Metric == MetricCounted && m.Part == string(z.ID) && s.AsOf.Sub(m.At) < MeasureFresh {
				seen++
				sum += int(m.Value)
				if m.At.After(z.Last) {
					z.Last = m.At
				}
			}
		}
	}
	switch {
	case counters == 0:
	case seen == counters:
		z.People, z.Counted, z.Estimated = max(sum, 0), true, false
	case !passages:
		z.People, z.Unknown = 0, true
	default:
		z.Estimated = true
	}
}
