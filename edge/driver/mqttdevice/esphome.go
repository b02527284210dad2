package mqttdevice

import (
	"maps"
	"slices"
	"strings"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// esphome understands a node of ESPHome. It says online with every connection and has a last will; its states are retained and
// true as long as it is online.
type esphome struct {
	node     string
	entities map[string]hall.Metric // by component/object
	up       bool
}

// NewESPHome gives the driver of a node by its topic prefix; entities says what component/object measures, as
// binary_sensor/pir.
func NewESPHome(o Options, node string, entities map[string]hall.Metric) *Device {
	return newDevice(o, &esphome{node: node, entities: entities})
}

func (e *esphome) forget() { e.up = false }

// interval is none: a node speaks when something changes, and its last will names its death.
func (e *esphome) interval() time.Duration { return 0 }

func (e *esphome) filters() []string {
	out := []string{e.node + "/status"}
	for _, name := range slices.Sorted(maps.Keys(e.entities)) {
		out = append(out, e.node+"/"+name+"/state")
	}
	return out
}

func (e *esphome) hear(m driver.Message) (report, error) {
	name := strings.TrimPrefix(m.Topic, e.node+"/")
	if name == "status" {
		link := linkOf(m.Payload)
		if link == unsaid {
			return report{}, errNotState
		}
		e.up = link == online
		return report{link: link, why: "its last will"}, nil
	}
	metric := e.entities[strings.TrimSuffix(name, "/state")]
	if metric == "" || m.Retained && !e.up {
		return report{}, nil
	}
	part := ""
	if n := strings.Count(name, "/"); n > 1 {
		part = name[strings.IndexByte(name, '/')+1 : strings.LastIndexByte(name, '/')]
	}
	if text := strings.TrimSpace(string(m.Payload)); strings.EqualFold(text, "nan") || text == "" {
		return report{live: !m.Retained}, nil // the sensor behind the node says nothing
	}
	v, ok := measured(metric, part, string(m.Payload))
	if !ok {
		return report{}, errNotState
	}
	return report{live: !m.Retained, values: []value{v}}, nil
}
