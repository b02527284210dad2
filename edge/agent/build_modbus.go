package agent

import (
	"maps"
	"slices"

	"hallpulse/edge/config"
	"hallpulse/edge/driver/dispenser"
	"hallpulse/edge/driver/display"
	"hallpulse/edge/driver/modbusdisplay"
	"hallpulse/firmware-bridge/modbus"
)

func modbusFamilies() map[config.Driver]constructor {
	return map[config.Driver]constructor{config.ModbusDisplay: newModbusDisplay, config.EscposTCP: newProxy}
}

func newModbusDisplay(a *Agent, d *config.Device, _ *prepared) built {
	m := d.Modbus
	if m == nil {
		m = &config.Modbus{}
		m.Defaults()
	}
	var addresses []byte
	for _, n := range slices.Sorted(maps.Keys(d.Addresses)) {
		addresses = append(addresses, byte(n)) // checked with the configuration
	}
	return modbusdisplay.New(modbusdisplay.Options{
		Port:      a.opts.Serial(*d.Serial),
		Calls:     display.NewCalls(display.CallsOptions{Windows: d.Addresses, Window: d.Window, Board: a.shown}),
		Addresses: addresses,
		Place: modbusdisplay.Place{Register: uint16(m.Register), Count: m.Count, Encoding: modbusdisplay.Encoding(m.Encoding),
			Function: modbus.Function(m.Function), Prefix: m.Prefix, Digits: m.Digits},
		Poll: m.Mode == config.ModbusPoll, NoReplies: m.Replies == "none",
		Timeout: m.Timeout, Interval: m.Interval, Gap: m.Gap, Retries: m.Retries, Baud: d.Serial.Baud,
	})
}

func newProxy(a *Agent, d *config.Device, ready *prepared) built {
	p := d.Proxy
	return dispenser.NewProxy(dispenser.ProxyOptions{
		Listen: p.Listen, Printer: p.Address(), Categories: a.cfg.Categories, Layout: ready.layouts[d.Profile],
		NoStatus: p.Status == "off", Interval: p.Interval,
	})
}
