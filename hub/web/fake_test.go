package web

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
	"hallpulse/hub/series"
	"hallpulse/hub/store"
)

// fakeLive keeps views in memory.
type fakeLive struct {
	mu    sync.Mutex
	views map[hall.HallID]live.View
	subs  map[chan live.Event]struct{}
}

func newFakeLive(views ...live.View) *fakeLive {
	f := &fakeLive{views: map[hall.HallID]live.View{}, subs: map[chan live.Event]struct{}{}}
	for _, v := range views {
		f.views[v.Desc.ID] = v
	}
	return f
}

func (f *fakeLive) Get(id hall.HallID) (live.View, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := f.views[id]
	return v, ok
}

func (f *fakeLive) All() []live.View {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.views))
}

func (f *fakeLive) Subscribe() ([]live.View, <-chan live.Event, func()) {
	initial := f.All()
	ch := make(chan live.Event, 256)
	f.mu.Lock()
	f.subs[ch] = struct{}{}
	f.mu.Unlock()
	return initial, ch, func() {
		f.mu.Lock()
		delete(f.subs, ch)
		f.mu.Unlock()
	}
}

// change changes a view and tells it.
func (f *fakeLive) change(id hall.HallID, s hall.Section, with func(*live.View)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := f.views[id]
	v.State.Queue.Categories = slices.Clone(v.State.Queue.Categories)
	v.State.Devices.Devices = slices.Clone(v.State.Devices.Devices)
	with(&v)
	f.views[id] = v
	for ch := range f.subs {
		select {
		case ch <- live.Event{Hall: id, Section: s, View: v}:
		default:
		}
	}
}

// fakeAlerts keeps incidents in memory.
type fakeAlerts struct {
	mu   sync.Mutex
	list []alert.Incident
	subs map[chan alert.Incident]struct{}
}

func newFakeAlerts(list ...alert.Incident) *fakeAlerts {
	return &fakeAlerts{list: list, subs: map[chan alert.Incident]struct{}{}}
}

func (f *fakeAlerts) List() []alert.Incident {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

func (f *fakeAlerts) Acknowledge(_ context.Context, id, by string) (alert.Incident, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		if f.list[i].ID == id {
			if f.list[i].Status != alert.Firing {
				return f.list[i], alert.ErrNotOpen
			}
			f.list[i].Status, f.list[i].AcknowledgedBy, f.list[i].AcknowledgedAt = alert.Acknowledged, by, time.Now()
			for ch := range f.subs {
				ch <- f.list[i]
			}
			return f.list[i], nil
		}
	}
	return alert.Incident{}, alert.ErrUnknown
}

func (f *fakeAlerts) Subscribe() (<-chan alert.Incident, func()) {
	ch := make(chan alert.Incident, 64)
	f.mu.Lock()
	f.subs[ch] = struct{}{}
	f.mu.Unlock()
	return ch, func() {
		f.mu.Lock()
		delete(f.subs, ch)
		f.mu.Unlock()
	}
}

// fakeFacts gives one row of each hall asked for, and remembers the query.
type fakeFacts struct {
	mu   sync.Mutex
	last store.Query
	gaps []store.FactRow
}

func (f *fakeFacts) note(q store.Query) []hall.HallID {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = q
	if q.Halls == nil {
		return []hall.HallID{"jiangkou", "shaxi"}
	}
	return q.Halls
}

func fakePage[T any](ids []hall.HallID, row func(hall.HallID) T) (store.Page[T], error) {
	var p store.Page[T]
	for _, id := range ids {
		p.Items = append(p.Items, row(id))
	}
	return p, nil
}

func (f *fakeFacts) Tickets(_ context.Context, q store.Query) (store.Page[store.TicketRow], error) {
	return fakePage(f.note(q), func(id hall.HallID) store.TicketRow {
		return store.TicketRow{Hall: id, Ticket: hall.Ticket{ID: hall.TicketID{Epoch: 1, Seq: 2}, Number: "A012", Outcome: hall.OutcomeServed, Mark: hall.Corrected}}
	})
}

func (f *fakeFacts) Ratings(_ context.Context, q store.Query) (store.Page[store.RatingRow], error) {
	return fakePage(f.note(q), func(id hall.HallID) store.RatingRow { return store.RatingRow{Hall: id} })
}

func (f *fakeFacts) Punches(_ context.Context, q store.Query) (store.Page[store.PunchRow], error) {
	return fakePage(f.note(q), func(id hall.HallID) store.PunchRow {
		return store.PunchRow{Hall: id, PunchEntry: hall.PunchEntry{Punch: hall.Punch{Skew: 1500 * time.Millisecond}}}
	})
}

func (f *fakeFacts) Passages(_ context.Context, q store.Query) (store.Page[store.PassageRow], error) {
	return fakePage(f.note(q), func(id hall.HallID) store.PassageRow { return store.PassageRow{Hall: id} })
}

func (f *fakeFacts) Gaps(_ context.Context, q store.Query) (store.Page[store.FactRow], error) {
	ids := f.note(q)
	var p store.Page[store.FactRow]
	for _, g := range f.gaps {
		if slices.Contains(ids, g.Hall) {
			p.Items = append(p.Items, g)
		}
	}
	return p, nil
}

type fakeSeries func(series.Range) []series.Result

func (f fakeSeries) Query(_ context.Context, r series.Range) ([]series.Result, error) {
	return f(r), nil
}

