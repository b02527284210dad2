package config

// MQTTBlocks are the option blocks of devices on the broker of the hall.
type MQTTBlocks struct {
	MQTT *MQTT `yaml:"mqtt"`
}

func (b *MQTTBlocks) blocks() []block {
	return []block{{"mqtt", b.MQTT != nil}}
}

// MQTT is not described yet.
type MQTT struct{}

func mqttDrivers() map[Driver]Uses { return nil }

func (k *checker) mqtt(_ string, _ *Device) {}
