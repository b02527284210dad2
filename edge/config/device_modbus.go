package config

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// ModbusBlocks are the option blocks of displays that speak Modbus RTU.
type ModbusBlocks struct {
	Modbus *Modbus `yaml:"modbus"`
}

func (b *ModbusBlocks) blocks() []block {
	return []block{{"modbus", b.Modbus != nil}}
}

// ModbusDisplay is the driver of a bus of displays that speak Modbus RTU.
const ModbusDisplay Driver = "modbus-display"

// Ways to read a bus of displays, and encodings of a number in registers.
const (
	ModbusOverhear = "overhear" // the queue system is the master
	ModbusPoll     = "poll"     // the gateway is

	ModbusASCII = "ascii"
	ModbusInt   = "int"
	ModbusBCD   = "bcd"
)

// Modbus is how a bus of displays is read and where they keep their number.
type Modbus struct {
	Mode     string        `yaml:"mode" conf:"oneof=overhear|poll"`
	Register int           `yaml:"register" conf:"min=0,max=65535"`     // the first of the number
	Count    int           `yaml:"count" conf:"min=0,max=60"`           // registers; 0: 6 of ascii, 1 of int, 2 of bcd
	Encoding string        `yaml:"encoding" conf:"oneof=ascii|int|bcd"` //
	Prefix   string        `yaml:"prefix" conf:"max=4"`                 // of the tickets, which a display of digits cannot show
	Digits   int           `yaml:"digits" conf:"min=0,max=8"`           // of int and bcd: the least, with leading zeros
	Timeout  time.Duration `yaml:"timeout" conf:"min=20ms,max=5s"`      // the longest time a display takes to answer
	Replies  string        `yaml:"replies" conf:"oneof=heard|none"`     // overhear: none where the wire carries the master alone
	Function int           `yaml:"function" conf:"min=3,max=4"`         // poll: that reads the number
	Interval time.Duration `yaml:"interval" conf:"min=100ms,max=1m"`    // poll: between two questions to a display
	Gap      time.Duration `yaml:"gap" conf:"min=2ms,max=1s"`           // poll: the least pause between frames
	Retries  int           `yaml:"retries" conf:"min=0,max=5"`          // poll: of an unanswered question, at once
}

// Defaults listen to displays of the LED-485 family in text.
func (m *Modbus) Defaults() {
	*m = Modbus{Mode: ModbusOverhear, Register: 0x70, Encoding: ModbusASCII, Timeout: 300 * time.Millisecond, Replies: "heard", Function: 3,
		Interval: time.Second, Gap: 20 * time.Millisecond, Retries: 2}
}

// maxModbus is the highest address of a display on a bus.
const maxModbus = 247

func modbusDrivers() map[Driver]Uses {
	return map[Driver]Uses{
		ModbusDisplay: {Family: hall.Display, Required: []string{"serial"}, Optional: []string{"modbus", "addresses"}, Window: true},
		EscposTCP:     {Family: hall.Dispenser, Required: []string{"proxy"}, Optional: []string{"profile"}},
	}
}

var (
	textModbusPoll     = hall.Text{ZH: "poll 方式需要写明每个屏的地址", EN: "to poll, the address of every display is needed"}
	textModbusPollMend = hall.Text{ZH: "例如 addresses: {1: w1, 2: w2}", EN: "e.g. addresses: {1: w1, 2: w2}"}
	textModbusAddress  = hall.Text{ZH: "Modbus 地址为 1 到 %d", EN: "an address of Modbus is 1 to %d"}
	textModbusRegister = hall.Text{ZH: "%s 方式需要写明寄存器", EN: "the register of an %s is needed"}
	textModbusRegMend  = hall.Text{ZH: "例如 register: 0x88", EN: "e.g. register: 0x88"}
	textModbusInt      = hall.Text{ZH: "int 用 1 或 2 个寄存器", EN: "int takes 1 or 2 registers"}
	textModbusBeyond   = hall.Text{ZH: "寄存器超出 65535", EN: "the registers go beyond 65535"}
	textModbusLetters  = hall.Text{ZH: "只能是字母和数字", EN: "letters and digits only"}
	textModbusParity   = hall.Text{ZH: "Modbus RTU 用 8 个数据位", EN: "Modbus RTU takes 8 data bits"}
)

func (k *checker) modbus(path string, d *Device) {
	k.proxy(path, d)
	if d.Driver == ModbusDisplay {
		k.modbusLine(path, d)
	}
	m := d.Modbus
	if m == nil {
		return
	}
	if m.Mode == ModbusPoll && len(d.Addresses) == 0 && !k.doc.Has(path+".addresses") {
		k.fail(path+".addresses", textModbusPoll, textModbusPollMend)
	}
	path += ".modbus"
	if m.Encoding != ModbusASCII && !k.doc.Has(path+".register") {
		k.fail(path+".register", conf.Say(textModbusRegister, m.Encoding), textModbusRegMend)
	}
	if m.Encoding == ModbusInt && m.Count > 2 {
		k.fail(path+".count", textModbusInt, hall.Text{})
	}
	if m.Register+max(1, m.Count) > 1<<16 {
		k.fail(path+".register", textModbusBeyond, hall.Text{})
	}
	if m.Prefix != "" && !letters(m.Prefix) {
		k.fail(path+".prefix", textModbusLetters, hall.Text{})
	}
}

// modbusLine checks what the protocol wants of the line and of the addresses on it.
func (k *checker) modbusLine(path string, d *Device) {
	for _, a := range slices.Sorted(maps.Keys(d.Addresses)) {
		if a < 1 || a > maxModbus {
			k.fail(path+".addresses."+strconv.Itoa(a), conf.Say(textModbusAddress, maxModbus), textChooseElse)
		}
	}
	if d.Serial != nil && d.Serial.DataBits != 8 {
		k.fail(path+".serial.data_bits", textModbusParity, hall.Text{})
	}
}

// letters says whether s is Latin letters and digits, as the numbers of tickets are.
func letters(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
