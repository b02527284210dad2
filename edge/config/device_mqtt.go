package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// MQTTBlocks are the option blocks of devices on the broker of the hall.
type MQTTBlocks struct {
	MQTT *MQTT `yaml:"mqtt"`
}

func (b *MQTTBlocks) blocks() []block {
	return []block{{"mqtt", b.MQTT != nil}}
}

// MQTTDevice is the driver of whatever speaks through the hall's broker.
const MQTTDevice Driver = "mqtt-device"

// Kinds of devices on the broker.
const (
	MQTTZigbee        = "zigbee2mqtt"
	MQTTTasmota       = "tasmota"
	MQTTESPHome       = "esphome"
	MQTTHomeAssistant = "homeassistant"
	MQTTProfile       = "profile"
)

// MQTT is a device on the broker of the hall. Which of Device, Topic and Node names it depends on its kind.
type MQTT struct {
	Kind     string            `yaml:"kind" conf:"required,oneof=zigbee2mqtt|tasmota|esphome|homeassistant|profile"`
	Device   string            `yaml:"device"`                        // zigbee2mqtt: friendly name; homeassistant: id or node of the discovery topic
	Topic    string            `yaml:"topic"`                         // tasmota: its Topic; profile: what stands for {topic}
	Node     string            `yaml:"node"`                          // esphome: topic prefix
	Base     string            `yaml:"base"`                          // of zigbee2mqtt's topics, or of discovery; empty: as usual
	Pattern  string            `yaml:"full_topic"`                    // tasmota's FullTopic; empty: %prefix%/%topic%/
	Profile  string            `yaml:"profile"`                       // name of a built-in mapping profile, or a file
	Entities map[string]string `yaml:"entities" conf:"max=64"`        // esphome: metric by component/object; tasmota: metric by switch
	Interval time.Duration     `yaml:"interval" conf:"min=0s,max=8h"` // between two messages; 0: as usual for the kind
	Stuck    time.Duration     `yaml:"stuck" conf:"min=0s,max=168h"`  // somebody is there for this long without a break: stuck; 0: never
}

// Defaults take a presence of half a day for a sensor that hangs.
func (m *MQTT) Defaults() { m.Stuck = 12 * time.Hour }

// MQTTMetrics are what an entity may be said to measure.
func MQTTMetrics() []string {
	var out []string
	for _, m := range []hall.Metric{
		hall.MetricPresence, hall.MetricMotion, hall.MetricOpen, hall.MetricSmoke, hall.MetricOn, hall.MetricTemperature, hall.MetricHumidity,
		hall.MetricPressure, hall.MetricCO2, hall.MetricIlluminance, hall.MetricPower, hall.MetricBattery, hall.MetricLinkQuality, hall.MetricUptime,
	} {
		out = append(out, string(m))
	}
	return out
}

func mqttDrivers() map[Driver]Uses {
	return map[Driver]Uses{
		MQTTDevice: {
			Family: hall.Environment, Others: []hall.Family{hall.Occupancy, hall.Machine}, Required: []string{"mqtt"}, Tells: hall.TellsPresence,
		},
	}
}

// named is a key that names a device, and its value.
type named struct{ key, value string }

// mqttNames says which key names a device of each kind.
func mqttNames(m *MQTT) map[string]named {
	return map[string]named{
		MQTTZigbee: {"device", m.Device}, MQTTTasmota: {"topic", m.Topic}, MQTTESPHome: {"node", m.Node},
		MQTTHomeAssistant: {"device", m.Device}, MQTTProfile: {"topic", m.Topic},
	}
}

