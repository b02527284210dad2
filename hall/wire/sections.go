package wire

import "hallpulse/hall"

// The forms in which the sections of a state travel: the types of package hall with times and durations in microseconds.
type (
	queueWire struct {
		Day        string              `cbor:"1,keyasint"`
		Waiting    int                 `cbor:"2,keyasint"`
		Oldest     int64               `cbor:"3,keyasint,omitempty"`
		Issued     int                 `cbor:"4,keyasint"`
		Served     int                 `cbor:"5,keyasint"`
		NoShows    int                 `cbor:"6,keyasint"`
		WaitSum    int64               `cbor:"7,keyasint"`
		WaitCount  int                 `cbor:"8,keyasint"`
		WaitMax    int64               `cbor:"9,keyasint"`
		Categories []categoryQueueWire `cbor:"10,keyasint,omitempty"`
		Windows    []windowWire        `cbor:"11,keyasint,omitempty"`
		Gaps       []gapWire           `cbor:"12,keyasint,omitempty"`
		Estimated  bool                `cbor:"13,keyasint,omitempty"`
	}
	categoryQueueWire struct {
		ID      hall.CategoryID `cbor:"1,keyasint"`
		Waiting int             `cbor:"2,keyasint"`
		Oldest  int64           `cbor:"3,keyasint,omitempty"`
		Issued  int             `cbor:"4,keyasint"`
		Served  int             `cbor:"5,keyasint"`
	}
	windowWire struct {
		ID       hall.WindowID   `cbor:"1,keyasint"`
		Open     bool            `cbor:"2,keyasint"`
		Serving  string          `cbor:"3,keyasint,omitempty"`
		Category hall.CategoryID `cbor:"4,keyasint,omitempty"`
		Since    int64           `cbor:"5,keyasint,omitempty"`
		LastCall int64           `cbor:"6,keyasint,omitempty"`
		Served   int             `cbor:"7,keyasint"`
	}
	zonesWire struct {
		Zones []zoneWire `cbor:"1,keyasint,omitempty"`
		Total int        `cbor:"2,keyasint"`
	}
	zoneWire struct {
		ID        hall.ZoneID `cbor:"1,keyasint"`
		People    int         `cbor:"2,keyasint"`
		In        int         `cbor:"3,keyasint"`
		Out       int         `cbor:"4,keyasint"`
		Ambiguous int         `cbor:"5,keyasint,omitempty"`
		Last      int64       `cbor:"6,keyasint,omitempty"`
		Estimated bool        `cbor:"7,keyasint,omitempty"`
		Counted   bool        `cbor:"8,keyasint,omitempty"`
		Unknown   bool        `cbor:"9,keyasint,omitempty"`
		Drift     int         `cbor:"10,keyasint,omitempty"`
	}
	devicesWire struct {
		Devices []deviceWire `cbor:"1,keyasint,omitempty"`
	}
	deviceWire struct {
		ID       hall.DeviceID `cbor:"1,keyasint"`
		Health   hall.Health   `cbor:"2,keyasint"`
		Since    int64         `cbor:"3,keyasint,omitempty"`
		Reason   hall.Reason   `cbor:"4,keyasint"`
		LastSeen int64         `cbor:"5,keyasint,omitempty"`
		Refused  uint64        `cbor:"6,keyasint,omitempty"`
	}
	staffWire struct {
		Present []presenceWire `cbor:"1,keyasint,omitempty"`
		Punches int            `cbor:"2,keyasint"`
	}
	presenceWire struct {
		Staff  hall.StaffNo  `cbor:"1,keyasint"`
		Since  int64         `cbor:"2,keyasint"`
		Device hall.DeviceID `cbor:"3,keyasint"`
	}
	ratingsWire struct {
		Counts [5]int        `cbor:"1,keyasint"`
		Last   int64         `cbor:"2,keyasint,omitempty"`
		Level  int           `cbor:"3,keyasint,omitempty"`
		Window hall.WindowID `cbor:"4,keyasint,omitempty"`
	}
	measuresWire struct {
		Measures []measureWire `cbor:"1,keyasint,omitempty"`
	}
	measureWire struct {
		Metric hall.Metric   `cbor:"1,keyasint"`
		Device hall.DeviceID `cbor:"2,keyasint"`
		Part   string        `cbor:"3,keyasint,omitempty"`
		Value  float64       `cbor:"4,keyasint"`
		At     int64         `cbor:"5,keyasint"`
	}
)

func queueTo(q *hall.QueueState) *queueWire {
	if q == nil {
		return nil
	}
	return &queueWire{
		Day: q.Day, Waiting: q.Waiting, Oldest: micros(q.Oldest), Issued: q.Issued, Served: q.Served, NoShows: q.NoShows,
		WaitSum: us(q.WaitSum), WaitCount: q.WaitCount, WaitMax: us(q.WaitMax), Estimated: q.Estimated,
		Categories: each(q.Categories, func(c *hall.CategoryQueue) categoryQueueWire {
			return categoryQueueWire{c.ID, c.Waiting, micros(c.Oldest), c.Issued, c.Served}
		}),
		Windows: each(q.Windows, func(w *hall.WindowState) windowWire {
			return windowWire{w.ID, w.Open, w.Serving, w.Category, micros(w.Since), micros(w.LastCall), w.Served}
		}),
		Gaps: each(q.Gaps, func(g *hall.Gap) gapWire { return gapWire{micros(g.From), micros(g.To), g.Reason} }),
	}
}

