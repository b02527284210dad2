package config

// MachineBlocks are the option blocks of machines on the network of the hall, and the printer behind the gateway.
type MachineBlocks struct {
	Reach *Reach `yaml:"reach"`
	SNMP  *SNMP  `yaml:"snmp"`
	Proxy *Proxy `yaml:"proxy"`
}

func (b *MachineBlocks) blocks() []block {
	return []block{{"reach", b.Reach != nil}, {"snmp", b.SNMP != nil}, {"proxy", b.Proxy != nil}}
}

// Reach is not described yet.
type Reach struct{}

// SNMP is not described yet.
type SNMP struct{}

func machineDrivers() map[Driver]Uses { return nil }

func (k *checker) machine(_ string, _ *Device) {}
