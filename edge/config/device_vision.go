package config

// VisionBlocks are the option blocks of cameras that tell events.
type VisionBlocks struct {
	ONVIF   *ONVIF   `yaml:"onvif"`
	Frigate *Frigate `yaml:"frigate"`
}

func (b *VisionBlocks) blocks() []block {
	return []block{{"onvif", b.ONVIF != nil}, {"frigate", b.Frigate != nil}}
}

// ONVIF is not described yet.
type ONVIF struct{}

// Frigate is not described yet.
type Frigate struct{}

func visionDrivers() map[Driver]Uses { return nil }

func (k *checker) vision(_ string, _ *Device) {}
