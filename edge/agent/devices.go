package agent

import (
	"maps"

	"hallpulse/edge/config"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/attendance"
	"hallpulse/edge/driver/dispenser"
	"hallpulse/edge/driver/display"
	"hallpulse/edge/driver/keypad"
	"hallpulse/edge/driver/occupancy"
	"hallpulse/edge/supervise"
	"hallpulse/hall"
)

// built is what every constructor gives: a driver that has opened nothing yet, and what is expected of its device.
type built interface {
	driver.Driver
	Expect() driver.Expect
}

// constructor builds the driver of one device.
type constructor func(*Agent, *config.Device, *prepared) built

// families lists the constructor of every driver. There is no other way to register one.
func families() map[config.Driver]constructor {
	all := map[config.Driver]constructor{
		config.SerialDisplay: newDisplay,
		config.EscposSerial:  newDispenser,
		config.SerialKeypad:  newKeypad,
		config.ZktecoPush:    newTerminal,
		config.BeamPair:      newBeam,
	}
	for _, more := range []map[config.Driver]constructor{
		modbusFamilies(), keyFamilies(), hikvisionFamilies(), visionFamilies(),
		sensorFamilies(), environmentFamilies(), mqttFamilies(), machineFamilies(), profiledFamilies(),
	} {
		maps.Copy(all, more)
	}
	return all
}

// devices builds every configured device, in the order of the configuration.
func (a *Agent) devices(ready *prepared) []supervise.Device {
	var out []supervise.Device
	a.shown = display.NewBoard(a.rec.lastShown)
	list := families()
	for i := range a.cfg.Devices {
		d := &a.cfg.Devices[i]
		b := list[d.Driver](a, d, ready)
		expect := b.Expect()
		if d.Silence > 0 {
			expect.Silence = d.Silence
		}
		keeps := keepsItself(d)
		out = append(out, supervise.Device{ID: d.ID, Driver: b, Expect: expect, Keeps: keeps})
	}
	return out
}

// keepsItself says whether a device loses nothing while nobody reads it: it has a memory, or tells no events.
func keepsItself(d *config.Device) bool {
	switch d.Driver {
	case config.ZktecoPush, config.HikvisionTerminal:
		return true
	}
	return d.Family == hall.Camera || d.Family == hall.Environment || d.Family == hall.Machine
}

func newDisplay(a *Agent, d *config.Device, ready *prepared) built {
	return display.New(display.Options{
		Port: a.opts.Serial(*d.Serial), Profile: ready.profiles[d.Profile], Windows: d.Addresses, Window: d.Window, Board: a.shown,
	})
}

func newDispenser(a *Agent, d *config.Device, ready *prepared) built {
	return dispenser.New(dispenser.Options{Port: a.opts.Serial(*d.Serial), Categories: a.cfg.Categories, Layout: ready.layouts[d.Profile]})
}

func newKeypad(a *Agent, d *config.Device, ready *prepared) built {
	return keypad.New(keypad.Options{Port: a.opts.Serial(*d.Serial), Profile: ready.profiles[d.Profile], Windows: d.Addresses, Window: d.Window,
		Stored: a.past.pressed(d.ID)})
}

func newTerminal(a *Agent, d *config.Device, _ *prepared) built {
	h := hall.Hall{TimeZone: d.Zkteco.TimeZone}
	from, _ := d.Zkteco.Prefix() // checked with the configuration
	return a.terminal.Terminal(attendance.TerminalOptions{Serial: d.Zkteco.Serial, Location: h.Location(), From: from})
}

func newBeam(a *Agent, d *config.Device, _ *prepared) built {
	return occupancy.New(occupancy.Options{
		Opener: a.opts.GPIO, Outer: d.Beam.Outer, Inner: d.Beam.Inner, Zone: d.Beam.Zone, BrokenHigh: d.Beam.Broken == "high",
	})
}
