package present_test

import (
	"slices"
	"testing"
	"time"

	"hallpulse/dashboards"
	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
	"hallpulse/hub/web/present"
)

var now = time.Date(2026, 11, 24, 1, 41, 0, 0, time.UTC) // 09:41 at UTC+8

func presenter(t *testing.T) *present.Presenter {
	t.Helper()
	cat, err := present.LoadCatalog(dashboards.Messages())
	if err != nil {
		t.Fatal(err)
	}
	return present.New(cat, func(s hall.State, _ hall.Hall, now time.Time) present.Verdict {
		if present.Minutes(s.Queue.Oldest, now) >= 30 {
			return present.Verdict{Level: present.Act}
		}
		return present.Verdict{Level: present.OK}
	})
}

func view(id hall.HallID, waiting int, wait time.Duration) live.View {
	v := live.View{Desc: hall.Hall{ID: id, Devices: []hall.Device{{ID: "d"}, {ID: "e"}}}, Link: live.LinkOnline}
	v.State.Queue.Waiting, v.State.Ratings.Counts = waiting, [5]int{1, 0, 0, 0, 2}
	if waiting > 0 {
		v.State.Queue.Oldest = now.Add(-wait)
	}
	v.State.Devices.Devices = []hall.DeviceState{{ID: "d", Health: hall.HealthOK}, {ID: "e", Health: hall.HealthStuck}}
	return v
}

func TestCountyDoesNotCountWhatIsNotHeard(t *testing.T) {
	lost := view("lost", 50, time.Hour)
	lost.Link, lost.Heard = live.LinkLost, now.Add(-time.Hour)
	c := presenter(t).County([]live.View{view("quiet", 2, time.Minute), lost, view("busy", 9, 31*time.Minute)}, present.Chinese, now)
	if c.Waiting != 11 || c.OldestMin != 31 || c.Abnormal != 2 || c.Devices != 4 || c.Missing != 1 || c.GoodRate != "66%" || c.Bad != 2 {
		t.Errorf("county is %+v", c)
	}
	if got := c.Order(); !slices.Equal(got, []string{"busy", "lost", "quiet"}) {
		t.Errorf("order is %v, want worst first", got)
	}
}

func TestDevicesOfALostGatewayAreNotKnown(t *testing.T) {
	v := view("a", 0, 0)
	rows := presenter(t).Devices(v, present.English, now)
	if rows[0].ID != "e" || rows[0].Level != present.Act || rows[1].Level != present.OK {
		t.Errorf("devices are %+v, want e first", rows)
	}
	v.Link, v.Heard = live.LinkLost, now.Add(-10*time.Minute)
	for _, d := range presenter(t).Devices(v, present.English, now) {
		if d.Level != present.Unknown || d.Reason != "Gateway lost" || d.AsOf != "09:31" {
			t.Errorf("device is %+v", d)
		}
	}
}

