package present

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/live"
)

// Device is a device as pages show it.
type Device struct {
	Hall, HallName   string
	ID, Name, Family string
	Place            string // its window or zone
	Health           string // key of its word
	Level            Level
	Reason, Detail   string
	Since, LastSeen  time.Time
	SinceText        string
	LastSeenText     string
	Refused          uint64
	Current          bool   // heard now
	AsOf             string // where it is not
	Uptime           string // 99.2%; empty: nothing is known
	UptimeTitle      string // what it is made of
}

// SetUptime gives the device its up-time.
func (p *Presenter) SetUptime(d *Device, u hall.Uptime, lang string) {
	share, ok := u.Share()
	if !ok {
		return
	}
	d.Uptime = strconv.FormatFloat(math.Floor(share*1000)/10, 'f', 1, 64) + "%" // 99.96 % is not all of it
	d.UptimeTitle = p.cat.T(lang, "uptime.title", p.Duration(lang, u.Known()), p.Duration(lang, u.Known()+u.Unknown))
}

func (p *Presenter) devices(h *Hall, v *live.View, lang string, now time.Time) {
	h.DevicesKnown = known(v, hall.SectionDevices)
	h.Devices = p.Devices(*v, lang, now)
	h.AbnormalLevel = OK
	for _, d := range v.State.Devices.Devices {
		if Abnormal(d.Health) {
			h.Abnormal++
			h.AbnormalLevel = Worse(h.AbnormalLevel, HealthLevel(d.Health))
		}
	}
}

// Devices gives every device of a hall, worst first. A device whose gateway is lost is not known, whatever was last heard.
func (p *Presenter) Devices(v live.View, lang string, now time.Time) []Device {
	loc := v.Desc.Location()
	rows := make([]Device, 0, len(v.Desc.Devices))
	for _, d := range v.Desc.Devices {
		row := Device{
			Hall: string(v.Desc.ID), HallName: v.Desc.Name.In(lang), ID: string(d.ID), Name: d.Name.In(lang),
			Family: string(d.Family), Place: place(&v.Desc, d, lang), Current: v.Link == live.LinkOnline,
		}
		health := hall.HealthUnknown
		if i := slices.IndexFunc(v.State.Devices.Devices, func(s hall.DeviceState) bool { return s.ID == d.ID }); i >= 0 {
			s := v.State.Devices.Devices[i]
			health = s.Health
			row.Reason, row.Detail = p.reasonText(lang, s.Reason)
			row.Since, row.LastSeen, row.Refused = s.Since, s.LastSeen, s.Refused
		}
		if !heard(v.Link) {
			health = hall.HealthUnknown
			row.Reason, row.Detail = p.cat.T(lang, "reason.gateway_lost"), ""
			row.Since = v.LinkAt
			row.AsOf = ClockDay(v.Heard, now, loc)
		}
		row.Health, row.Level = "health."+health.String(), HealthLevel(health)
		row.SinceText, row.LastSeenText = ClockDay(row.Since, now, loc), ClockDay(row.LastSeen, now, loc)
		if row.Name == "" {
			row.Name = row.ID
		}
		rows = append(rows, row)
	}
	SortDevices(rows)
	return rows
}

// deviceRank differs from Level.Rank: a lost gateway makes a dozen devices unknown, which must not hide a broken one.
func deviceRank(l Level) int {
	return slices.Index([]Level{Act, Attention, Unknown, OK}, l)
}

// SortDevices orders devices worst first, then the ones broken longest, then by hall and name.
func SortDevices(rows []Device) {
	slices.SortStableFunc(rows, func(a, b Device) int {
		c := cmp.Compare(deviceRank(a.Level), deviceRank(b.Level))
		if c == 0 && a.Level != OK {
			c = a.Since.Compare(b.Since)
		}
		return cmp.Or(c, cmp.Compare(a.Hall, b.Hall), cmp.Compare(a.ID, b.ID))
	})
}

func place(h *hall.Hall, d hall.Device, lang string) string {
	for _, w := range h.Windows {
		if w.ID == d.Window && d.Window != "" {
			return w.Name.In(lang)
		}
	}
	for _, z := range h.Zones {
		if z.ID == d.Zone && d.Zone != "" {
			return z.Name.In(lang)
		}
	}
	return ""
}
