package agent

import (
	"slices"
	"time"

	"hallpulse/edge/panel"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

var _ panel.Source = (*Agent)(nil)

// maxRefusals is how many refusals the page shows.
const maxRefusals = 30

// Describe gives what the hall is made of.
func (a *Agent) Describe() hall.Hall { return a.desc }

// State gives what is true in the hall now.
func (a *Agent) State() hall.State {
	now := a.clock.Now()
	s := a.rec.state(now.Wall)
	s.Gateway = a.gateway(now)
	at := map[hall.DeviceID]int{}
	for i, d := range s.Devices.Devices {
		at[d.ID] = i
	}
	for _, r := range a.sup.Reports() {
		if i, ok := at[r.Device]; ok {
			s.Devices.Devices[i].LastSeen, s.Devices.Devices[i].Refused = onHall(now, r.LastSeen), r.Refused
		}
	}
	return s
}

// onHall puts an instant of the system's clock on the hall's: only its age counts.
func onHall(now hall.Stamp, at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return now.Wall.Add(-time.Since(at)).Truncate(time.Millisecond)
}

// gateway is what the gateway says of itself.
func (a *Agent) gateway(now hall.Stamp) hall.GatewayState {
	full, lost, _ := a.rec.trouble()
	g := hall.GatewayState{
		Boot: a.journal.Boot(), Started: now.Wall.Add(-now.Mono), Version: a.opts.Version, ClockMark: now.Mark,
		ReadingsDropped: a.journal.Dropped(hall.Readings) + lost, DiskFull: full || a.journal.Full(),
	}
	if a.link != nil {
		g.FactsPending, g.ReadingsPending = a.journal.Pending(hall.Facts), a.journal.Pending(hall.Readings)
	}
	return g
}

// Link tells how the way to the county is.
func (a *Agent) Link() panel.Link {
	if a.link == nil {
		return panel.Link{Alone: true}
	}
	s := a.link.Status()
	return panel.Link{Connected: s.Connected && s.County, Since: s.Since, LastAck: s.LastAck, Pending: a.journal.Pending(hall.Facts), Error: s.Error}
}

// Strangers gives the attendance terminals that wait for approval.
func (a *Agent) Strangers() (out []panel.Stranger) {
	if a.terminal == nil {
		return nil
	}
	for _, p := range a.terminal.Pending() {
		out = append(out, panel.Stranger{Serial: p.Serial, Addr: p.Addr.String(), Last: p.Last})
	}
	return out
}

// Terminals gives what the attendance terminals say of themselves, by serial number.
func (a *Agent) Terminals() (out []panel.Terminal) {
	for _, t := range (&hand{a}).look() {
		out = append(out, t.panel())
	}
	return out
}

// Refusals gives what devices said that could not be understood, newest first.
func (a *Agent) Refusals() (out []panel.Refusal) {
	now := a.clock.Now()
	for _, r := range a.sup.Reports() {
		for _, f := range r.Refusals {
			out = append(out, panel.Refusal{Device: r.Device, At: onHall(now, f.At), Reason: f.Reason, Raw: f.Raw})
		}
	}
	slices.SortStableFunc(out, func(a, b panel.Refusal) int { return b.At.Compare(a.At) })
	return out[:min(len(out), maxRefusals)]
}

// section makes the snapshot of one section.
func (a *Agent) section(name hall.Section) func() wire.Snapshot {
	return func() wire.Snapshot {
		s := a.State()
		snap, _ := wire.SectionOf(&s, name)
		snap.AsOf = s.AsOf
		return snap
	}
}

// changed passes on that sections have something new.
func (a *Agent) changed(names ...hall.Section) {
	a.numbers.touched(names)
	if a.tell != nil {
		a.tell(names...)
	}
}

// glance is what changes of a state without any fact.
type glance struct {
	day     string
	open    uint64 // windows, one bit each, more than 64 share
	refused uint64
	full    bool
	mark    hall.Mark
}

// look tells sections that changed by themselves: at midnight, when a window idles, when a device babbles, when the disk
// fills up.
func (a *Agent) look(before glance) glance {
	s := a.State()
	now := glance{day: s.Queue.Day, full: s.Gateway.DiskFull, mark: s.Gateway.ClockMark}
	for i, w := range s.Queue.Windows {
		if w.Open {
			now.open ^= 1 << (i % 64)
		}
	}
	for _, d := range s.Devices.Devices {
		now.refused += d.Refused
	}
	if now.day != before.day {
		a.changed(hall.SectionQueue, hall.SectionZones, hall.SectionStaff, hall.SectionRatings)
	}
	if now.open != before.open {
		a.changed(hall.SectionQueue)
	}
	if now.refused != before.refused {
		a.changed(hall.SectionDevices)
	}
	if now.full != before.full || now.mark != before.mark {
		a.changed(hall.SectionGateway)
	}
	return now
}