var (
	textNoBroker      = hall.Text{ZH: "没有配置本厅的 MQTT 服务器", EN: "the hall has no MQTT broker"}
	textNoBrokerMend  = hall.Text{ZH: "请在顶层添加 broker", EN: "add broker at the top"}
	textMQTTUnused    = hall.Text{ZH: "%s 类设备不使用这一项", EN: "a device of kind %s does not use this"}
	textMQTTEntities  = hall.Text{ZH: "ESPHome 的消息不说明含义，需要写明每个实体测量什么", EN: "messages of ESPHome do not say what they mean: say what each entity measures"}
	textEntityMend    = hall.Text{ZH: "例如 entities: {binary_sensor/pir: presence}", EN: "e.g. entities: {binary_sensor/pir: presence}"}
	textEntitySwitch  = hall.Text{ZH: "应为 Switch1 到 Switch32", EN: "must be Switch1 to Switch32"}
	textEntityObject  = hall.Text{ZH: "应为 组件/对象，例如 binary_sensor/pir", EN: "must be component/object, e.g. binary_sensor/pir"}
	textDiscoveryName = hall.Text{ZH: "只能是主题的一层，不含 /", EN: "one level of a topic, without /"}
	textFullTopic     = hall.Text{ZH: "必须含 %%prefix%% 和 %%topic%%", EN: "must have %%prefix%% and %%topic%%"}
)

func (k *checker) mqtt(path string, d *Device) {
	m := d.MQTT
	if m == nil {
		return
	}
	path += ".mqtt"
	if k.c.Broker == nil && !k.doc.Has("broker") {
		k.fail(path, textNoBroker, textNoBrokerMend)
	}
	name, ok := mqttNames(m)[m.Kind]
	if !ok { // refused already
		return
	}
	if k.present(path, name.key, name.value != "") {
		k.topic(path+"."+name.key, name.value)
	}
	if m.Kind == MQTTHomeAssistant && strings.ContainsRune(m.Device, '/') {
		k.fail(path+".device", textDiscoveryName, hall.Text{})
	}
	k.mqttUnused(path, name.key, m)
	if m.Base != "" {
		k.topic(path+".base", m.Base)
	}
	if p := m.Pattern; p != "" && (!strings.Contains(p, "%prefix%") || !strings.Contains(p, "%topic%") || strings.ContainsAny(p, "+#")) {
		k.fail(path+".full_topic", conf.Say(textFullTopic), conf.Say(textAdd, "%prefix%/%topic%/"))
	}
	if m.Kind == MQTTProfile {
		k.present(path, "profile", m.Profile != "")
	}
	if m.Kind == MQTTESPHome && len(m.Entities) == 0 && !k.doc.Has(path+".entities") {
		k.fail(path+".entities", textMQTTEntities, textEntityMend)
	}
	k.entities(path+".entities", m)
	k.unique(path, "mqtt", strings.Join([]string{m.Kind, m.Base, m.Pattern, m.Profile, name.value}, " "))
}

// mqttUnused reports keys that belong to another kind.
func (k *checker) mqttUnused(path, used string, m *MQTT) {
	for _, x := range []struct {
		key   string
		there bool
		kinds []string
	}{
		{"device", m.Device != "", nil}, {"topic", m.Topic != "", nil}, {"node", m.Node != "", nil},
		{"base", m.Base != "", []string{MQTTZigbee, MQTTHomeAssistant}}, {"full_topic", m.Pattern != "", []string{MQTTTasmota}},
		{"profile", m.Profile != "", []string{MQTTProfile}}, {"entities", len(m.Entities) > 0, []string{MQTTTasmota, MQTTESPHome}},
	} {
		if x.there && x.key != used && !slices.Contains(x.kinds, m.Kind) {
			k.fail(path+"."+x.key, conf.Say(textMQTTUnused, m.Kind), textRemove)
		}
	}
}

// entities checks what is said of a device's parts.
func (k *checker) entities(path string, m *MQTT) {
	for _, name := range slices.Sorted(maps.Keys(m.Entities)) {
		at := path + "." + name
		if !slices.Contains(MQTTMetrics(), m.Entities[name]) {
			k.fail(at, textNotOneOf, conf.DidYouMean(m.Entities[name], MQTTMetrics()))
		}
		switch m.Kind {
		case MQTTTasmota:
			if !tasmotaSwitch(name) {
				k.fail(at, textEntitySwitch, hall.Text{})
			}
		case MQTTESPHome:
			if strings.Count(name, "/") != 1 || !validTopic(name) {
				k.fail(at, textEntityObject, textEntityMend)
			}
		}
	}
}

// maxSwitches is how many switches a Tasmota device has at most.
const maxSwitches = 32

func tasmotaSwitch(name string) bool {
	for n := 1; n <= maxSwitches; n++ {
		if name == "Switch"+strconv.Itoa(n) {
			return true
		}
	}
	return false
}
