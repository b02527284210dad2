package config

// SensorBlocks are the option blocks of sensors of people.
type SensorBlocks struct {
	PIR     *PIR     `yaml:"pir"`
	ToF     *ToF     `yaml:"tof"`
	Thermal *Thermal `yaml:"thermal"`
	Radar   *Radar   `yaml:"radar"`
}

func (b *SensorBlocks) blocks() []block {
	return []block{{"pir", b.PIR != nil}, {"tof", b.ToF != nil}, {"thermal", b.Thermal != nil}, {"radar", b.Radar != nil}}
}

// PIR is not described yet.
type PIR struct{}

// ToF is not described yet.
type ToF struct{}

// Thermal is not described yet.
type Thermal struct{}

// Radar is not described yet.
type Radar struct{}

func sensorDrivers() map[Driver]Uses { return nil }

func (k *checker) sensor(_ string, _ *Device) {}
