package agent

import (
	"fmt"
	"slices"

	"hallpulse/edge/config"
	"hallpulse/edge/driver/profiled"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Texts of a profile that is not what the configuration takes it for.
const (
	zhProfileFamily = "协议文件描述的是 %s，配置写的是 %s；请改正 family"
	enProfileFamily = "the profile is of a %s, the configuration says %s; correct the family"
)

// profiledFamilies gives the constructor of lines that are read by a profile. They share one board: a window may have displays
// on several of them.
func profiledFamilies() map[config.Driver]constructor {
	var board *profiled.Shown
	return map[config.Driver]constructor{config.Profiled: func(a *Agent, d *config.Device, ready *prepared) built {
		if board == nil {
			board = profiled.NewShown(a.rec.lastShown)
		}
		o := profiled.Options{
			Profile: ready.profiles[d.Profile], Windows: d.Addresses, Window: d.Window, Categories: a.cfg.Categories, Board: board,
			Stored: a.past.repeatable(d.ID),
		}
		if t := d.TCP; t != nil {
			from, _ := t.Prefix() // checked with the configuration
			o.TCP = &profiled.TCP{Address: t.Address, Listen: t.Listen, From: from}
		} else {
			o.Port = a.opts.Serial(lineOf(d, o.Profile))
		}
		return profiled.New(o)
	}}
}

// lineOf gives the settings of a serial line: those of the configuration, else those of the profile.
func lineOf(d *config.Device, p *profile.Profile) config.Serial {
	s, usual := *d.Serial, p.Line()
	for _, key := range d.LineSettings {
		switch key {
		case "baud":
			s.Baud = usual.Baud
		case "data_bits":
			s.DataBits = usual.DataBits
		case "parity":
			s.Parity = usual.Parity
		case "stop_bits":
			s.StopBits = usual.StopBits
		}
	}
	return s
}

// profiledFamily compares what the configuration says of a device with the profile that it names, once that is read.
func (p *prepared) profiledFamily(c *config.Config, i int) conf.Errors {
	d := &c.Devices[i]
	prof := p.profiles[d.Profile]
	if d.Driver != config.Profiled || prof == nil || prof.Family() == d.Family {
		return nil
	}
	return conf.Errors{{File: c.File, Path: fmt.Sprintf("devices[%d].family", i), Value: string(d.Family), Message: hall.Text{
		ZH: fmt.Sprintf(zhProfileFamily, prof.Family(), d.Family), EN: fmt.Sprintf(enProfileFamily, prof.Family(), d.Family),
	}}}
}

// mostRepeated bounds what is kept of a device's last facts.
const mostRepeated = 64

// repeatables are the last facts that each device may say again, newest last.
type repeatables map[hall.DeviceID][]hall.Fact

func (r repeatables) note(f *hall.Fact) {
	if f.Rating == nil && f.Ticket == nil || len(f.Raw) == 0 {
		return
	}
	list := r[f.Device]
	if len(list) >= mostRepeated {
		list = slices.Delete(list, 0, 1)
	}
	r[f.Device] = append(list, hall.Fact{At: f.At, Raw: f.Raw})
}

// repeatable gives the frames of a device that were stored at the end of the run before: one that was not answered any more
// says them again.
func (p *past) repeatable(id hall.DeviceID) (out [][]byte) {
	for _, f := range p.said[id] {
		if p.before(&f) < profiled.RepeatTime {
			out = append(out, f.Raw)
		}
	}
	return out
}
