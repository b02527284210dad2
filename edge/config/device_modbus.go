package config

// ModbusBlocks are the option blocks of displays that speak Modbus RTU.
type ModbusBlocks struct {
	Modbus *Modbus `yaml:"modbus"`
}

func (b *ModbusBlocks) blocks() []block {
	return []block{{"modbus", b.Modbus != nil}}
}

// Modbus is not described yet.
type Modbus struct{}

func modbusDrivers() map[Driver]Uses { return nil }

func (k *checker) modbus(_ string, _ *Device) {}
