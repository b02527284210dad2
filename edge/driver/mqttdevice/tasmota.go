package mqttdevice

import (
	"strings"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// tasmotaInterval is TelePeriod's default: a state and a sensor message each five minutes.
const tasmotaInterval = 5 * time.Minute

// tasmota understands a device with Tasmota.
type tasmota struct {
	pattern  string
	topic    string
	switches map[string]hall.Metric
}

// NewTasmota gives the driver of a device by its Topic. pattern is its FullTopic, empty: %prefix%/%topic%/; switches says
// what its inputs Switch1, Switch2 … measure.
func NewTasmota(o Options, pattern, topic string, switches map[string]hall.Metric) *Device {
	if pattern == "" {
		pattern = "%prefix%/%topic%/"
	}
	return newDevice(o, &tasmota{pattern, topic, switches})
}

func (t *tasmota) forget() {}

func (t *tasmota) interval() time.Duration { return tasmotaInterval }

// prefix gives the beginning of the topics of a kind: tele, stat.
func (t *tasmota) prefix(kind string) string {
	s := strings.NewReplacer("%prefix%", kind, "%topic%", t.topic).Replace(t.pattern)
	if !strings.HasSuffix(s, "/") {
		s += "/"
	}
	return s
}

func (t *tasmota) filters() []string {
	tele := t.prefix("tele")
	return []string{tele + "LWT", tele + "STATE", tele + "SENSOR", t.prefix("stat") + "+"}
}

func (t *tasmota) hear(m driver.Message) (report, error) {
	tele, stat := t.prefix("tele"), t.prefix("stat")
	name := strings.TrimPrefix(strings.TrimPrefix(m.Topic, tele), stat)
	switch {
	case name == "LWT":
		link := linkOf(m.Payload)
		if link == unsaid {
			return report{}, errNotState
		}
		return report{link: link, why: "its last will"}, nil
	case m.Retained:
		return report{}, nil // nobody knows how old it is
	case strings.HasPrefix(name, "POWER"):
		v, ok := measured(hall.MetricOn, channel(name), string(m.Payload))
		if !ok {
			return report{}, errNotState
		}
		return report{live: true, values: []value{v}}, nil
	case name != "STATE" && name != "SENSOR" && name != "RESULT":
		return report{}, nil
	}
	o, err := object(m.Payload)
	if err != nil {
		return report{}, err
	}
	return report{live: true, values: ordered(t.values(o))}, nil
}

// tasmotaKeys are the keys of sensors, whatever the sensor's name.
var tasmotaKeys = map[string]hall.Metric{
	"Temperature": hall.MetricTemperature, "Humidity": hall.MetricHumidity, "Pressure": hall.MetricPressure, "CarbonDioxide": hall.MetricCO2,
	"Illuminance": hall.MetricIlluminance, "Power": hall.MetricPower,
}

func (t *tasmota) values(o map[string]any) (out []value) {
	fahrenheit := o["TempUnit"] == "F"
	add := func(m hall.Metric, part string, raw any) {
		v, ok := measured(m, part, raw)
		if !ok {
			return
		}
		if m == hall.MetricTemperature && fahrenheit {
			v.value = (v.value - 32) / 1.8
		}
		out = append(out, v)
	}
	for key, raw := range o {
		if len(key) > 48 {
			continue
		}
		switch inner, nested := raw.(map[string]any); {
		case strings.HasPrefix(key, "POWER"):
			add(hall.MetricOn, channel(key), raw)
		case key == "UptimeSec":
			add(hall.MetricUptime, "", raw)
		case t.switches[key] != "":
			if nested { // {"Switch1":{"Action":"ON"}}
				raw = inner["Action"]
			}
			add(t.switches[key], strings.ToLower(key), raw)
		case nested:
			for k, v := range inner {
				if m := tasmotaKeys[k]; m != "" {
					add(m, strings.ToLower(key), v)
				}
			}
		}
	}
	return out
}

// channel gives the number of POWER2; the only one has none.
func channel(name string) string { return strings.TrimPrefix(name, "POWER") }
