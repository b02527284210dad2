package hall

import "slices"

// deaf says whether a device in this state hears nothing: what happens meanwhile is missing from the figures.
func (h Health) deaf() bool { return h == HealthDown || h == HealthStuck }

// tellsZone says whether a zone's figures come from a device.
func tellsZone(d Device, id ZoneID) bool { return d.Zone == id && d.CountsZone() }

// isDeaf says whether a device of these hears nothing now.
func (b *Book) isDeaf(which func(Device) bool) bool {
	return slices.ContainsFunc(b.desc.Devices, func(d Device) bool {
		s := b.devices[d.ID]
		return s != nil && s.Health.deaf() && which(d)
	})
}

// device books the health of a device. The figures of a day in which it heard nothing for a while stay estimates, unless
// nothing had happened yet: halls switch their equipment off for the night.
func (b *Book) device(f *Fact, c *Changes) {
	was := b.devices[f.Device]
	is := &DeviceState{ID: f.Device, Health: f.Change.To, Since: f.At.Wall, Reason: f.Change.Reason}
	b.devices[f.Device] = is
	c.Devices = append(c.Devices, DeviceEntry{Seq: f.Seq, Device: f.Device, From: f.Change.From, To: f.Change.To, Reason: f.Change.Reason,
		At: f.At.Wall, Mark: f.At.Mark})
	c.touch(SectionDevices)
	i := slices.IndexFunc(b.desc.Devices, func(d Device) bool { return d.ID == f.Device })
	if i < 0 || is.Health.deaf() == (was != nil && was.Health.deaf()) {
		return
	}
	switch d := b.desc.Devices[i]; d.Family {
	case Dispenser, Display:
		if !d.TellsQueue() {
			return
		}
		b.queue.unseen = b.queue.unseen || len(b.queue.tickets) > 0
		c.touch(SectionQueue)
	case Occupancy:
		if z := b.zones[d.Zone]; z != nil {
			z.Estimated = true
		}
		c.touch(SectionZones)
	case Keypad, Attendance, Camera, Environment, Machine: // their figures are counts of what was heard, and say nothing of now
	}
}
