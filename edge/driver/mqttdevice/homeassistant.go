package mqttdevice

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// maxEntities bounds what a discovered device may describe.
const maxEntities = 128

// homeAssistant understands a device that describes itself for Home Assistant's MQTT discovery: by single components, or as a
// whole device.
type homeAssistant struct {
	base, device string
	found        map[string]entity // by unique topic of its description
	links        map[string]link
}

// link is an availability topic.
type link struct {
	online, offline string
	path            string
	state           availability
}

// NewHomeAssistant gives the driver of a discovered device by its id, or node, in the discovery topics. base empty:
// homeassistant.
func NewHomeAssistant(o Options, base, device string) *Device {
	if base == "" {
		base = "homeassistant"
	}
	return newDevice(o, &homeAssistant{base: base, device: device, found: map[string]entity{}, links: map[string]link{}})
}

// forget keeps the descriptions: they are retained, and come again.
func (h *homeAssistant) forget() {
	for topic, l := range h.links {
		l.state = unsaid
		h.links[topic] = l
	}
}

// interval is none: what has no availability topic proves nothing by its silence.
func (h *homeAssistant) interval() time.Duration { return 0 }

func (h *homeAssistant) filters() []string {
	out := []string{h.base + "/+/" + h.device + "/config", h.base + "/+/" + h.device + "/+/config"}
	var topics []string
	for _, e := range h.found {
		topics = append(topics, e.state)
	}
	topics = append(topics, slices.Collect(maps.Keys(h.links))...)
	slices.Sort(topics)
	return append(out, slices.Compact(topics)...)
}

func (h *homeAssistant) hear(m driver.Message) (report, error) {
	if strings.HasPrefix(m.Topic, h.base+"/") && strings.HasSuffix(m.Topic, "/config") {
		return report{}, h.describe(m)
	}
	r := report{}
	if l, ok := h.links[m.Topic]; ok {
		state, err := l.read(m.Payload)
		if err != nil {
			return r, err
		}
		l.state = state
		h.links[m.Topic] = l
		r.link, r.why = state, m.Topic
		return r, nil
	}
	for _, e := range h.found {
		if e.state != m.Topic || m.Retained && !h.alive() {
			continue
		}
		v, ok, err := e.read(m.Payload)
		if err != nil {
			return r, err
		}
		r.live = !m.Retained
		if ok {
			r.values = append(r.values, v)
		}
	}
	r.values = ordered(r.values)
	return r, nil
}

// alive says whether an availability topic says that the device is online: then what is retained is true.
func (h *homeAssistant) alive() bool {
	for _, l := range h.links {
		if l.state == online {
			return true
		}
	}
	return false
}

// describe takes one description. An empty one takes it back.
func (h *homeAssistant) describe(m driver.Message) error {
	maps.DeleteFunc(h.found, func(k string, _ entity) bool { return k == m.Topic || strings.HasPrefix(k, m.Topic+" ") })
	if len(m.Payload) == 0 {
		return nil
	}
	o, err := object(m.Payload)
	if err != nil {
		return err
	}
	o = long(o)
	if parts, ok := o["components"].(map[string]any); ok { // a whole device
		var wrong []string
		for _, id := range slices.Sorted(maps.Keys(parts)) {
			part, ok := parts[id].(map[string]any)
			if !ok {
				continue
			}
			merged := maps.Clone(o)
			maps.Copy(merged, long(part))
			if err := h.add(m.Topic+" "+id, id, text(merged, "platform"), merged); err != nil {
				wrong = append(wrong, id+": "+err.Error())
			}
		}
		if len(wrong) > 0 {
			return fmt.Errorf("not understood: %s", strings.Join(wrong, "; "))
		}
		return nil
	}
	levels := strings.Split(strings.TrimPrefix(m.Topic, h.base+"/"), "/")
	if len(levels) < 3 { // the filters bring no such topic; a broker might
		return errNotDescribed
	}
	id := levels[len(levels)-2]
	if id == h.device {
		id = ""
	}
	return h.add(m.Topic, id, levels[0], o)
}

func (h *homeAssistant) add(key, id, component string, o map[string]any) error {
	h.availability(o)
	e, wanted, err := entityOf(id, component, o)
	if err != nil || !wanted {
		return err
	}
	if len(h.found) >= maxEntities {
		return fmt.Errorf("more than %d entities", maxEntities)
	}
	h.found[key] = e
	return nil
}

// availability notes the topics that say whether the device is there.
func (h *homeAssistant) availability(o map[string]any) {
	add := func(x map[string]any, topic string) {
		topic = expand(topic, text(o, "~"))
		if !validTopic(topic) || len(h.links) >= maxEntities {
			return
		}
		l := h.links[topic]
		l.online, l.offline = "online", "offline"
		for key, to := range map[string]*string{"payload_available": &l.online, "payload_not_available": &l.offline} {
			if v := text(x, key); v != "" {
				*to = v
			}
		}
		l.path, _ = template(text(x, "value_template"))
		h.links[topic] = l
	}
	if t := text(o, "availability_topic"); t != "" {
		add(map[string]any{"payload_available": o["payload_available"], "payload_not_available": o["payload_not_available"],
			"value_template": o["availability_template"]}, t)
	}
	if list, ok := o["availability"].([]any); ok {
		for _, raw := range list {
			if x, ok := raw.(map[string]any); ok {
				x = long(x)
				add(x, text(x, "topic"))
			}
		}
	}
}

func (l link) read(payload []byte) (availability, error) {
	word := strings.TrimSpace(string(payload))
	if l.path != "" {
		o, err := object(payload)
		if err != nil {
			return unsaid, err
		}
		v, _ := path(o, l.path)
		word, _ = v.(string)
	}
	switch word {
	case l.online:
		return online, nil
	case l.offline:
		return offline, nil
	}
	return unsaid, errNotState
}

// metricOf says what an entity measures, by its component and device class (Home Assistant, MQTT binary sensor and sensor).
func metricOf(component, class string) hall.Metric {
	switch component + "/" + class {
	case "binary_sensor/occupancy", "binary_sensor/presence":
		return hall.MetricPresence
	case "binary_sensor/motion", "binary_sensor/moving":
		return hall.MetricMotion
	case "binary_sensor/door", "binary_sensor/window", "binary_sensor/opening", "binary_sensor/garage_door":
		return hall.MetricOpen
	case "binary_sensor/smoke":
		return hall.MetricSmoke
	case "binary_sensor/power", "binary_sensor/light":
		return hall.MetricOn
	case "sensor/carbon_dioxide":
		return hall.MetricCO2
	case "sensor/temperature":
		return hall.MetricTemperature
	case "sensor/humidity":
		return hall.MetricHumidity
	case "sensor/pressure", "sensor/atmospheric_pressure":
		return hall.MetricPressure
	case "sensor/illuminance":
		return hall.MetricIlluminance
	case "sensor/battery":
		return hall.MetricBattery
	case "sensor/power":
		return hall.MetricPower
	}
	if component == "switch" || component == "light" {
		return hall.MetricOn
	}
	return ""
}
