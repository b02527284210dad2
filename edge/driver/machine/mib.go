package machine

import (
	"fmt"
	"math"
	"strings"

	"hallpulse/hall"
)

// Objects of the standard MIBs.
const (
	oidUptime = "1.3.6.1.2.1.1.3.0" // SNMPv2-MIB sysUpTime, hundredths of a second

	oidSupplyName  = "1.3.6.1.2.1.43.11.1.1.6.1" // Printer-MIB prtMarkerSuppliesDescription
	oidSupplyMost  = "1.3.6.1.2.1.43.11.1.1.8.1" // prtMarkerSuppliesMaxCapacity
	oidSupplyLevel = "1.3.6.1.2.1.43.11.1.1.9.1" // prtMarkerSuppliesLevel
	oidPrinterBits = "1.3.6.1.2.1.25.3.5.1.2"    // HOST-RESOURCES-MIB hrPrinterDetectedErrorState

	oidBattery = "1.3.6.1.2.1.33.1.2.1.0"     // UPS-MIB upsBatteryStatus
	oidMinutes = "1.3.6.1.2.1.33.1.2.3.0"     // upsEstimatedMinutesRemaining
	oidCharge  = "1.3.6.1.2.1.33.1.2.4.0"     // upsEstimatedChargeRemaining
	oidSource  = "1.3.6.1.2.1.33.1.4.1.0"     // upsOutputSource
	oidLoad    = "1.3.6.1.2.1.33.1.4.4.1.5.1" // upsOutputPercentLoad

	oidPortName = "1.3.6.1.2.1.31.1.1.1.1" // IF-MIB ifName
	oidPortUp   = "1.3.6.1.2.1.2.2.1.8"    // ifOperStatus
)

// maxRows bounds the rows of a table.
const maxRows = 512

// value is one answer: a number or bytes.
type value struct {
	number int64
	text   string
	isText bool
}

// table is rows by the last part of their object's name.
type table map[string]value

// reader asks a machine. client does.
type reader interface {
	get(oids ...string) (map[string]value, error)
	walk(oid string) (table, error)
}

// finding is what a machine says of itself.
type finding struct {
	readings []hallReading
	trouble  []string // code: detail
}

type hallReading struct {
	metric hall.Metric
	part   string
	value  float64
}

func (f *finding) add(m hall.Metric, part string, v float64) {
	f.readings = append(f.readings, hallReading{m, part, v})
}

func (f *finding) bad(format string, args ...any) {
	f.trouble = append(f.trouble, fmt.Sprintf(format, args...))
}

// Kind says what a machine is, and so which objects it has.
type Kind string

// The kinds of machine.
const (
	System  Kind = "system"
	Printer Kind = "printer"
	UPS     Kind = "ups"
	Switch  Kind = "switch"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{System, Printer, UPS, Switch} }

// read reads what a machine of a kind knows.
func read(r reader, k Kind, ports []string) (f finding, err error) {
	v, err := r.get(oidUptime)
	if err != nil {
		return f, err
	}
	if up, ok := v[oidUptime]; ok && !up.isText {
		f.add(hall.MetricUptime, "", float64(up.number)/100)
	}
	switch k {
	case Printer:
		err = printer(r, &f)
	case UPS:
		err = ups(r, &f)
	case Switch:
		err = switchPorts(r, ports, &f)
	case System:
	}
	return f, err
}

// printerTroubles are the bits of hrPrinterDetectedErrorState, the highest first (RFC 2790).
var printerTroubles = []struct {
	mask byte
	word string
}{
	{0x40, "no_paper"}, {0x08, "door_open"}, {0x04, "jammed"}, {0x10, "no_toner"}, {0x02, "offline"}, {0x01, "service_requested"},
}

func printer(r reader, f *finding) error {
	bits, err := r.walk(oidPrinterBits)
	if err != nil {
		return err
	}
	for _, v := range bits {
		if !v.isText || len(v.text) == 0 {
			continue
		}
		b, low := v.text[0], 0.0
		if b&0xC0 != 0 {
			low = 1
		}
		f.add(hall.MetricPaperLow, "", low)
		for _, t := range printerTroubles {
			if b&t.mask != 0 {
				f.bad("%s", t.word)
			}
		}
	}
	return supplies(r, f)
}

// supplies reads how full the toner is. Levels below zero are words: other, unknown, some (RFC 3805).
func supplies(r reader, f *finding) error {
	names, err := r.walk(oidSupplyName)
	if err != nil {
		return err
	}
	most, err := r.walk(oidSupplyMost)
	if err != nil {
		return err
	}
	levels, err := r.walk(oidSupplyLevel)
	if err != nil {
		return err
	}
	for row, level := range levels {
		if level.isText || level.number < 0 || most[row].number <= 0 {
			continue
		}
		name := names[row].text
		if name == "" {
			name = row
		}
		f.add(hall.MetricSupply, short(name), math.Round(100*float64(level.number)/float64(most[row].number)))
	}
	return nil
}

// short keeps a name to what a series may be called.
func short(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(strings.TrimRight(s, "\x00"), ""))
	for len(s) > 60 {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return s
}

func ups(r reader, f *finding) error {
	v, err := r.get(oidBattery, oidMinutes, oidCharge, oidSource, oidLoad)
	if err != nil {
		return err
	}
	number := func(oid string) (float64, bool) {
		x, ok := v[oid]
		return float64(x.number), ok && !x.isText
	}
	if n, ok := number(oidSource); ok {
		on := 0.0
		if n == 5 { // battery
			on = 1
			f.bad("on_battery")
		}
		f.add(hall.MetricOnBattery, "", on)
	}
	if n, ok := number(oidBattery); ok && n >= 3 {
		f.bad("battery_low")
	}
	for oid, m := range map[string]hall.Metric{oidCharge: hall.MetricBattery, oidLoad: hall.MetricLoad} {
		if n, ok := number(oid); ok && n >= 0 {
			f.add(m, "", n)
		}
	}
	if n, ok := number(oidMinutes); ok && n >= 0 {
		f.add(hall.MetricRuntime, "", n*60)
	}
	return nil
}

// switchPorts counts linked ports, and names those that should be linked and are not.
func switchPorts(r reader, wanted []string, f *finding) error {
	names, err := r.walk(oidPortName)
	if err != nil {
		return err
	}
	states, err := r.walk(oidPortUp)
	if err != nil {
		return err
	}
	up, by := 0, map[string]bool{}
	for row, s := range states {
		linked := !s.isText && s.number == 1
		if linked {
			up++
		}
		if n := names[row].text; n != "" {
			by[n] = linked
		}
	}
	f.add(hall.MetricPortsUp, "", float64(up))
	for _, w := range wanted {
		if linked, known := by[w]; !known {
			f.bad("no_port %s", w)
		} else if !linked {
			f.bad("port_down %s", w)
		}
	}
	return nil
}
