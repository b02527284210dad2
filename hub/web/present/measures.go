package present

import (
	"time"

	"hallpulse/dashboards/words"
	"hallpulse/hall"
	"hallpulse/hub/live"
)

// Measure is one value that a device measures, as pages show it.
type Measure struct {
	Device string
	What   string // what is measured, with its channel
	Value  string
	Unit   string
	Stale  bool   // older than hall.MeasureFresh: shown with its time
	At     string // 09:41
	Key    string // names the value on the page
}

func (p *Presenter) measures(h *Hall, v *live.View, lang string, now time.Time, loc *time.Location) {
	at := waitsAt(v, now)
	h.MeasuresNone = !owns(v, hall.Environment, hall.Machine) && len(v.State.Measures.Measures) == 0
	for _, m := range v.State.Measures.Measures {
		key := "metric." + string(m.Metric)
		what := p.cat.Or(lang, key, "")
		if what == "" || m.Metric == hall.MetricCounted {
			continue // the zones' card has those
		}
		row := Measure{Device: deviceName(&v.Desc, m.Device, lang), What: what, Stale: at.Sub(m.At) > hall.MeasureFresh, At: ClockDay(m.At, now, loc),
			Key: string(m.Device) + "." + string(m.Metric) + "." + m.Part}
		if m.Part != "" {
			row.What += " " + partName(&v.Desc, m.Part, lang)
		}
		row.Value, row.Unit = words.Value(func(k string) string { return p.cat.Or(lang, k, "") },
			func(d time.Duration) string { return p.Duration(lang, d) }, m.Metric, m.Value)
		h.Measures = append(h.Measures, row)
	}
}

func deviceName(h *hall.Hall, id hall.DeviceID, lang string) string {
	for _, d := range h.Devices {
		if d.ID == id {
			if name := d.Name.In(lang); name != "" {
				return name
			}
		}
	}
	return string(id)
}

// partName gives the name of a zone, or the channel as the device calls it.
func partName(h *hall.Hall, part, lang string) string {
	for _, z := range h.Zones {
		if string(z.ID) == part {
			return z.Name.In(lang)
		}
	}
	return part
}