type fakeRefusals []store.Refusal

func (f fakeRefusals) Refusals(context.Context) ([]store.Refusal, error) { return f, nil }

// fakeHall describes a hall with two windows' worth of everything.
func fakeHall(id hall.HallID, zh, en string) hall.Hall {
	name := func(zh, en string) hall.Text { return hall.Text{ZH: zh, EN: en} }
	h := hall.Hall{ID: id, Name: name(zh+"便民服务中心", en), Township: name(zh, en), Kind: hall.Center, TimeZone: "Asia/Shanghai"}
	h.Zones = []hall.Zone{{ID: "waiting", Name: name("休息等候区", "Waiting area"), Role: hall.Waiting}, {ID: "self", Name: name("自助服务区", "Self-service"), Role: hall.SelfService}, {ID: "counter", Name: name("窗口服务区", "Counters"), Role: hall.Windows}, {ID: "forms", Name: name("填单区", "Form filling"), Role: hall.FormFilling}}
	h.Categories = []hall.Category{{ID: "social", Name: name("社会保障", "Social security"), Prefix: "A"}, {ID: "medical", Name: name("医疗保障", "Medical insurance"), Prefix: "B"}, {ID: "civil", Name: name("民政事务", "Civil affairs"), Prefix: "C"}, {ID: "household", Name: name("户籍办理", "Household registration"), Prefix: "D"}}
	for i := 1; i <= 6; i++ {
		h.Windows = append(h.Windows, hall.Window{ID: hall.WindowID(fmt.Sprintf("w%d", i)), Name: name(fmt.Sprintf("%d 号窗口", i), fmt.Sprintf("Window %d", i))})
	}
	for _, d := range []struct {
		id     string
		zh, en string
		family hall.Family
		window hall.WindowID
		zone   hall.ZoneID
	}{
		{"dispenser", "取号机", "Ticket printer", hall.Dispenser, "", "self"}, {"display-1", "1 号窗口屏", "Display 1", hall.Display, "w1", ""},
		{"display-2", "2 号窗口屏", "Display 2", hall.Display, "w2", ""}, {"keypad-1", "1 号评价器", "Keypad 1", hall.Keypad, "w1", ""},
		{"keypad-2", "2 号评价器", "Keypad 2", hall.Keypad, "w2", ""}, {"door", "大门计数", "Door counter", hall.Occupancy, "", "waiting"},
		{"camera", "等候区摄像头", "Waiting camera", hall.Camera, "", "waiting"}, {"attendance", "考勤机", "Attendance", hall.Attendance, "", ""},
	} {
		h.Devices = append(h.Devices, hall.Device{ID: hall.DeviceID(d.id), Name: name(d.zh, d.en), Family: d.family, Window: d.window, Zone: d.zone})
	}
	return h
}

// fakeView is a hall that is heard, with n people waiting, the first since oldest.
func fakeView(h hall.Hall, now time.Time, n int, oldest time.Duration) live.View {
	v := live.View{Desc: h, Link: live.LinkOnline, LinkAt: now.Add(-time.Hour), Heard: now, Sections: map[hall.Section]time.Time{}}
	for _, s := range hall.Sections() {
		v.Sections[s] = now
	}
	v.State = hall.State{Hall: h.ID, AsOf: now}
	q := &v.State.Queue
	q.Waiting, q.Issued, q.Served, q.NoShows, q.WaitSum, q.WaitCount, q.WaitMax = n, 64+n, 61, 3, 61*11*time.Minute, 61, 41*time.Minute
	if n > 0 {
		q.Oldest = now.Add(-oldest)
	}
	for i, c := range h.Categories {
		row := hall.CategoryQueue{ID: c.ID, Waiting: (n + 3 - i) / 4, Issued: 16 + i, Served: 15}
		if row.Waiting > 0 {
			row.Oldest = now.Add(-oldest + time.Duration(i)*3*time.Minute)
		}
		q.Categories = append(q.Categories, row)
	}
	for i, w := range h.Windows {
		row := hall.WindowState{ID: w.ID, Open: i < 4, Served: 22 - 3*i}
		if i < 3 {
			row.Serving, row.Category, row.Since = fmt.Sprintf("%s%03d", h.Categories[i].Prefix, 31+i), h.Categories[i].ID, now.Add(-time.Duration(4+3*i)*time.Minute)
		}
		q.Windows = append(q.Windows, row)
	}
	v.State.Zones = hall.ZonesState{Total: n + 9, Zones: []hall.ZoneState{{ID: "waiting", People: n + 2}, {ID: "self", People: 3}, {ID: "counter", People: 4}}}
	for _, d := range h.Devices {
		v.State.Devices.Devices = append(v.State.Devices.Devices, hall.DeviceState{ID: d.ID, Health: hall.HealthOK, Since: now.Add(-5 * time.Hour), LastSeen: now.Add(-20 * time.Second)})
	}
	v.State.Ratings = hall.RatingsState{Counts: [5]int{0, 1, 2, 9, 31}}
	for i := range 5 {
		v.State.Staff.Present = append(v.State.Staff.Present, hall.Presence{Staff: hall.StaffNo(fmt.Sprintf("%d", 1001+i)), Since: now.Add(-time.Duration(100-i) * time.Minute)})
	}
	v.State.Gateway = hall.GatewayState{Boot: 3, Version: "0.1"}
	return v
}
