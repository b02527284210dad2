package panel

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

// source is a hall with something of everything.
type source struct {
	link Link
	now  time.Time // of the hall; zero: the system's
	gate hall.GatewayState
	bare bool // it has a camera only
}

func (s source) Describe() hall.Hall {
	return hall.Hall{
		ID: "jiangkou", Name: hall.Text{ZH: "江口镇便民服务中心", EN: "Jiangkou"}, TimeZone: "Asia/Shanghai",
		Windows:    []hall.Window{{ID: "1", Name: hall.Text{ZH: "1号窗口"}}},
		Categories: []hall.Category{{ID: "social", Name: hall.Text{ZH: "社会保障"}, Prefix: "A"}},
		Zones:      []hall.Zone{{ID: "wait", Name: hall.Text{ZH: "休息等候区"}}},
		Devices:    s.devices(),
	}
}

func (s source) devices() []hall.Device {
	list := []hall.Device{{ID: "cam", Name: hall.Text{ZH: "大厅摄像机"}, Family: hall.Camera}}
	if s.bare {
		return list
	}
	return append(list, hall.Device{ID: "bus", Family: hall.Display}, hall.Device{ID: "door", Family: hall.Occupancy}, hall.Device{ID: "zk", Family: hall.Attendance})
}

func (s source) State() hall.State {
	now := s.now
	if now.IsZero() {
		now = time.Now()
	}
	return hall.State{
		Hall: "jiangkou", AsOf: now,
		Queue: hall.QueueState{
			Waiting: 7, Oldest: now.Add(-12*time.Minute - time.Second), Estimated: true,
			Categories: []hall.CategoryQueue{{ID: "social", Waiting: 7}}, Windows: []hall.WindowState{{ID: "1", Open: true, Serving: "A012"}},
		},
		Zones:   hall.ZonesState{Total: 9, Zones: []hall.ZoneState{{ID: "wait", People: 9, In: 20, Out: 11}}},
		Devices: hall.DevicesState{Devices: []hall.DeviceState{{ID: "cam", Health: hall.HealthStuck, Reason: hall.Reason{Code: "frozen"}, Since: now, LastSeen: now, Refused: 41}}},
		Staff:   hall.StaffState{Present: []hall.Presence{{Staff: "20117", Since: now, Device: "zk"}}, Punches: 3},
		Gateway: s.gate,
		Ratings: hall.RatingsState{Counts: [5]int{1, 0, 0, 1, 2}},
	}
}
func (s source) Link() Link { return s.link }
func (s source) Strangers() []Stranger {
	return []Stranger{{Serial: "CEXA000000009", Addr: "192.0.2.9", Last: time.Now()}}
}
func (s source) Terminals() []Terminal {
	if s.bare {
		return nil
	}
	now := s.State().AsOf
	return []Terminal{
		{Device: "zk", Health: hall.HealthOK, Firmware: "Ver 2.0.33S", Users: 57, Records: 1234, Skew: -90 * time.Second, SkewKnown: true, Last: now},
		{Device: "zk-2", Health: hall.HealthDown, Users: -1, Records: -1, Last: now.Add(-72 * time.Hour)},
		{Device: "zk-3", Users: -1, Records: -1},
	}
}
func (s source) Refusals() []Refusal {
	return []Refusal{{Device: "bus", At: time.Now(), Reason: "checksum", Raw: []byte("<script>")}}
}

func get(t *testing.T, p *Panel, path string) (int, string, http.Header) {
	t.Helper()
	rec := httptest.NewRecorder()
	p.routes().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	body, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Code, string(body), rec.Header()
}

func newPanel(t *testing.T, o Options) *Panel {
	t.Helper()
	o.Listen = "127.0.0.1:0"
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestPage(t *testing.T) {
	p := newPanel(t, Options{Source: source{link: Link{Pending: 3}}})
	for path, words := range map[string][]string{
		"/":                {"江口镇便民服务中心", "等候人数", "<b>7</b>", "12 分钟", "A012", "画面不动", "未连接县级平台", "待上传 3", "估计", "75%", "4 次评价", "等候 7 人，最长 12 分钟，1 台设备异常：大厅摄像机", "<th>bus</th>"},
		"/content?lang=en": {"Jiangkou", "waiting", "12 min", "Frozen picture", "not connected to the county"},
	} {
		code, body, head := get(t, p, path)
		if code != http.StatusOK || head.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: status %d, headers %v", path, code, head)
		}
		for _, w := range words {
			if !strings.Contains(body, w) {
				t.Errorf("%s: %q is missing in\n%s", path, w, body)
			}
		}
	}
}