func (x *times) queue(w *queueWire) *hall.QueueState {
	if w == nil {
		return nil
	}
	return &hall.QueueState{
		Day: w.Day, Waiting: w.Waiting, Oldest: x.at(w.Oldest, "oldest"), Issued: w.Issued, Served: w.Served,
		NoShows: w.NoShows, WaitSum: x.span(w.WaitSum, "wait sum"), WaitCount: w.WaitCount,
		WaitMax: x.span(w.WaitMax, "wait max"), Estimated: w.Estimated,
		Categories: each(w.Categories, func(c *categoryQueueWire) hall.CategoryQueue {
			return hall.CategoryQueue{ID: c.ID, Waiting: c.Waiting, Oldest: x.at(c.Oldest, "oldest"), Issued: c.Issued, Served: c.Served}
		}),
		Windows: each(w.Windows, func(s *windowWire) hall.WindowState {
			return hall.WindowState{
				ID: s.ID, Open: s.Open, Serving: s.Serving, Category: s.Category,
				Since: x.at(s.Since, "since"), LastCall: x.at(s.LastCall, "last call"), Served: s.Served,
			}
		}),
		Gaps: each(w.Gaps, func(g *gapWire) hall.Gap { return *x.gap(g) }),
	}
}

func zonesTo(z *hall.ZonesState) *zonesWire {
	if z == nil {
		return nil
	}
	return &zonesWire{Total: z.Total, Zones: each(z.Zones, func(s *hall.ZoneState) zoneWire {
		return zoneWire{s.ID, s.People, s.In, s.Out, s.Ambiguous, micros(s.Last), s.Estimated, s.Counted, s.Unknown, s.Drift}
	})}
}

func (x *times) zones(w *zonesWire) *hall.ZonesState {
	if w == nil {
		return nil
	}
	return &hall.ZonesState{Total: w.Total, Zones: each(w.Zones, func(s *zoneWire) hall.ZoneState {
		return hall.ZoneState{
			ID: s.ID, People: s.People, In: s.In, Out: s.Out, Ambiguous: s.Ambiguous,
			Last: x.at(s.Last, "last"), Estimated: s.Estimated, Counted: s.Counted, Unknown: s.Unknown, Drift: s.Drift,
		}
	})}
}

func devicesTo(d *hall.DevicesState) *devicesWire {
	if d == nil {
		return nil
	}
	return &devicesWire{each(d.Devices, func(s *hall.DeviceState) deviceWire {
		why := hall.Reason{Code: cut(s.Reason.Code, MaxID), Detail: cut(s.Reason.Detail, MaxText)}
		return deviceWire{s.ID, s.Health, micros(s.Since), why, micros(s.LastSeen), s.Refused}
	})}
}

func (x *times) devices(w *devicesWire) *hall.DevicesState {
	if w == nil {
		return nil
	}
	return &hall.DevicesState{Devices: each(w.Devices, func(s *deviceWire) hall.DeviceState {
		return hall.DeviceState{
			ID: s.ID, Health: s.Health, Since: x.at(s.Since, "since"), Reason: s.Reason,
			LastSeen: x.at(s.LastSeen, "last seen"), Refused: s.Refused,
		}
	})}
}

func staffTo(s *hall.StaffState) *staffWire {
	if s == nil {
		return nil
	}
	return &staffWire{Punches: s.Punches, Present: each(s.Present, func(p *hall.Presence) presenceWire {
		return presenceWire{p.Staff, micros(p.Since), p.Device}
	})}
}

func (x *times) staff(w *staffWire) *hall.StaffState {
	if w == nil {
		return nil
	}
	return &hall.StaffState{Punches: w.Punches, Present: each(w.Present, func(p *presenceWire) hall.Presence {
		return hall.Presence{Staff: p.Staff, Since: x.at(p.Since, "since"), Device: p.Device}
	})}
}

func ratingsTo(r *hall.RatingsState) *ratingsWire {
	if r == nil {
		return nil
	}
	return &ratingsWire{r.Counts, micros(r.Last), r.Level, r.Window}
}

func (x *times) ratings(w *ratingsWire) *hall.RatingsState {
	if w == nil {
		return nil
	}
	return &hall.RatingsState{Counts: w.Counts, Last: x.at(w.Last, "last"), Level: w.Level, Window: w.Window}
}

func measuresTo(m *hall.MeasuresState) *measuresWire {
	if m == nil {
		return nil
	}
	return &measuresWire{each(m.Measures, func(v *hall.Measure) measureWire {
		return measureWire{v.Metric, v.Device, cut(v.Part, MaxID), v.Value, micros(v.At)}
	})}
}

func (x *times) measures(w *measuresWire) *hall.MeasuresState {
	if w == nil {
		return nil
	}
	return &hall.MeasuresState{Measures: each(w.Measures, func(v *measureWire) hall.Measure {
		return hall.Measure{Metric: v.Metric, Device: v.Device, Part: v.Part, Value: v.Value, At: x.at(v.At, "measured")}
	})}
}
