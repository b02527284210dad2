package config

import (
	"time"

	"hallpulse/hall"
)

// The drivers of sensors of people.
const (
	PIRLine Driver = "pir"
	VL53L1X Driver = "vl53l1x"
	AMG8833 Driver = "amg8833"
	LD2410  Driver = "ld2410"
	LD2450  Driver = "ld2450"
)

// SensorBlocks are the option blocks of sensors of people.
type SensorBlocks struct {
	PIR     *PIR     `yaml:"pir"`
	ToF     *ToF     `yaml:"tof"`
	Thermal *Thermal `yaml:"thermal"`
}

func (b *SensorBlocks) blocks() []block {
	return []block{{"pir", b.PIR != nil}, {"tof", b.ToF != nil}, {"thermal", b.Thermal != nil}}
}

// PIR is a passive infrared detector on a line of the gateway.
type PIR struct {
	Pin    string        `yaml:"pin" conf:"required"`
	Active string        `yaml:"active" conf:"oneof=high|low"`  // level of the line while something moves
	WarmUp time.Duration `yaml:"warm_up" conf:"min=1s,max=10m"` // after power-on it triggers by itself
	Hold   time.Duration `yaml:"hold" conf:"min=1s,max=1h"`     // somebody who sits still is taken to be there for this long
	Stuck  time.Duration `yaml:"stuck" conf:"min=1m,max=24h"`   // movement without end is a loose wire
}

// Defaults are those of an HC-SR501.
func (p *PIR) Defaults() {
	*p = PIR{Active: "high", WarmUp: time.Minute, Hold: 30 * time.Second, Stuck: 30 * time.Minute}
}

// ToF is a time-of-flight sensor above a door.
type ToF struct {
	I2C    *I2C   `yaml:"i2c"`                               // nil: 0x29 on the machine's first bus
	Height int    `yaml:"height" conf:"min=1000,max=4000"`   // of the sensor above the floor, mm
	First  string `yaml:"first" conf:"oneof=outside|inside"` // where its first half looks
}

// Defaults are those of a door of usual height.
func (t *ToF) Defaults() { *t = ToF{Height: 2300, First: "outside"} }

// Thermal is a thermal array on the ceiling.
type Thermal struct {
	I2C   *I2C   `yaml:"i2c"`                               // nil: 0x69 on the machine's first bus
	Tells string `yaml:"tells" conf:"oneof=count|passages"` // how many are below it, or who crosses the middle of its picture
	Upper string `yaml:"upper" conf:"oneof=outside|inside"` // where the upper edge of its picture is
}

// Defaults count.
func (t *Thermal) Defaults() { *t = Thermal{Tells: "count", Upper: "outside"} }

func sensorDrivers() map[Driver]Uses {
	uses := func(tells hall.Tells, required, optional []string) Uses {
		return Uses{Family: hall.Occupancy, Required: required, Optional: optional, Zone: true, Tells: tells}
	}
	return map[Driver]Uses{
		PIRLine: uses(hall.TellsPresence, []string{"pir"}, nil),
		VL53L1X: uses(hall.TellsPassages, nil, []string{"tof"}),
		AMG8833: uses(hall.TellsCount, nil, []string{"thermal"}),
		LD2410:  uses(hall.TellsPresence, []string{"serial"}, nil),
		LD2450:  uses(hall.TellsCount, []string{"serial"}, nil),
	}
}

var (
	textRadarSpeed = hall.Text{ZH: "这种雷达的速率通常是 256000", EN: "this radar speaks at 256000 baud unless it was changed"}
	textRadarMend  = hall.Text{ZH: "请写 baud: 256000，或按雷达的设置写明速率", EN: "write baud: 256000, or the speed that was set"}
)

func (k *checker) sensor(path string, d *Device) {
	if d.PIR != nil && d.PIR.Pin != "" {
		k.unique(path+".pir.pin", "pin", d.PIR.Pin)
	}
	switch d.Driver {
	case VL53L1X:
		k.i2c(path+".tof.i2c", placeOf(d.ToF, func(t *ToF) *I2C { return t.I2C }), 0x29)
	case AMG8833:
		k.i2c(path+".thermal.i2c", placeOf(d.Thermal, func(t *Thermal) *I2C { return t.I2C }), 0x69, 0x68)
	case LD2410, LD2450:
		if d.Serial != nil && d.Serial.Baud == 9600 { // the default of everything else
			k.fail(path+".serial.baud", textRadarSpeed, textRadarMend)
		}
	}
}

// placeOf gives a block's place on an I2C bus, which the file need not name.
func placeOf[T any](block *T, of func(*T) *I2C) *I2C {
	if block != nil {
		if at := of(block); at != nil {
			return at
		}
	}
	return &I2C{}
}

// Telling gives what a device tells of the people in its zone, where its options decide.
func (d *Device) Telling() hall.Tells {
	if d.Driver == AMG8833 && d.Thermal != nil && d.Thermal.Tells == "passages" {
		return hall.TellsPassages
	}
	return Drivers()[d.Driver].Tells
}
