package hall

import (
	"slices"
	"strings"
	"time"
)

// State gives what is true at now, every list in configuration order. The book does not change: at the first instant of a
// new day the state is that of an empty hall, and the book follows with the day's first fact.
func (b *Book) State(now time.Time) State {
	s := State{Hall: b.desc.ID, AsOf: now}
	day := b
	if !b.end.IsZero() && !now.Before(b.end) {
		day = NewBook(b.desc, b.epoch)
		day.day, day.start, day.end = dayOf(now, b.loc)
		day.devices = b.devices
	}
	s.Queue, s.Zones, s.Staff, s.Ratings = day.queueState(now), day.zonesState(), day.staff.state(), day.ratings
	s.Devices = day.devicesState()
	return s
}

func (b *Book) queueState(now time.Time) QueueState {
	q := &b.queue
	s := QueueState{
		Day: b.day, Waiting: q.waiting, Issued: q.issued, Served: q.served, NoShows: q.noShows, WaitSum: q.waitSum, WaitCount: q.waits,
		WaitMax: q.waitMax, Gaps: slices.Clone(b.gaps), Estimated: q.unseen || len(b.gaps) > 0 || b.isDeaf(Device.TellsQueue),
	}
	if s.Day == "" {
		s.Day, _, _ = dayOf(now, b.loc)
	}
	for _, id := range b.categories() {
		l := q.lines[id]
		if l == nil {
			l = &line{}
		}
		c := CategoryQueue{ID: id, Waiting: l.waiting, Oldest: l.oldest(), Issued: l.issued, Served: l.served}
		s.Categories = append(s.Categories, c)
		if !c.Oldest.IsZero() && (s.Oldest.IsZero() || c.Oldest.Before(s.Oldest)) {
			s.Oldest = c.Oldest
		}
	}
	for _, id := range b.windowIDs() {
		s.Windows = append(s.Windows, q.windowState(id, now))
	}
	return s
}

func (q *queueBook) windowState(id WindowID, now time.Time) WindowState {
	w := q.windows[id]
	if w == nil {
		return WindowState{ID: id}
	}
	s := WindowState{ID: id, LastCall: w.lastCall, Served: w.served, Since: w.endedAt}
	last := w.lastCall
	if w.endedAt.After(last) {
		last = w.endedAt
	}
	s.Open = !last.IsZero() && now.Sub(last) < WindowIdle
	if w.serving != nil {
		s.Serving, s.Category, s.Since = w.serving.Number, w.serving.Category, w.lastCall
	}
	return s
}

// categories gives the configured categories, then those only tickets know, by name.
func (b *Book) categories() []CategoryID {
	ids := make([]CategoryID, 0, len(b.desc.Categories))
	for _, c := range b.desc.Categories {
		ids = append(ids, c.ID)
	}
	return withRest(ids, b.queue.lines)
}

func (b *Book) windowIDs() []WindowID {
	ids := make([]WindowID, 0, len(b.desc.Windows))
	for _, w := range b.desc.Windows {
		ids = append(ids, w.ID)
	}
	return withRest(ids, b.queue.windows)
}

// withRest appends the keys of m that ids does not have, sorted.
func withRest[K ~string, V any](ids []K, m map[K]V) []K {
	n := len(ids)
	for k := range m {
		if !slices.Contains(ids[:n], k) {
			ids = append(ids, k)
		}
	}
	slices.SortFunc(ids[n:], func(a, b K) int { return strings.Compare(string(a), string(b)) })
	return ids
}

func (b *Book) zonesState() ZonesState {
	ids := make([]ZoneID, 0, len(b.desc.Zones))
	for _, z := range b.desc.Zones {
		if _, counted := b.zones[z.ID]; counted || b.counts(z.ID) {
			ids = append(ids, z.ID)
		}
	}
	var s ZonesState
	for _, id := range withRest(ids, b.zones) {
		z := ZoneState{ID: id, Estimated: len(b.gaps) > 0}
		if known := b.zones[id]; known != nil {
			z = *known
		}
		z.Estimated = z.Estimated || b.isDeaf(func(d Device) bool { return tellsZone(d, id) })
		s.Zones = append(s.Zones, z)
		s.Total += z.People
	}
	return s
}

// counts says whether a device counts the people of a zone.
func (b *Book) counts(id ZoneID) bool {
	return slices.ContainsFunc(b.desc.Devices, func(d Device) bool { return tellsZone(d, id) })
}

func (b *Book) devicesState() DevicesState {
	var s DevicesState
	for _, d := range b.desc.Devices {
		if known := b.devices[d.ID]; known != nil {
			s.Devices = append(s.Devices, *known)
		} else {
			s.Devices = append(s.Devices, DeviceState{ID: d.ID})
		}
	}
	return s
}

// Readings gives the figures of the hall itself at the state's instant, as series of the readings lane.
func (s *State) Readings() []Reading {
	now := s.AsOf
	at := now.Truncate(time.Millisecond)
	var out []Reading
	add := func(m Metric, part string, v float64) {
		out = append(out, Reading{Series: Series{Metric: m, Part: part}, At: at, Value: v})
	}
	wait := func(oldest time.Time) float64 {
		if oldest.IsZero() {
			return 0
		}
		return max(0, now.Sub(oldest).Round(time.Second).Seconds())
	}
	add(MetricWaiting, "", float64(s.Queue.Waiting))
	add(MetricLongestWait, "", wait(s.Queue.Oldest))
	for _, c := range s.Queue.Categories {
		add(MetricWaiting, string(c.ID), float64(c.Waiting))
		add(MetricLongestWait, string(c.ID), wait(c.Oldest))
	}
	open := 0
	for _, w := range s.Queue.Windows {
		if w.Open {
			open++
		}
	}
	add(MetricOpenWindows, "", float64(open))
	add(MetricPeople, "", float64(s.Zones.Total))
	for _, z := range s.Zones.Zones {
		if !z.Unknown {
			add(MetricPeople, string(z.ID), float64(z.People))
		}
	}
	add(MetricPresent, "", float64(len(s.Staff.Present)))
	return out
}
