package mqttdevice

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// zigbeeInterval is how often a Zigbee device speaks at least: most report within an hour, battery devices say so much less
// often that Zigbee2MQTT waits for 25 hours. A bridge that is away is named at once.
const zigbeeInterval = 4 * time.Hour

// zigbee understands a device of Zigbee2MQTT, versions 1 and 2.
type zigbee struct{ base, device string }

// NewZigbee gives the driver of a device of Zigbee2MQTT by its friendly name. base empty: zigbee2mqtt.
func NewZigbee(o Options, base, device string) *Device {
	if base == "" {
		base = "zigbee2mqtt"
	}
	return newDevice(o, &zigbee{base, device})
}

func (z *zigbee) forget() {}

func (z *zigbee) interval() time.Duration { return zigbeeInterval }

func (z *zigbee) filters() []string {
	own := z.base + "/" + z.device
	return []string{z.base + "/bridge/state", own, own + "/availability"}
}

// zigbeeKeys are the keys of a device's state that are understood (Zigbee2MQTT, exposes).
var zigbeeKeys = map[string]hall.Metric{
	"occupancy": hall.MetricPresence, "presence": hall.MetricPresence, "smoke": hall.MetricSmoke, "temperature": hall.MetricTemperature,
	"humidity": hall.MetricHumidity, "pressure": hall.MetricPressure, "co2": hall.MetricCO2, "illuminance": hall.MetricIlluminance,
	"illuminance_lux": hall.MetricIlluminance, "battery": hall.MetricBattery, "linkquality": hall.MetricLinkQuality, "power": hall.MetricPower,
}

// zigbeeTroubles are truths that are a trouble of the device.
var zigbeeTroubles = []string{"tamper", "battery_low"}

func (z *zigbee) hear(m driver.Message) (report, error) {
	switch strings.TrimPrefix(m.Topic, z.base+"/") {
	case "bridge/state":
		if link := linkOf(m.Payload); link == offline {
			return report{link: offline, why: "Zigbee2MQTT is away"}, nil
		}
		return report{}, nil // the bridge lives; that says nothing of the device
	case z.device + "/availability":
		link := linkOf(m.Payload)
		if link == unsaid {
			return report{}, errNotState
		}
		return report{link: link, why: "Zigbee2MQTT says so"}, nil
	case z.device:
	default:
		return report{}, nil
	}
	o, err := object(m.Payload)
	if err != nil {
		return report{}, err
	}
	if m.Retained || z.old(o, time.Now()) { // nobody knows how old it is, or the bridge tells what it has stored
		return report{}, nil
	}
	return report{live: true, values: z.values(o), trouble: troubles(o, zigbeeTroubles)}, nil
}

func (z *zigbee) values(o map[string]any) (out []value) {
	for key, raw := range o {
		metric, part := zigbeeKeys[key], ""
		switch {
		case key == "contact": // true means closed
			if n, ok := number(raw); ok {
				out = append(out, value{hall.MetricOpen, "", 1 - min(n, 1)})
			}
			continue
		case (key == "state" || strings.HasPrefix(key, "state_")) && !isSwitch(raw):
			continue // a blind, a lock
		case key == "state":
			metric = hall.MetricOn
		case strings.HasPrefix(key, "state_"):
			metric, part = hall.MetricOn, strings.TrimPrefix(key, "state_")
		}
		if _, both := o["illuminance_lux"]; both && key == "illuminance" { // version 1: a raw number
			continue
		}
		if v, ok := measured(metric, part, raw); metric != "" && ok && len(part) <= 64 {
			out = append(out, v)
		}
	}
	return ordered(out)
}

// isSwitch says whether a state is that of a light or a socket.
func isSwitch(v any) bool {
	s, ok := v.(string)
	return ok && (strings.EqualFold(s, "ON") || strings.EqualFold(s, "OFF"))
}

// oldAfter is how old a state may be to be now: a bridge tells its stored states again when it starts.
const oldAfter = 2 * time.Minute

// old says whether a state says of itself that it is old: last_seen in milliseconds or as ISO 8601.
func (z *zigbee) old(o map[string]any, now time.Time) bool {
	switch v := o["last_seen"].(type) {
	case json.Number:
		ms, err := v.Int64()
		return err == nil && now.Sub(time.UnixMilli(ms)) > oldAfter
	case string:
		at, err := time.Parse(time.RFC3339, v)
		return err == nil && now.Sub(at) > oldAfter
	}
	return false
}

// ordered makes the order of a map's values that of their names.
func ordered(list []value) []value {
	slices.SortFunc(list, func(a, b value) int {
		return strings.Compare(string(a.metric)+a.part, string(b.metric)+b.part)
	})
	return list[:min(len(list), maxValues)]
}

func troubles(o map[string]any, keys []string) (out []string) {
	for _, k := range keys {
		if on, ok := o[k].(bool); ok && on {
			out = append(out, k)
		}
	}
	return out
}

// linkOf reads availability in its plain and its JSON form.
func linkOf(payload []byte) availability {
	word := strings.TrimSpace(string(payload[:min(len(payload), 64)]))
	var o struct {
		State string `json:"state"`
	}
	if strings.HasPrefix(word, "{") && json.Unmarshal(payload, &o) == nil {
		word = o.State
	}
	switch strings.ToLower(word) {
	case "online":
		return online
	case "offline":
		return offline
	}
	return unsaid
}
