package agent

import (
	"context"
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/driver/hikvision"
	"hallpulse/hall"
)

func hikvisionFamilies() map[config.Driver]constructor {
	return map[config.Driver]constructor{
		config.HikvisionTerminal: newHikvisionTerminal, config.HikvisionCounter: newHikvisionCounter, config.HikvisionQueue: newHikvisionCounter,
	}
}

// openHikvision prepares what all devices that speak ISAPI share, if the hall has any.
func (a *Agent) openHikvision() {
	for _, d := range a.cfg.Devices {
		if d.Hikvision != nil {
			a.hikvision = hikvision.NewServer(hikvision.ServerOptions{
				Addr: a.cfg.Hikvision.Address(), Logger: a.log, Now: func() time.Time { return a.clock.Now().Wall },
			})
			return
		}
	}
}

// HikvisionAddr is where devices of mode listen post; empty while nothing listens there.
func (a *Agent) HikvisionAddr() string {
	if a.hikvision == nil {
		return ""
	}
	if addr := a.hikvision.Addr(); addr != nil {
		return addr.String()
	}
	return ""
}

// serveHikvision listens for devices that post, again after a while where it cannot.
func (a *Agent) serveHikvision(ctx context.Context) {
	if a.hikvision == nil || !a.hikvision.Listens() {
		return
	}
	a.serve(ctx, "hikvision", a.hikvision.Run)
}

// hikvisionOptions gives what every device that speaks ISAPI has.
func hikvisionOptions(a *Agent, d *config.Device) hikvision.DeviceOptions {
	c := d.Hikvision
	h := hall.Hall{TimeZone: c.TimeZone}
	if c.TimeZone == "" {
		h.TimeZone = a.cfg.Hall.TimeZone
	}
	return hikvision.DeviceOptions{
		ID: d.ID, Mode: hikvision.Mode(c.Mode), Token: c.Token.Reveal(), URL: c.URL, Username: c.Username, Password: c.Password.Reveal(),
		Serial: c.Serial, Location: h.Location(), Heartbeat: c.Heartbeat, Interval: c.Interval,
	}
}

func newHikvisionTerminal(a *Agent, d *config.Device, _ *prepared) built {
	return a.hikvision.Terminal(hikvision.TerminalOptions{DeviceOptions: hikvisionOptions(a, d), Granted: d.Hikvision.Granted, History: d.Hikvision.History})
}

func newHikvisionCounter(a *Agent, d *config.Device, _ *prepared) built {
	c := d.Hikvision
	return a.hikvision.Counter(hikvision.CounterOptions{
		DeviceOptions: hikvisionOptions(a, d), Zone: d.Zone, Channel: c.Channel, Region: c.Region, Rule: c.Rule, Reversed: c.Reversed,
		Lines: d.Driver == config.HikvisionQueue,
	})
}
