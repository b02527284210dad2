// Package mqttdevices is simulated devices on a hall's MQTT broker: a Zigbee motion and a Zigbee door sensor behind Zigbee2MQTT, a
// Tasmota plug, an ESPHome node and a device that describes itself for Home Assistant. They publish through whatever they are
// given, so that they work on any broker.
package mqttdevices

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
)

// Publish gives a message to a broker.
type Publish func(ctx context.Context, topic string, payload []byte, retain bool) error

// Faults of a device; the zero value is one that works.
type Faults struct {
	Offline    bool // says so, as its last will does
	Ghost      bool // its values are retained and old
	Twice      bool // QoS 1: every message comes twice
	Texts      bool // numbers as texts
	Nulls      bool // every value is null
	NeverClear bool // presence never ends
}

// Device is one device. Its methods publish what the real one publishes.
type Device struct {
	publish Publish
	base    string

	mu     sync.Mutex
	faults Faults
}

func newDevice(p Publish, base string) *Device { return &Device{publish: p, base: base} }

// SetFaults says what is wrong with it.
func (d *Device) SetFaults(f Faults) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = f
}

func (d *Device) fault() Faults {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults
}

func (d *Device) say(ctx context.Context, topic, payload string, retain bool) error {
	n := 1
	if d.fault().Twice {
		n = 2
	}
	for range n {
		if err := d.publish(ctx, d.base+topic, []byte(payload), retain); err != nil {
			return fmt.Errorf("mqttdevices: %w", err)
		}
	}
	return nil
}

// object spells values as a device does, with its faults.
func (d *Device) object(m map[string]any) string {
	f := d.fault()
	for k, v := range m {
		switch {
		case f.Nulls:
			m[k] = nil
		case f.Texts:
			m[k] = fmt.Sprint(v)
		}
	}
	b, _ := json.Marshal(m) // plain values
	return string(b)
}

// Zigbee is a device of Zigbee2MQTT.
type Zigbee struct {
	*Device
	name string
}

// NewZigbee gives a device by its friendly name.
func NewZigbee(p Publish, name string) *Zigbee { return &Zigbee{newDevice(p, "zigbee2mqtt/"), name} }

// Link says availability of the bridge and the device, retained.
func (z *Zigbee) Link(ctx context.Context, bridge, device bool) error {
	if err := z.say(ctx, "bridge/state", fmt.Sprintf(`{"state":%q}`, onlineWord(bridge)), true); err != nil {
		return err
	}
	return z.say(ctx, z.name+"/availability", fmt.Sprintf(`{"state":%q}`, onlineWord(device && !z.fault().Offline)), true)
}

// Motion says whether somebody is seen, and the rest that such a sensor says.
func (z *Zigbee) Motion(ctx context.Context, there bool, lux int) error {
	there = there || z.fault().NeverClear
	return z.say(ctx, z.name, z.object(map[string]any{"occupancy": there, "illuminance": lux, "battery": 97, "linkquality": 84, "voltage": 2985}), z.fault().Ghost)
}

// Door says whether a door is open: the sensor's own word is contact, which is the opposite.
func (z *Zigbee) Door(ctx context.Context, open bool) error {
	return z.say(ctx, z.name, z.object(map[string]any{"contact": !open, "battery": 88, "linkquality": 120, "tamper": false}), z.fault().Ghost)
}

// Tamper says that somebody opens the sensor.
func (z *Zigbee) Tamper(ctx context.Context, on bool) error {
	return z.say(ctx, z.name, fmt.Sprintf(`{"contact":true,"tamper":%t}`, on), false)
}

func onlineWord(on bool) string {
	if on {
		return "online"
	}
	return "offline"
}

// Tasmota is a device with Tasmota.
type Tasmota struct {
	*Device
	topic string
}

// NewTasmota gives a plug by its Topic.
func NewTasmota(p Publish, topic string) *Tasmota { return &Tasmota{newDevice(p, ""), topic} }

// Link says its birth or last will, retained.
func (t *Tasmota) Link(ctx context.Context, on bool) error {
	word := "Online"
	if !on || t.fault().Offline {
		word = "Offline"
	}
	return t.say(ctx, "tele/"+t.topic+"/LWT", word, true)
}

