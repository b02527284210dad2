package alert

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/live"
	"hallpulse/hub/store"
)

// memory is a store, a clock and a notifier.
type memory struct {
	rows  map[string]store.IncidentRow
	now   time.Time
	told  []Incident // what was stored to be told
	desc  hall.Hall  // with which the last of it was worded
	woken int
	fail  bool
}

func (m *memory) SaveIncidents(_ context.Context, list []store.IncidentRow, tell ...store.Notice) error {
	if m.fail {
		return errors.New("disk full")
	}
	for _, r := range list {
		m.rows[r.ID] = r
	}
	for _, n := range tell {
		var i Incident
		if err := json.Unmarshal(n.Body, &i); err != nil {
			return err
		}
		m.told = append(m.told, i)
	}
	return nil
}

func (m *memory) ResolvedIncidents(context.Context, int) (out []store.IncidentRow, err error) {
	for _, r := range m.rows {
		if r.Status == string(Resolved) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b store.IncidentRow) int { return b.Resolved.Compare(a.Resolved) })
	return out, nil
}

func (m *memory) OpenIncidents(context.Context) (out []store.IncidentRow, err error) {
	for _, r := range m.rows {
		if r.Status != string(Resolved) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (m *memory) Word(i Incident, d hall.Hall) (Notice, error) {
	m.desc = d
	body, err := json.Marshal(i)
	return Notice{Key: i.ID + string(i.Status), Body: body}, err
}

func (m *memory) Wake() { m.woken++ }

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
	heard := map[hall.Section]time.Time{hall.SectionQueue: {}, hall.SectionDevices: {}}
	v := live.View{Desc: hall.Hall{ID: "a", Name: hall.Text{ZH: "江口镇"}}, Link: link, Sections: heard}
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
	m.at(t, e, time.Second, long(8))
	if l := e.List(); l[0].Value != 8 {
		t.Errorf("8 wait, the alert says %v", l[0].Value)
	}
	m.at(t, e, time.Second, long(7))
	m.want(t, "under the clearing limit", Firing, Resolved)
	if i := m.told[1]; i.Value != 7 || i.Peak != 14 || i.Limit != 10 || i.ResolvedAt.IsZero() {
		t.Errorf("%+v", i)
	}
	if m.woken != 2 {
		t.Errorf("woken %d times for two words", m.woken)
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
	m.at(t, e, 10*time.Second, view(0, hall.HealthUnknown, live.LinkLost))
	m.want(t, "lost", Firing, Firing)
	if m.told[1].Rule != GatewayLost {
		t.Errorf("%+v", m.told[1])
	}
	m.at(t, e, time.Minute, long(3))
	m.want(t, "back", Firing, Firing, Resolved, Resolved)
}

// TestGatewayIsLostSinceItsLastWord: one that fell silent is told as soon as it is known to be lost, one that said goodbye and
// is back in time is not.
func TestGatewayIsLostSinceItsLastWord(t *testing.T) {
	lost := func(m *memory, heard time.Time) live.View {
		v := view(0, hall.HealthUnknown, live.LinkLost)
		v.Heard = heard
		return v
	}
	m := newMemory()
	e := m.engine(t)
	m.at(t, e, time.Hour, lost(m, m.now.Add(time.Hour-live.LostAfter)))
	m.want(t, "silent", Firing)
	if i := m.told[0]; i.FiredAt.Sub(i.Since) != live.LostAfter {
		t.Errorf("lost since %v, told at %v", i.Since, i.FiredAt)
	}

	m = newMemory()
	e = m.engine(t)
	m.at(t, e, 0, lost(m, m.now.Add(-48*time.Hour)))
	m.want(t, "nobody listened for two days")
	m.at(t, e, 10*time.Second, lost(m, m.now.Add(-48*time.Hour)))
	m.want(t, "lost since this program listens", Firing)
	if i := m.told[0]; i.FiredAt.Sub(i.Since) != 10*time.Second {
		t.Errorf("lost since %v, told at %v", i.Since, i.FiredAt)
	}

	m = newMemory()
	e = m.engine(t)
	goodbye := m.now
	m.at(t, e, 0, lost(m, goodbye))
	m.at(t, e, 9*time.Second, lost(m, goodbye))
	m.at(t, e, time.Second/2, long(0))
	m.want(t, "started again")
	m.at(t, e, time.Second, lost(m, m.now))
	goodbye = m.now.Add(-time.Second)
	m.at(t, e, 9*time.Second, lost(m, goodbye))
	m.want(t, "away for good", Firing)
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
	if l := m.engine(t).List(); len(l) != 1 || l[0].Status != Resolved {
		t.Errorf("history after another restart: %+v", l)
	}
}

// TestNotTold: a gateway that comes back says that it is there before it says how long its queue is. The county's program
// started meanwhile, so that queue is not known; it is not short.
func TestNotTold(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	m.at(t, e, 0, long(12))
	m.at(t, e, time.Minute, long(12))
	if _, err := e.Acknowledge(t.Context(), m.told[0].ID, "li"); err != nil {
		t.Fatal(err)
	}
	e = m.engine(t)
	born := long(0)
	born.Sections = map[hall.Section]time.Time{hall.SectionGateway: {}}
	m.at(t, e, time.Second, born)
	m.at(t, e, time.Second, long(12))
	m.want(t, "the queue was long all the time", Firing, Acknowledged)
	if l := e.List(); len(l) != 1 || l[0].Status != Acknowledged {
		t.Errorf("%+v", l)
	}
}

// TestRetired: of a hall that nobody waits for any more no incident stays, after a restart neither.
func TestRetired(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	m.at(t, e, 0, long(12))
	m.at(t, e, time.Minute, long(12))
	m.at(t, e, time.Second, view(12, hall.HealthDown, live.LinkLost))
	m.at(t, e, 10*time.Second, view(12, hall.HealthDown, live.LinkLost))
	m.want(t, "open", Firing, Firing)
	e = m.engine(t)
	m.at(t, e, time.Second, view(0, hall.HealthUnknown, live.LinkNever))
	m.want(t, "not heard since the restart", Firing, Firing)
	m.at(t, e, time.Second, view(0, hall.HealthUnknown, live.LinkRetired))
	m.at(t, e, time.Minute, view(0, hall.HealthUnknown, live.LinkRetired))
	m.want(t, "retired", Firing, Firing, Resolved, Resolved)
	for _, i := range e.List() {
		if i.Status != Resolved || i.Ended != EndedRetired {
			t.Errorf("%+v", i)
		}
	}
}

// TestRemoved: nobody will say that a device works again which its hall does not have any more.
func TestRemoved(t *testing.T) {
	m := newMemory()
	e := m.engine(t)
	down := view(0, hall.HealthDown, live.LinkOnline)
	m.at(t, e, 0, down)
	m.at(t, e, time.Minute, down)
	m.want(t, "down", Firing)
	gone := view(0, hall.HealthOK, live.LinkOnline)
	gone.State.Devices.Devices = nil
	gone.Sections = maps.Clone(gone.Sections)
	delete(gone.Sections, hall.SectionDevices)
	m.at(t, e, time.Second, gone)
	m.want(t, "no word of devices yet", Firing)
	gone.Sections[hall.SectionDevices] = m.now
	gone.Desc.Devices = []hall.Device{{ID: "d"}}
	m.at(t, e, time.Second, gone)
	m.want(t, "described, not yet seen", Firing)
	gone.Desc.Devices = nil
	m.at(t, e, time.Second, gone)
	m.want(t, "removed", Firing, Resolved)
	if m.told[1].Ended != EndedRemoved {
		t.Errorf("%+v", m.told[1])
	}
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
	if m.desc.Name.ZH != "江口镇" {
		t.Errorf("the words do not know the hall: %+v", m.desc)
	}
	if _, err := e.Acknowledge(t.Context(), i.ID, "wang"); !errors.Is(err, ErrNotOpen) {
		t.Errorf("twice: %v", err)
	}
	m.at(t, e, time.Second, long(1))
	m.want(t, "still resolves", Firing, Acknowledged, Resolved)
}
