package agent

import (
	"hallpulse/edge/config"
	driven "hallpulse/edge/driver/machine"
)

func machineFamilies() map[config.Driver]constructor {
	return map[config.Driver]constructor{config.ReachMachine: newReach, config.SNMPMachine: newSNMP}
}

func newReach(_ *Agent, d *config.Device, _ *prepared) built {
	c := d.Reach
	o := driven.ReachOptions{Interval: c.Interval, Timeout: c.Timeout}
	if c.Ping != "" {
		o.Probes = append(o.Probes, driven.Ping{Host: c.Ping})
	}
	for _, address := range c.TCP {
		o.Probes = append(o.Probes, driven.TCP{Address: address})
	}
	if c.Web != "" {
		o.Probes = append(o.Probes, driven.Web{URL: c.Web, Contains: c.Contains, Insecure: c.Insecure})
	}
	return driven.NewReach(o)
}

func newSNMP(_ *Agent, d *config.Device, _ *prepared) built {
	c := d.SNMP
	return driven.NewSNMP(driven.SNMPOptions{
		Address: c.Address, Version: c.Version, Community: c.Community.Reveal(), User: c.User, Auth: c.Auth.Reveal(), Privacy: c.Privacy.Reveal(),
		Kind: driven.Kind(c.Kind), Ports: c.Ports, Interval: c.Interval,
	})
}