// Tele says what it says every five minutes.
func (t *Tasmota) Tele(ctx context.Context, on bool, watts, celsius float64) error {
	power := "OFF"
	if on {
		power = "ON"
	}
	err := t.say(ctx, "tele/"+t.topic+"/STATE", fmt.Sprintf(`{"Time":"1970-01-01T00:00:11","UptimeSec":611,"POWER":%q,"Wifi":{"AP":1,"RSSI":44}}`, power), false)
	if err != nil {
		return err
	}
	return t.say(ctx, "tele/"+t.topic+"/SENSOR", fmt.Sprintf(`{"Time":"1970-01-01T00:00:11","ENERGY":{"Power":%g},"SHT4X":{"Temperature":%g,"Humidity":41},"Switch1":"ON","TempUnit":"C"}`, watts, celsius), false)
}

// Switched says a change at once.
func (t *Tasmota) Switched(ctx context.Context, on bool) error {
	word := "OFF"
	if on {
		word = "ON"
	}
	return t.say(ctx, "stat/"+t.topic+"/POWER", word, false)
}

// ESPHome is a node of ESPHome.
type ESPHome struct{ *Device }

// NewESPHome gives a node by its topic prefix.
func NewESPHome(p Publish, node string) *ESPHome { return &ESPHome{newDevice(p, node+"/")} }

// Link says its birth or last will, retained.
func (e *ESPHome) Link(ctx context.Context, on bool) error {
	return e.say(ctx, "status", onlineWord(on && !e.fault().Offline), true)
}

// State says an entity's state, retained: component/object and the payload.
func (e *ESPHome) State(ctx context.Context, entity, payload string) error {
	return e.say(ctx, entity+"/state", payload, true)
}

// Discovered is a device that describes itself for Home Assistant.
type Discovered struct {
	*Device
	id string
}

// NewDiscovered gives a device by its id.
func NewDiscovered(p Publish, id string) *Discovered { return &Discovered{newDevice(p, ""), id} }

// Describe publishes its description, retained: whole says in one message, else by components with short keys.
func (d *Discovered) Describe(ctx context.Context, whole bool) error {
	if whole {
		return d.say(ctx, "homeassistant/device/"+d.id+"/config", fmt.Sprintf(`{"dev":{"ids":[%q],"name":"Room"},"o":{"name":"board"},
			"availability_topic":"%[1]s/status","state_topic":"%[1]s/state","cmps":{
			"co2":{"p":"sensor","unique_id":"a","device_class":"carbon_dioxide","value_template":"{{ value_json.co2 }}"},
			"door":{"p":"binary_sensor","unique_id":"b","device_class":"door","value_template":"{{ value_json.door }}","payload_on":"open","payload_off":"shut"},
			"odd":{"p":"sensor","unique_id":"c","state_topic":"%[1]s/odd"}}}`, d.id), true)
	}
	if err := d.say(ctx, "homeassistant/sensor/"+d.id+"/co2/config", fmt.Sprintf(`{"~":%q,"stat_t":"~/state","avty_t":"~/status","dev_cla":"carbon_dioxide","val_tpl":"{{ value_json.co2 | float }}"}`, d.id), true); err != nil {
		return err
	}
	return d.say(ctx, "homeassistant/binary_sensor/"+d.id+"/door/config", fmt.Sprintf(`{"~":%q,"stat_t":"~/state","avty_t":"~/status","dev_cla":"door","val_tpl":"{{ value_json['door'] }}","pl_on":"open","pl_off":"shut"}`, d.id), true)
}

// Link says its availability, retained.
func (d *Discovered) Link(ctx context.Context, on bool) error {
	return d.say(ctx, d.id+"/status", onlineWord(on && !d.fault().Offline), true)
}

// State says its state.
func (d *Discovered) State(ctx context.Context, co2 int, open bool) error {
	word := "shut"
	if open {
		word = "open"
	}
	return d.say(ctx, d.id+"/state", d.object(map[string]any{"co2": co2, "door": word}), d.fault().Ghost)
}
