package agent

import (
	"hallpulse/edge/config"
	"hallpulse/edge/driver/mqttdevice"
	"hallpulse/hall"
)

func mqttFamilies() map[config.Driver]constructor {
	return map[config.Driver]constructor{config.MQTTDevice: newMQTTDevice}
}

func newMQTTDevice(a *Agent, d *config.Device, ready *prepared) built {
	c := d.MQTT
	o := mqttdevice.Options{Broker: a.hallBroker(), Zone: d.Zone, Interval: c.Interval, Stuck: c.Stuck}
	entities := map[string]hall.Metric{}
	for name, metric := range c.Entities {
		entities[name] = hall.Metric(metric)
	}
	switch c.Kind {
	case config.MQTTZigbee:
		return mqttdevice.NewZigbee(o, c.Base, c.Device)
	case config.MQTTTasmota:
		return mqttdevice.NewTasmota(o, c.Pattern, c.Topic, entities)
	case config.MQTTESPHome:
		return mqttdevice.NewESPHome(o, c.Node, entities)
	case config.MQTTHomeAssistant:
		return mqttdevice.NewHomeAssistant(o, c.Base, c.Device)
	}
	return mqttdevice.NewMapped(o, ready.mappings[c.Profile], c.Topic)
}
