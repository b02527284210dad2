// Package report makes figures over time from what is stored, each with how much of the time it knows.
package report

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/store"
)

// MaxDays is the longest stretch of a report.
const MaxDays = 370

// Store gives what the figures are made of.
type Store interface {
	DeviceChanges(ctx context.Context, id hall.HallID, from, to time.Time) (map[hall.DeviceID][]hall.DeviceEntry, error)
	Gaps(ctx context.Context, q store.Query) (store.Page[store.FactRow], error)
}

// DayUptime is the up-time of a device in the opening hours of one local day.
type DayUptime struct {
	Day    string
	Device hall.DeviceID
	hall.Uptime
}

// Devices gives the up-time of every configured device of a hall, for each day from from to to with opening hours, within
// those hours. until is when the hall was heard last: nothing is known after it.
func Devices(ctx context.Context, s Store, desc hall.Hall, from, to, until time.Time) ([]DayUptime, error) {
	changes, err := s.DeviceChanges(ctx, desc.ID, from, to)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	gaps, err := gapsOf(ctx, s, desc.ID, from, to)
	if err != nil {
		return nil, err
	}
	hours, loc := desc.Opening(), desc.Location()
	var out []DayUptime
	for _, span := range hours.Between(from, to, loc) {
		for _, d := range desc.Devices {
			out = append(out, DayUptime{Day: span.From.In(loc).Format(time.DateOnly), Device: d.ID,
				Uptime: hall.UptimeOf(changes[d.ID], gaps, []hall.Span{span}, until)})
		}
	}
	return out, nil
}

// gapsOf gives the gaps that began before to and were recorded from a day before from on. A gap is recorded at its end, so that one
// which covers all of the time is among them; the day is for clocks that were set.
func gapsOf(ctx context.Context, s Store, id hall.HallID, from, to time.Time) ([]hall.Gap, error) {
	q := store.Query{Halls: []hall.HallID{id}, From: from.AddDate(0, 0, -1), Limit: store.MaxLimit}
	var out []hall.Gap
	for {
		page, err := s.Gaps(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		for _, row := range page.Items {
			if row.Gap != nil && row.Gap.From.Before(to) {
				out = append(out, *row.Gap)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	slices.SortFunc(out, func(a, b hall.Gap) int { return a.From.Compare(b.From) })
	return out, nil
}

// WeekFor is how many days, today included, the up-time of a page covers.
const WeekFor = 7

// keepFor is how long an answer of Weeks is kept: pages ask again with every change of a device.
const keepFor = 30 * time.Second

// Weeks gives the up-time of the last WeekFor days, and keeps it a moment.
type Weeks struct {
	store Store

	mu   sync.Mutex
	kept map[hall.HallID]week
}

type week struct {
	made time.Time
	of   map[hall.DeviceID]hall.Uptime
}

// NewWeeks gives an empty keeper.
func NewWeeks(s Store) *Weeks { return &Weeks{store: s, kept: map[hall.HallID]week{}} }

// Hall gives the up-time of a hall's devices in the opening hours of the last WeekFor days until now.
func (w *Weeks) Hall(ctx context.Context, desc hall.Hall, until, now time.Time) (map[hall.DeviceID]hall.Uptime, error) {
	w.mu.Lock()
	old, ok := w.kept[desc.ID]
	w.mu.Unlock()
	if ok && now.Sub(old.made).Abs() < keepFor {
		return old.of, nil
	}
	y, m, d := now.In(desc.Location()).Date()
	days, err := Devices(ctx, w.store, desc, time.Date(y, m, d-WeekFor+1, 0, 0, 0, 0, desc.Location()), now, until)
	if err != nil {
		return nil, err
	}
	of := map[hall.DeviceID]hall.Uptime{}
	for _, day := range days {
		u := of[day.Device]
		u.Add(day.Uptime)
		of[day.Device] = u
	}
	w.mu.Lock()
	w.kept[desc.ID] = week{now, of}
	w.mu.Unlock()
	return of, nil
}
