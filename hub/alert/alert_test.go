package alert

import (
	"context"
	"errors"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/live"
	"hallpulse/hub/store"
)

// memory is a store, a clock and a notifier.
type memory struct {
	rows map[string]store.IncidentRow
	now  time.Time
	told []Incident
	fail bool
}

func (m *memory) SaveIncidents(_ context.Context, list []store.IncidentRow) error {
	if m.fail {
		return errors.New("disk full")
	}
	for _, r := range list {
		m.rows[r.ID] = r
	}
	return nil
}

func (m *memory) OpenIncidents(context.Context) (out []store.IncidentRow, err error) {
	for _, r := range m.rows {
		if r.Status != string(Resolved) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (m *memory) Notify(i Incident, _ live.View) { m.told = append(m.told, i) }

func newMemory() *memory {
	return &memory{rows: map[string]store.IncidentRow{}, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
}

func (m *memory) engine(t *testing.T) *Engine {
	t.Helper()
	e, err := New(t.Context(), Options{Store: m, Notifier: m, Now: func() time.Time { return m.now }})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func view(waiting int, device hall.Health, link live.Link) live.View {
	v := live.View{Desc: hall.Hall{ID: "a"}, Link: link}
	v.State.Queue.Waiting = waiting
	v.State.Devices.Devices = []hall.DeviceState{{ID: "d", Health: device}}
	return v
}

// at judges a view some seconds later.
func (m *memory) at(t *testing.T, e *Engine, after time.Duration, v live.View) {
	t.Helper()
	m.now = m.now.Add(after)
	if err := e.Evaluate(t.Context(), v); err != nil && !m.fail {
		t.Fatal(err)
	}
}

func (m *memory) want(t *testing.T, what string, statuses ...Status) {
	t.Helper()
	if len(m.told) != len(statuses) {
		t.Fatalf("%s: told %+v, want %v", what, m.told, statuses)
	}
	for i, s := range statuses {
		if m.told[i].Status != s {
			t.Errorf("%s: word %d is %s, want %s", what, i, m.told[i].Status, s)
		}
	}
}

func long(n int) live.View { return view(n, hall.HealthOK, live.LinkOnline) }

// TestLife: pending, firing once, in between nothing, resolved once.
func TestLife(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	m.at(t, e, 0, long(12))
	m.at(t, e, 29*time.Second, long(12))
	m.want(t, "before its time")
	m.at(t, e, time.Second, long(13))
	m.want(t, "after it", Firing)
	m.at(t, e, time.Second, long(9))
	m.at(t, e, time.Second, long(14))
	m.want(t, "between the limits", Firing)
	m.at(t, e, time.Second, long(7))
	m.want(t, "under the clearing limit", Firing, Resolved)
	if i := m.told[1]; i.Peak != 14 || i.Limit != 10 || i.ResolvedAt.IsZero() {
		t.Errorf("%+v", i)
	}
	if l := e.List(); len(l) != 1 || l[0].Status != Resolved {
		t.Errorf("list %+v", l)
	}
}

// TestFlapping: a condition that comes and goes before its time never fires.
func TestFlapping(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	for range 10 {
		m.at(t, e, 20*time.Second, long(12))
		m.at(t, e, 20*time.Second, long(8))
	}
	m.want(t, "flapping")
	if len(m.rows) != 0 {
		t.Errorf("%d rows stored", len(m.rows))
	}
}

// TestNoData: a hall that is late or lost keeps its alert as it was.
func TestNoData(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	m.at(t, e, 0, long(12))
	m.at(t, e, time.Minute, long(12))
	m.at(t, e, time.Minute, view(0, hall.HealthOK, live.LinkLate))
	m.want(t, "late", Firing)
	m.at(t, e, time.Minute, view(0, hall.HealthUnknown, live.LinkLost))
	m.at(t, e, time.Second, view(0, hall.HealthUnknown, live.LinkLost))
	m.want(t, "lost", Firing, Firing)
	if m.told[1].Rule != GatewayLost {
		t.Errorf("%+v", m.told[1])
	}
	m.at(t, e, time.Minute, long(3))
	m.want(t, "back", Firing, Firing, Resolved, Resolved)
}

// TestInhibition: of a lost gateway's devices nothing is told; what fired before is marked.
func TestInhibition(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	down := view(0, hall.HealthDown, live.LinkOnline)
	m.at(t, e, 0, down)
	m.at(t, e, 10*time.Second, view(0, hall.HealthDown, live.LinkLost))
	m.at(t, e, time.Minute, view(0, hall.HealthUnknown, live.LinkLost))
	m.want(t, "only the gateway", Firing)
	if m.told[0].Rule != GatewayLost {
		t.Errorf("%+v", m.told)
	}
	m.at(t, e, time.Second, down)
	m.want(t, "gateway back, device still down", Firing, Resolved, Firing)
	m.at(t, e, time.Second, view(0, hall.HealthUnknown, live.LinkLost))
	for _, i := range e.List() {
		if i.Rule == DeviceDown && !i.Suppressed {
			t.Errorf("not suppressed: %+v", i)
		}
	}
}

// TestRestart: what was told before a restart is not told again, and can still be resolved.
func TestRestart(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	m.at(t, e, 0, long(12))
	m.at(t, e, time.Minute, long(12))
	e = m.engine(t)
	m.at(t, e, time.Second, long(12))
	m.want(t, "after the restart", Firing)
	m.at(t, e, time.Second, long(2))
	m.want(t, "resolved", Firing, Resolved)
}

// TestStoreFails: nothing is told before it is stored.
func TestStoreFails(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	m.at(t, e, 0, long(12))
	m.fail = true
	m.at(t, e, time.Minute, long(12))
	m.want(t, "not stored")
	m.fail = false
	m.at(t, e, time.Second, long(12))
	m.want(t, "stored", Firing)
}

func TestAcknowledge(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	events, cancel := e.Subscribe()
	defer cancel()
	m.at(t, e, 0, long(12))
	m.at(t, e, time.Minute, long(12))
	i := <-events
	if _, err := e.Acknowledge(t.Context(), "nobody", "li"); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
	got, err := e.Acknowledge(t.Context(), i.ID, "li")
	if err != nil || got.Status != Acknowledged || got.AcknowledgedBy != "li" || (<-events).Status != Acknowledged {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := e.Acknowledge(t.Context(), i.ID, "wang"); !errors.Is(err, ErrNotOpen) {
		t.Errorf("twice: %v", err)
	}
	m.at(t, e, time.Second, long(1))
	m.want(t, "still resolves", Firing, Acknowledged, Resolved)
}
