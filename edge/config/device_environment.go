package config

// EnvironmentBlocks are the option blocks of air, contacts, relays and digit chips.
type EnvironmentBlocks struct {
	Digits  *Digits  `yaml:"digits"`
	Air     *Air     `yaml:"air"`
	Contact *Contact `yaml:"contact"`
	Relay   *Relay   `yaml:"relay"`
}

func (b *EnvironmentBlocks) blocks() []block {
	return []block{{"digits", b.Digits != nil}, {"air", b.Air != nil}, {"contact", b.Contact != nil}, {"relay", b.Relay != nil}}
}

// Digits is not described yet.
type Digits struct{}

// Air is not described yet.
type Air struct{}

// Contact is not described yet.
type Contact struct{}

// Relay is not described yet.
type Relay struct{}

func environmentDrivers() map[Driver]Uses { return nil }

func (k *checker) environment(_ string, _ *Device) {}
