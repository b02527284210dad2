package technician

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"hallpulse/hall"
)

// chip is a device that may answer at an address.
type chip struct {
	addr   uint16
	what   string
	blocks []string // of the drivers that may read it, with places for bus and address
}

// chips are the devices that halls have, by their usual addresses. Source: their data sheets. Others are not asked: a read may
// move a strange chip.
func chips() []chip {
	at, sht := "{i2c: {bus: %s, address: %#x}}", "{model: sht3x, i2c: {bus: %s, address: %#x}}" // an SHT4x answers there, too
	return []chip{
		{0x29, "VL53L1X", []string{"driver: vl53l1x\n  zone: waiting\n  tof: " + at}},
		{0x33, "MLX90640", []string{"driver: mlx90640\n  zone: waiting\n  thermal: " + at}},
		{0x44, "SHT3x / SHT4x", []string{"driver: sht\n  air: " + sht}},
		{0x45, "SHT3x / SHT4x", []string{"driver: sht\n  air: " + sht}},
		{0x62, "SCD40 / SCD41", []string{"driver: scd4x\n  air: " + at}},
		{0x68, "AMG8833", []string{"driver: amg8833\n  zone: waiting\n  thermal: " + at}},
		{0x69, "AMG8833", []string{"driver: amg8833\n  zone: waiting\n  thermal: " + at}},
		{0x70, "HT16K33", []string{"driver: ht16k33\n  window: w1\n  digits: " + at}},
		{0x76, "BME280", []string{"driver: bme280\n  air: " + at}},
		{0x77, "BME280", []string{"driver: bme280\n  air: " + at}},
	}
}

// The addresses that devices may have (I2C-bus specification UM10204, clause 3.1.12).
const (
	firstI2C = 0x08
	lastI2C  = 0x77
)

// chips are those that are asked.
func (o *Options) chips() []chip {
	known := chips()
	if !o.AllI2C {
		return known
	}
	var all []chip
	for addr := uint16(firstI2C); addr <= lastI2C; addr++ {
		i := slices.IndexFunc(known, func(c chip) bool { return c.addr == addr })
		if i < 0 {
			all = append(all, chip{addr: addr, what: "?"})
			continue
		}
		all = append(all, known[i])
	}
	return all
}

// i2cDevices asks the known addresses on every bus for one byte. A chip that answers is there; what it is, is a guess.
func i2cDevices(ctx context.Context, o *Options) ([]Finding, error) {
	nodes, err := filepath.Glob(o.path("dev/i2c-*"))
	if err != nil {
		return nil, err
	}
	slices.Sort(nodes)
	var out []Finding
	var failed error
	for _, node := range nodes {
		bus := strings.TrimPrefix(filepath.Base(node), "i2c-")
		for _, c := range o.chips() {
			if ctx.Err() != nil {
				return out, nil
			}
			switch there, err := o.answers(bus, c.addr); {
			case there:
				out = append(out, c.finding(bus))
			case err != nil && failed == nil: // the bus itself: one word is enough
				failed = err
			}
		}
	}
	return out, failed
}

// answers reads a byte. An address that does not answer is no error; one that another driver has is there.
func (o *Options) answers(bus string, addr uint16) (bool, error) {
	h, err := o.I2C(bus, addr).OpenI2C()
	if err != nil {
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		return false, nil
	}
	var b [1]byte
	err = h.Tx(addr, nil, b[:])
	if closing := h.Close(); closing != nil {
		return false, closing
	}
	return err == nil, nil
}

func (c chip) finding(bus string) Finding {
	f := Finding{Where: fmt.Sprintf("I2C %s 0x%02X", bus, c.addr), What: c.what, Note: noteKnownBy}
	name := id(fmt.Sprintf("%s-%02x", strings.Fields(c.what)[0], c.addr))
	var blocks []string
	for _, b := range c.blocks {
		blocks = append(blocks, "- id: "+name+"\n  "+fmt.Sprintf(b, bus, c.addr))
	}
	f.Block = propose(blocks...)
	if f.Block == "" {
		f.Note = hall.Text{ZH: noteKnownBy.ZH + "；请查手册中的配置示例", EN: noteKnownBy.EN + "; see the examples of the manual"}
	}
	return f
}