// TestHallsClock: the page goes by the clock of the hall. The system's may stand in 1970 while the county's time is known.
func TestHallsClock(t *testing.T) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	p := newPanel(t, Options{Source: source{now: now}})
	_, body, _ := get(t, p, "/content?lang=en")
	for _, w := range []string{"15:08:09", "12 min"} {
		if !strings.Contains(body, w) {
			t.Errorf("%q is missing in\n%s", w, body)
		}
	}
}

// TestTroubles: what a technician must see is on the page, and nothing of it when there is none.
func TestTroubles(t *testing.T) {
	bad := source{
		link: Link{Error: "not Authorized"},
		gate: hall.GatewayState{DiskFull: true, ReadingsDropped: 12, ClockMark: hall.Unsure},
	}
	_, body, _ := get(t, newPanel(t, Options{Source: bad}), "/content?lang=en")
	for _, w := range []string{"not Authorized", "disk is full", "12", "clock", "CEXA000000009", "192.0.2.9", "41"} {
		if !strings.Contains(body, w) {
			t.Errorf("%q is missing in\n%s", w, body)
		}
	}
	_, body, _ = get(t, newPanel(t, Options{Source: source{link: Link{Alone: true}}}), "/content?lang=en")
	for _, w := range []string{"not connected", "disk is full", "clock is not right"} {
		if strings.Contains(body, w) {
			t.Errorf("%q in\n%s", w, body)
		}
	}
}

// TestNoEquipment: a hall that cannot count has no figure, not a zero.
func TestNoEquipment(t *testing.T) {
	_, body, _ := get(t, newPanel(t, Options{Source: source{bare: true}}), "/content?lang=en")
	for _, w := range []string{"waiting<b>–</b>", "people in the hall<b>–</b>", "open windows<b>–</b>", "staff present<b>–</b>"} {
		if !strings.Contains(body, w) {
			t.Errorf("%q is missing in\n%s", w, body)
		}
	}
}

func TestProbes(t *testing.T) {
	p := newPanel(t, Options{Source: source{}, Ready: func() error { return errors.New("panel: journal full") }})
	if code, _, _ := get(t, p, "/healthz"); code != http.StatusOK {
		t.Errorf("healthz: %d", code)
	}
	if code, body, _ := get(t, p, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "journal full") {
		t.Errorf("readyz: %d %s", code, body)
	}
	_, body, _ := get(t, p, "/state.json")
	var s hall.State
	if err := json.Unmarshal([]byte(body), &s); err != nil || s.Queue.Waiting != 7 {
		t.Errorf("state.json: %v %s", err, body)
	}
}

// TestNobodyIsNamed: nobody logs in at the panel, so it says how many are in, and not who.
func TestNobodyIsNamed(t *testing.T) {
	src := source{now: time.Now()}
	p := newPanel(t, Options{Source: src})
	for _, path := range []string{"/", "/content", "/state.json"} {
		if _, body, _ := get(t, p, path); strings.Contains(body, "20117") {
			t.Errorf("%s gives a staff number: %s", path, body)
		}
	}
	var s hall.State
	_, body, _ := get(t, p, "/state.json")
	if err := json.Unmarshal([]byte(body), &s); err != nil || len(s.Staff.Present) != 1 || s.Staff.Punches != 3 {
		t.Errorf("state.json: %v, %+v", err, s.Staff)
	}
}

// TestCatalogues: both languages have the same words.
func TestCatalogues(t *testing.T) {
	p := newPanel(t, Options{Source: source{}})
	for key := range p.messages["zh"] {
		if p.messages["en"][key] == "" {
			t.Errorf("no English for %s", key)
		}
	}
	if len(p.messages["zh"]) != len(p.messages["en"]) {
		t.Errorf("%d Chinese texts, %d English", len(p.messages["zh"]), len(p.messages["en"]))
	}
}