func TestNumbersInWords(t *testing.T) {
	p := presenter(t)
	for d, want := range map[time.Duration]string{-time.Second: "0 秒", 40 * time.Second: "40 秒", 32*time.Minute + 59*time.Second: "32 分钟", 3*time.Hour + 5*time.Minute: "3 小时 5 分", 72 * time.Hour: "3 天"} {
		if got := p.Duration(present.Chinese, d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	if got := present.Percent(199, 200); got != "99%" {
		t.Errorf("199 of 200 is %s: 100%% must mean all", got)
	}
	if got := present.Percent(0, 0); got != present.None {
		t.Errorf("none of none is %s", got)
	}
	loc := (&hall.Hall{}).Location()
	if got := p.Date(present.Chinese, now, loc) + " " + present.ClockDay(now, now, loc) + " " + present.ClockDay(now.Add(-24*time.Hour), now, loc); got != "11月24日 周二 09:41 11-23 09:41" {
		t.Errorf("times are %q", got)
	}
	if m := present.Minutes(now.Add(time.Minute), now); m != 0 {
		t.Errorf("a wait that begins in the future is %d minutes", m)
	}
}

func TestAlertsInOrder(t *testing.T) {
	p := presenter(t)
	at := func(id string, s alert.Status, severity string, ago time.Duration) present.Alert {
		return p.Alert(alert.Incident{ID: id, Hall: "a", Rule: alert.WaitTooLong, Severity: severity, Value: 1920, Limit: 1800, Status: s, Since: now.Add(-ago)}, live.View{}, false, present.Chinese, now)
	}
	rows := []present.Alert{at("old", alert.Resolved, "act", 2*time.Hour), at("taken", alert.Acknowledged, "act", time.Hour), at("resolved", alert.Resolved, "act", time.Hour), at("lesser", alert.Firing, "attention", time.Hour), at("worst", alert.Firing, "act", time.Minute)}
	present.SortAlerts(rows)
	rows[3].Ended, rows[4].Ended = now.Add(-time.Minute), now // the older one lasted longer
	present.SortAlerts(rows)
	var got []string
	for _, r := range rows {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, []string{"worst", "lesser", "taken", "old", "resolved"}) {
		t.Errorf("order is %v", got)
	}
	if rows[0].Value != "32 分钟（限 30）" {
		t.Errorf("value is %q", rows[0].Value)
	}
}

func TestPlural(t *testing.T) {
	cat, err := present.LoadCatalog(dashboards.Messages())
	if err != nil {
		t.Fatal(err)
	}
	if got := cat.Plural("en", "headline.act", 1) + cat.Plural("en", "headline.act", 2); got != "1 hall needs action: 2 halls need action: " {
		t.Errorf("got %q", got)
	}
	if got := cat.T("xx", "no.such.key"); got != "no.such.key" {
		t.Errorf("a missing key is %q", got)
	}
}

// TestNothingMeasured: where nobody counts there is no figure, neither of a hall nor in the county's sum.
func TestNothingMeasured(t *testing.T) {
	v := live.View{Desc: hall.Hall{ID: "station", Devices: []hall.Device{{ID: "cam", Family: hall.Camera}}}, Link: live.LinkOnline}
	v.Sections = map[hall.Section]time.Time{hall.SectionQueue: now, hall.SectionZones: now, hall.SectionRatings: now, hall.SectionStaff: now, hall.SectionDevices: now}
	h := presenter(t).Hall(v, present.Chinese, now)
	if h.QueueKnown || h.ZonesKnown || h.RatingsKnown || h.StaffKnown || !h.RatingsNone || !h.StaffNone {
		t.Errorf("a hall with a camera alone counts: %+v", h)
	}
	if c := presenter(t).County([]live.View{v}, present.Chinese, now); c.QueueKnown || c.PeopleKnown {
		t.Errorf("its county counts: %+v", c)
	}
	v.Desc.Devices = append(v.Desc.Devices, hall.Device{ID: "disp", Family: hall.Dispenser}, hall.Device{ID: "beam", Family: hall.Occupancy, Zone: "waiting"})
	if c := presenter(t).County([]live.View{v}, present.Chinese, now); !c.QueueKnown || !c.PeopleKnown {
		t.Errorf("with a dispenser and a beam it does not: %+v", c)
	}
}

// TestDegraded: a hall with a device that is counted as abnormal is not called all right.
func TestDegraded(t *testing.T) {
	v := view("a", 0, 0)
	v.State.Devices.Devices[1].Health = hall.HealthDegraded
	h := presenter(t).Hall(v, present.Chinese, now)
	if h.Abnormal != 1 || h.AbnormalLevel != present.Attention || h.Verdict.Level != present.Attention {
		t.Errorf("degraded: %d %s, hall %s", h.Abnormal, h.AbnormalLevel, h.Verdict.Level)
	}
	v.State.Devices.Devices[0].Health = hall.HealthDown
	if h := presenter(t).Hall(v, present.Chinese, now); h.Abnormal != 2 || h.AbnormalLevel != present.Act {
		t.Errorf("degraded and down: %d %s", h.Abnormal, h.AbnormalLevel)
	}
}
