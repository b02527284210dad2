package report

import (
	"context"
	"errors"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/store"
)

var (
	loc  = time.FixedZone("UTC+8", 8*3600)
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, loc) // a Tuesday
)

type kept struct {
	changes map[hall.DeviceID][]hall.DeviceEntry
	gaps    []hall.Gap
	asked   int
	err     error
}

func (k *kept) DeviceChanges(context.Context, hall.HallID, time.Time, time.Time) (map[hall.DeviceID][]hall.DeviceEntry, error) {
	k.asked++
	return k.changes, k.err
}

// Gaps gives one gap a page.
func (k *kept) Gaps(_ context.Context, q store.Query) (store.Page[store.FactRow], error) {
	var p store.Page[store.FactRow]
	i := len(q.Cursor)
	if i < len(k.gaps) {
		p.Items = []store.FactRow{{Hall: "h", Fact: hall.Fact{Kind: hall.KindGap, Gap: &k.gaps[i]}}}
		if i+1 < len(k.gaps) {
			p.Next = q.Cursor + "."
		}
	}
	return p, nil
}

func desc() hall.Hall {
	return hall.Hall{ID: "h", TimeZone: "Asia/Shanghai", Hours: hall.DefaultHours(), Devices: []hall.Device{{ID: "a"}, {ID: "b"}}}
}

func change(d time.Duration, h hall.Health) hall.DeviceEntry {
	return hall.DeviceEntry{At: noon.Add(d), To: h}
}

func TestDevicesByDayInOpeningHours(t *testing.T) {
	k := &kept{changes: map[hall.DeviceID][]hall.DeviceEntry{"a": {change(-100*time.Hour, hall.HealthOK), change(-time.Hour, hall.HealthDown), change(-30*time.Minute, hall.HealthOK)}},
		gaps: []hall.Gap{{From: noon.Add(-20 * time.Hour), To: noon.Add(-19 * time.Hour)}, {From: noon.Add(-10 * time.Minute), To: noon.Add(-5 * time.Minute)}}}
	days, err := Devices(t.Context(), k, desc(), noon.AddDate(0, 0, -3), noon, noon)
	if err != nil {
		t.Fatal(err)
	}
	// Saturday noon to Tuesday noon: Monday and half of Tuesday are open.
	if len(days) != 4 || days[0].Day != "2026-11-23" || days[2].Day != "2026-11-24" || days[2].Device != "a" {
		t.Fatalf("%+v", days)
	}
	// Monday: ok until the gap at 16:00, and nothing told afterwards. Tuesday: nothing known until 11:00, half an hour down, ok until the second gap.
	if want := (hall.Uptime{OK: 7*time.Hour + 30*time.Minute, Unknown: 90 * time.Minute}); days[0].Uptime != want {
		t.Errorf("Monday %+v", days[0])
	}
	if want := (hall.Uptime{OK: 20 * time.Minute, Down: 30 * time.Minute, Unknown: 2*time.Hour + 30*time.Minute + 10*time.Minute}); days[2].Uptime != want {
		t.Errorf("Tuesday %+v", days[2])
	}
	if days[1].Known() != 0 || days[3].Known() != 0 {
		t.Errorf("a device that was never heard: %+v", days)
	}
}

func TestWeeksAreKeptAMoment(t *testing.T) {
	k := &kept{changes: map[hall.DeviceID][]hall.DeviceEntry{"a": {change(-200*time.Hour, hall.HealthOK)}}}
	w := NewWeeks(k)
	for range 3 {
		of, err := w.Hall(t.Context(), desc(), noon, noon)
		if err != nil || of["a"].OK != 4*9*time.Hour+3*time.Hour+30*time.Minute { // Wednesday to Friday, Monday, and until noon
			t.Fatalf("%+v, %v", of, err)
		}
	}
	if k.asked != 1 {
		t.Errorf("asked %d times", k.asked)
	}
	if _, err := w.Hall(t.Context(), desc(), noon, noon.Add(time.Minute)); err != nil || k.asked != 2 {
		t.Errorf("asked %d times, %v", k.asked, err)
	}
	k.err = errors.New("disk")
	if _, err := w.Hall(t.Context(), desc(), noon, noon.Add(time.Hour)); !errors.Is(err, k.err) {
		t.Errorf("got %v", err)
	}
}
