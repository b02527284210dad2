package agent

import (
	"hallpulse/edge/config"
	"hallpulse/edge/driver/presence"
	"hallpulse/edge/driver/radar"
	"hallpulse/edge/driver/thermal"
	"hallpulse/edge/driver/tof"
	codec "hallpulse/firmware-bridge/radar"
)

func sensorFamilies() map[config.Driver]constructor {
	return map[config.Driver]constructor{
		config.PIRLine: newPIR, config.VL53L1X: newToF, config.AMG8833: newThermal,
		config.LD2410: newRadar(codec.LD2410), config.LD2450: newRadar(codec.LD2450),
	}
}

func newPIR(a *Agent, d *config.Device, _ *prepared) built {
	c := d.PIR
	return presence.New(presence.Options{Pins: a.opts.GPIO, Line: c.Pin, Zone: d.Zone, ActiveLow: c.Active == "low", WarmUp: c.WarmUp, Hold: c.Hold, Stuck: c.Stuck})
}

func newToF(a *Agent, d *config.Device, _ *prepared) built {
	c := config.ToF{}
	c.Defaults()
	if d.ToF != nil {
		c = *d.ToF
	}
	at := place(c.I2C)
	addr := at.At(tof.DefaultAddress)
	return tof.New(tof.Options{Bus: a.i2c(at.Bus, addr), Address: addr, Zone: d.Zone, Height: c.Height, Swap: c.First == "inside"})
}

func newThermal(a *Agent, d *config.Device, _ *prepared) built {
	c := config.Thermal{}
	c.Defaults()
	if d.Thermal != nil {
		c = *d.Thermal
	}
	at := place(c.I2C)
	addr := at.At(thermal.DefaultAddress)
	return thermal.New(thermal.Options{Bus: a.i2c(at.Bus, addr), Address: addr, Zone: d.Zone, Passages: c.Tells == "passages", Swap: c.Upper == "inside"})
}

func newRadar(kind codec.Kind) constructor {
	return func(a *Agent, d *config.Device, _ *prepared) built {
		return radar.New(radar.Options{Port: a.opts.Serial(*d.Serial), Kind: kind, Zone: d.Zone})
	}
}
