package technician

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var noteTopic = hall.Text{ZH: "按保留消息发现，可能早已不在；请核对", EN: "found by a retained message, perhaps of long ago: check that it is still there"}

// availability are the topics where devices say whether they are there: Zigbee2MQTT, Tasmota, ESPHome.
func availability() []string {
	return []string{"zigbee2mqtt/+/availability", "zigbee2mqtt/+/+/availability", "tele/+/LWT", "+/tele/LWT", "+/status"}
}

// topics collects what the hall's broker retains of its devices.
func topics(ctx context.Context, o *Options) ([]Finding, error) {
	wait, cancel := context.WithTimeout(ctx, o.Wait)
	defer cancel()
	var mu sync.Mutex
	heard := map[string]string{}
	err := o.Broker.Subscribe(wait, availability(), func() {}, func(m driver.Message) {
		mu.Lock()
		defer mu.Unlock()
		if len(heard) < maxFindings {
			heard[m.Topic] = state(m.Payload)
		}
	})
	if wait.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	mu.Lock()
	defer mu.Unlock()
	var out []Finding
	for topic, payload := range heard {
		if f, ok := topicFinding(topic, payload); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return strings.Compare(a.Where, b.Where) })
	return out, err
}

// state gives what an availability says: online, or {"state":"online"}.
func state(payload []byte) string {
	var said struct {
		State string `json:"state"`
	}
	if err := json.Unmarshal(payload, &said); err == nil && said.State != "" {
		return oneLine(said.State)
	}
	return oneLine(string(payload[:min(len(payload), maxHeader)]))
}

// topicFinding makes a finding of a topic; false: it is none of a device.
func topicFinding(topic, payload string) (Finding, bool) {
	mqtt := ""
	parts := strings.Split(topic, "/")
	last := parts[len(parts)-1]
	name := strings.Join(parts[:len(parts)-1], "/")
	switch {
	case parts[0] == "zigbee2mqtt" && last == "availability":
		name = strings.TrimPrefix(name, "zigbee2mqtt/")
		mqtt = "kind: zigbee2mqtt, device: " + quoted(name)
	case last == "LWT" && parts[0] == "tele" && len(parts) == 3:
		name = parts[1]
		mqtt = "kind: tasmota, topic: " + quoted(name)
	case last == "LWT" && len(parts) == 3:
		name = parts[0]
		mqtt = "kind: tasmota, topic: " + quoted(name) + ", full_topic: '%topic%/%prefix%/'"
	case last == "status" && len(parts) == 2 && parts[0] != "homeassistant" && (payload == "online" || payload == "offline"):
		name = parts[0]
		mqtt = "kind: esphome, node: " + quoted(name) + ", entities: {binary_sensor/pir: presence}"
	default:
		return Finding{}, false
	}
	f := Finding{Where: topic, What: payload, Note: noteTopic}
	f.Block = propose(fmt.Sprintf("- id: %s\n  driver: mqtt-device\n  mqtt: {%s}", id("mqtt-"+name), mqtt))
	return f, true
}
