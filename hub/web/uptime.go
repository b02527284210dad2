package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"hallpulse/hall"
	"hallpulse/hub/live"
	"hallpulse/hub/report"
)

// week gives the up-time of a hall's devices of the last days. A page without it is better than none.
func (s *Server) week(v live.View, now time.Time) map[hall.DeviceID]hall.Uptime {
	if s.weeks == nil {
		return nil
	}
	ctx, cancel := s.request()
	defer cancel()
	of, err := s.weeks.Hall(ctx, v.Desc, knownUntil(v, now), now)
	if err != nil {
		s.o.Logger.Error("web: up-time", "hall", string(v.Desc.ID), "err", err)
	}
	return of
}

// knownUntil is the instant after which nothing is known of a hall's devices.
func knownUntil(v live.View, now time.Time) time.Time {
	if v.Link == live.LinkOnline {
		return now
	}
	return v.Heard
}

// uptimeJSON is how long a device was in each state, in seconds.
type uptimeJSON struct {
	Hall     hall.HallID   `json:"hall"`
	Day      string        `json:"day,omitempty"`
	Family   hall.Family   `json:"family,omitempty"`
	Device   hall.DeviceID `json:"device,omitempty"`
	OK       float64       `json:"ok"`
	Degraded float64       `json:"degraded"`
	Stuck    float64       `json:"stuck"`
	Down     float64       `json:"down"`
	Unknown  float64       `json:"unknown"`
	Share    *float64      `json:"share"` // of the known time; null: nothing is known
}

// uptimeKey says what is summed into one row.
type uptimeKey struct {
	day    string
	family hall.Family
	device hall.DeviceID
}

var uptimeBy = map[string]func(uptimeKey) uptimeKey{
	"device": func(k uptimeKey) uptimeKey { k.day = ""; return k },
	"day":    func(k uptimeKey) uptimeKey { return k },
	"family": func(k uptimeKey) uptimeKey { return uptimeKey{family: k.family} },
	"hall":   func(uptimeKey) uptimeKey { return uptimeKey{} },
}

func (s *Server) apiUptime(c *fiber.Ctx) error {
	q, err := s.query(c)
	if err != nil {
		return err
	}
	by := uptimeBy[c.Query("by", "device")]
	if by == nil {
		return badParameter("by", "no such sum: "+c.Query("by"), "one of device, day, family, hall")
	}
	if s.o.Uptimes == nil {
		return notFound("uptime", "this hub keeps none")
	}
	now := s.o.Now()
	if q.To.IsZero() || q.To.After(now) {
		q.To = now
	}
	if q.From.IsZero() {
		q.From = q.To.AddDate(0, 0, -report.WeekFor)
	}
	if q.To.Sub(q.From) > report.MaxDays*24*time.Hour {
		return badParameter("from", "too long a time", "at most 370 days")
	}
	var out []uptimeJSON
	for _, v := range s.scoped(c) {
		if c.Query("hall") != "" && string(v.Desc.ID) != c.Query("hall") {
			continue
		}
		rows, err := s.uptime(v, q.From, q.To, by)
		if err != nil {
			return err
		}
		out = append(out, rows...)
	}
	return c.JSON(rows(out, ""))
}

// uptime sums the up-time of a hall's devices, rows in the order of the days and the configuration.
func (s *Server) uptime(v live.View, from, to time.Time, by func(uptimeKey) uptimeKey) ([]uptimeJSON, error) {
	ctx, cancel := s.request()
	defer cancel()
	days, err := report.Devices(ctx, s.o.Uptimes, v.Desc, from, to, knownUntil(v, s.o.Now()))
	if err != nil {
		return nil, err
	}
	families := map[hall.DeviceID]hall.Family{}
	for _, d := range v.Desc.Devices {
		families[d.ID] = d.Family
	}
	sums := map[uptimeKey]*hall.Uptime{}
	var order []uptimeKey
	for _, d := range days {
		k := by(uptimeKey{d.Day, families[d.Device], d.Device})
		if sums[k] == nil {
			sums[k] = &hall.Uptime{}
			order = append(order, k)
		}
		sums[k].Add(d.Uptime)
	}
	out := make([]uptimeJSON, 0, len(order))
	for _, k := range order {
		u := sums[k]
		row := uptimeJSON{Hall: v.Desc.ID, Day: k.day, Family: k.family, Device: k.device, OK: u.OK.Seconds(), Degraded: u.Degraded.Seconds(),
			Stuck: u.Stuck.Seconds(), Down: u.Down.Seconds(), Unknown: u.Unknown.Seconds()}
		if share, ok := u.Share(); ok {
			row.Share = &share
		}
		out = append(out, row)
	}
	return out, nil
}
