package config

// HikvisionBlocks are the option blocks of terminals and cameras that speak ISAPI.
type HikvisionBlocks struct {
	Hikvision *Hikvision `yaml:"hikvision"`
}

func (b *HikvisionBlocks) blocks() []block {
	return []block{{"hikvision", b.Hikvision != nil}}
}

// Hikvision is not described yet.
type Hikvision struct{}

func hikvisionDrivers() map[Driver]Uses { return nil }

func (k *checker) hikvision(_ string, _ *Device) {}
