package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/auth"
	"hallpulse/hub/auth/authtest"
	"hallpulse/hub/live"
	"hallpulse/hub/series"
)

const testPassword = "correct horse battery"

// bench is a server with invented data, and a token for each role.
type bench struct {
	*Server
	live   *fakeLive
	alerts *fakeAlerts
	facts  *fakeFacts
	auth   *auth.Service
	tokens map[auth.Role]string
}

func newBench(t *testing.T, adapt func(*Options)) *bench {
	t.Helper()
	now := time.Now()
	one := fakeView(fakeHall("jiangkou", "江口镇", "Jiangkou"), now, 14, 32*time.Minute)
	one.State.Devices.Devices[3].Health, one.State.Devices.Devices[3].Reason = hall.HealthDown, hall.Reason{Code: "silent", Detail: "<script>alert(1)</script>"}
	b := &bench{
		live:   newFakeLive(one, fakeView(fakeHall("shaxi", "沙溪镇", "Shaxi"), now, 2, 4*time.Minute)),
		alerts: newFakeAlerts(incident("a1", "jiangkou", alert.Firing), incident("a2", "shaxi", alert.Firing), incident("a3", "jiangkou", alert.Resolved)),
		facts:  &fakeFacts{}, tokens: map[auth.Role]string{},
	}
	keep := authtest.NewMemory()
	b.auth = auth.New(auth.Options{Keeper: keep})
	o := Options{
		Live: b.live, Alerts: b.alerts, Facts: b.facts, Auth: b.auth, Refusals: fakeRefusals{{Who: "x"}}, Version: "1.2.3",
		Series:  fakeSeries(func(r series.Range) []series.Result { return nil }),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }),
	}
	if adapt != nil {
		adapt(&o)
	}
	for _, role := range roles() {
		a := auth.Account{Name: strings.ReplaceAll(string(role), "_", "-"), Role: role}
		if role == auth.HallManager {
			a.Halls = []hall.HallID{"jiangkou"}
		}
		if err := keep.AddAccount(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		token, err := b.auth.CreateToken(t.Context(), a.Name, a.Name, 0)
		if err != nil {
			t.Fatal(err)
		}
		b.tokens[role] = token
	}
	var err error
	if b.Server, err = build(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

func incident(id string, h hall.HallID, s alert.Status) alert.Incident {
	return alert.Incident{ID: id, Hall: h, Rule: alert.WaitTooLong, Severity: "act", Value: 1900, Limit: 1800, Status: s, Since: time.Now().Add(-time.Minute)}
}

func roles() []auth.Role {
	return []auth.Role{auth.HallManager, auth.CountyOfficer, auth.Auditor, auth.Administrator}
}

// do asks without a network.
func (b *bench) do(t *testing.T, r *http.Request) (int, string, http.Header) {
	t.Helper()
	res, err := b.app.Test(r, 5000)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func (b *bench) get(t *testing.T, role auth.Role, path string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+b.tokens[role])
	}
	code, body, _ := b.do(t, r)
	return code, body
}

// TestWhoMayWhat is the matrix of rights: hall_manager of jiangkou, county_officer, auditor, administrator, nobody.
func TestWhoMayWhat(t *testing.T) {
	b := newBench(t, nil)
	fresh := b.alerts.List()
	for _, c := range []struct {
		method, path string
		want         [5]int
	}{
		{"GET", "/healthz", [5]int{200, 200, 200, 200, 200}},
		{"GET", "/readyz", [5]int{200, 200, 200, 200, 200}},
		{"GET", "/login", [5]int{200, 200, 200, 200, 200}},
		{"GET", "/static/app.js", [5]int{200, 200, 200, 200, 200}},
		{"GET", "/", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/halls/jiangkou", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/halls/shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/halls/nowhere", [5]int{404, 404, 404, 404, 401}},
		{"GET", "/devices", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/devices?hall=shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/alerts", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/admin", [5]int{403, 403, 403, 200, 401}},
		{"GET", "/metrics", [5]int{403, 403, 403, 200, 401}},
		{"GET", "/nothing", [5]int{404, 404, 404, 404, 401}},
		{"GET", "/live/events?page=hall&hall=nowhere", [5]int{404, 404, 404, 404, 401}},
		{"GET", "/api/v1/openapi.json", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/api/v1/halls", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/api/v1/halls/jiangkou", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/api/v1/halls/shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/devices", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/api/v1/devices?hall=shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/tickets", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/api/v1/tickets?hall=shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/ratings?hall=shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/punches?hall=shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/passages?hall=shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/gaps?hall=shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/series?hall=shaxi&metric=people&from=2026-11-24T00:00:00Z&to=2026-11-24T01:00:00Z&step=60", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/alerts", [5]int{200, 200, 200, 200, 401}},
		{"GET", "/api/v1/alerts?hall=shaxi", [5]int{404, 200, 200, 200, 401}},
		{"GET", "/api/v1/stream?hall=nowhere", [5]int{404, 404, 404, 404, 401}},
		{"GET", "/api/v1/refusals", [5]int{403, 403, 403, 200, 401}},
		{"GET", "/api/v1/nothing", [5]int{404, 404, 404, 404, 401}},
		{"GET", "/api/v1/tickets?hall=nowhere", [5]int{404, 404, 404, 404, 401}},
		{"POST", "/api/v1/halls", [5]int{405, 405, 405, 405, 401}},
		{"PUT", "/alerts", [5]int{405, 405, 405, 405, 401}},
		{"POST", "/api/v1/alerts/a2/acknowledge", [5]int{404, 200, 403, 200, 401}},
		{"POST", "/api/v1/alerts/a1/acknowledge", [5]int{200, 200, 403, 200, 401}},
		{"POST", "/api/v1/alerts/a3/acknowledge", [5]int{409, 409, 403, 409, 401}},
		{"POST", "/api/v1/alerts/none/acknowledge", [5]int{404, 404, 404, 404, 401}},
	} {
		for i, role := range append(roles(), "") {
			b.alerts.list = slices.Clone(fresh)
			r := httptest.NewRequest(c.method, c.path, nil)
			if role != "" {
				r.Header.Set("Authorization", "Bearer "+b.tokens[role])
			}
			if code, body, _ := b.do(t, r); code != c.want[i] {
				t.Errorf("%s %s as %q: %d, want %d: %.200s", c.method, c.path, role, code, c.want[i], body)
			}
		}
	}
}

// TestScopeOfLists: what a hall's manager gets holds nothing of another hall.
func TestScopeOfLists(t *testing.T) {
	b := newBench(t, nil)
	for _, path := range []string{"/", "/devices", "/alerts", "/api/v1/halls", "/api/v1/devices", "/api/v1/alerts", "/api/v1/tickets", "/api/v1/ratings", "/api/v1/punches", "/api/v1/passages", "/api/v1/gaps"} {
		_, body := b.get(t, auth.HallManager, path)
		if strings.Contains(body, "shaxi") || strings.Contains(body, "沙溪") {
			t.Errorf("%s tells a manager of jiangkou about shaxi", path)
		}
		if _, body := b.get(t, auth.CountyOfficer, path); path != "/api/v1/gaps" && !strings.Contains(body, "shaxi") {
			t.Errorf("%s does not tell an officer about shaxi", path)
		}
	}
}

// TestWrongMethod: the answer is a problem document that tells which methods there are.
func TestWrongMethod(t *testing.T) {
	b := newBench(t, nil)
	r := httptest.NewRequest(http.MethodDelete, "/api/v1/alerts", nil)
	r.Header.Set("Authorization", "Bearer "+b.tokens[auth.Administrator])
	code, body, h := b.do(t, r)
	if code != 405 || h.Get("Content-Type") != "application/problem+json" || !strings.Contains(h.Get("Allow"), "GET") || !strings.Contains(body, `"status":405`) {
		t.Errorf("%d %v %s", code, h, body)
	}
}

func TestProblemsNameParameterAndMend(t *testing.T) {
	b := newBench(t, nil)
	for path, parameter := range map[string]string{
		"/api/v1/tickets?from=yesterday":                                    "from",
		"/api/v1/tickets?limit=0":                                           "limit",
		"/api/v1/tickets?limit=1001":                                        "limit",
		"/api/v1/tickets?from=2026-11-24T01:00:00Z&to=2026-11-24T01:00:00Z": "to",
		"/api/v1/devices?state=sad":                                         "state",
		"/api/v1/alerts?status=odd":                                         "status",
		"/api/v1/series":                                                    "hall",
		"/api/v1/series?hall=jiangkou":                                      "metric",
		"/api/v1/series?hall=jiangkou&metric=people&from=2026-11-24T00:00:00Z&to=2026-11-24T01:00:00Z&step=0.1s": "step",
		"/api/v1/series?hall=jiangkou&metric=people&from=2020-11-24T00:00:00Z&to=2026-11-24T01:00:00Z&step=1":    "step",
		"/live/events?page=none": "page",
	} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+b.tokens[auth.Auditor])
		code, body, h := b.do(t, r)
		var p Problem
		if err := json.Unmarshal([]byte(body), &p); err != nil || code != 400 || p.Parameter != parameter || p.Mend == "" || h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s, want a problem naming %s and its mend", path, code, h.Get("Content-Type"), body, parameter)
		}
	}
}

func TestAPISpellsStatesAndSeconds(t *testing.T) {
	b := newBench(t, nil)
	for path, wants := range map[string][]string{
		"/api/v1/halls/jiangkou":        {`"health":"down"`, `"wait_sum":40260`, `"level":"act"`, `"clock_mark":"sure"`, `"link":"online"`},
		"/api/v1/devices?state=down":    {`"id":"keypad-1"`, `"health":"down"`},
		"/api/v1/tickets?hall=jiangkou": {`"outcome":"served"`, `"mark":"corrected"`, `"number":"A012"`},
		"/api/v1/punches":               {`"skew":1.5`},
		"/api/v1/alerts?status=open":    {`"id":"a1"`, `"id":"a2"`},
		"/api/v1/gaps":                  {`"items":[]`},
	} {
		_, body := b.get(t, auth.CountyOfficer, path)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s: %.300s", path, want, body)
			}
		}
		if strings.Contains(body, `"health":4`) || strings.Contains(body, `"outcome":2`) {
			t.Errorf("%s spells a state as a number", path)
		}
	}
	b.get(t, auth.CountyOfficer, "/api/v1/tickets?hall=shaxi&from=2026-11-24T09:00:00%2B08:00&limit=7&cursor=c")
	want := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	if q := b.facts.last; !q.From.Equal(want) || q.Limit != 7 || q.Cursor != "c" || !slices.Equal(q.Halls, []hall.HallID{"shaxi"}) {
		t.Errorf("query is %+v", q)
	}
}

// session logs in as a browser does.
func (b *bench) session(t *testing.T, name string) string {
	t.Helper()
	if err := b.auth.SetPassword(t.Context(), name, testPassword); err != nil {
		t.Fatal(err)
	}
	r := form("/login", url.Values{"name": {name}, "password": {testPassword}, "next": {"/alerts"}})
	r.Header.Set("Origin", "http://example.com")
	code, body, h := b.do(t, r)
	if code != http.StatusSeeOther || h.Get("Location") != "/alerts" {
		t.Fatalf("login: %d to %q: %.200s", code, h.Get("Location"), body)
	}
	cookie := h.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("cookie %q is not HttpOnly and SameSite=Lax", cookie)
	}
	pair, _, _ := strings.Cut(cookie, ";")
	return pair
}

func form(path string, v url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestLoginPageAndLogout(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Secure = true })
	cookie := b.session(t, "auditor")
	get := func() int {
		r := httptest.NewRequest(http.MethodGet, "/alerts", nil)
		r.Header.Set("Cookie", cookie)
		code, _, _ := b.do(t, r)
		return code
	}
	if code := get(); code != 200 {
		t.Errorf("after login: %d", code)
	}
	r := form("/logout", nil)
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Origin", "http://example.com")
	if code, _, _ := b.do(t, r); code != http.StatusSeeOther {
		t.Errorf("logout: %d", code)
	}
	if code := get(); code != 401 {
		t.Errorf("after logout: %d, want 401", code)
	}
	if code, body, _ := b.do(t, form("/login", url.Values{"name": {"auditor"}, "password": {"wrong"}})); code != 401 || !strings.Contains(body, "账号或密码不对") {
		t.Errorf("wrong password: %d %.100s", code, body)
	}
	r = httptest.NewRequest(http.MethodGet, "/halls/jiangkou?x=1", nil)
	r.Header.Set("Accept", "text/html")
	if code, _, h := b.do(t, r); code != http.StatusSeeOther || h.Get("Location") != "/login?next=%2Fhalls%2Fjiangkou%3Fx%3D1" {
		t.Errorf("page without a session: %d to %s", code, h.Get("Location"))
	}
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{"/alerts": "/alerts", "": "/", "//evil": "/", "https://evil": "/", `/\evil`: "/", "/login?x": "/", "/a\nb": "/"} {
		if got := localPath(in); got != want {
			t.Errorf("localPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Origins = []string{"https://hall.example.cn"} })
	cookie := b.session(t, "county-officer")
	_, csrf, err := b.auth.BySession(t.Context(), strings.TrimPrefix(cookie, sessionCookie+"="))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		headers map[string]string
		want    int
	}{
		{"nothing told", nil, 403},
		{"other origin", map[string]string{"Origin": "https://evil.example"}, 403},
		{"no origin on purpose", map[string]string{"Origin": "null"}, 403},
		{"other site", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"sister site", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"wrong word", map[string]string{csrfHeader: "x"}, 403},
		{"other origin with the word", map[string]string{"Origin": "https://evil.example", csrfHeader: csrf}, 403},
		{"the word", map[string]string{csrfHeader: csrf}, 200},
		{"same origin", map[string]string{"Origin": "http://example.com"}, 200},
		{"same site fetch", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"allowed origin", map[string]string{"Origin": "https://hall.example.cn"}, 200},
	} {
		r := form("/api/v1/alerts/a1/acknowledge", nil)
		r.Header.Set("Cookie", cookie)
		for k, v := range c.headers {
			r.Header.Set(k, v)
		}
		if code, body, _ := b.do(t, r); code != c.want {
			t.Errorf("%s: %d, want %d: %s", c.name, code, c.want, body)
		}
	}
	r := form("/login", url.Values{"name": {"auditor"}, "password": {testPassword}})
	r.Header.Set("Origin", "https://evil.example")
	if code, _, _ := b.do(t, r); code != 403 {
		t.Errorf("login from another site: %d, want 403", code)
	}
}

// TestTheAddressDoesNotNameTheHost: fasthttp takes the host of "//evil.example/login?x=://" for that of the request, and a
// form of evil.example may be sent to such an address of this server.
func TestTheAddressDoesNotNameTheHost(t *testing.T) {
	b := newBench(t, nil)
	cookie := b.session(t, "county-officer")
	for _, path := range []string{"/login", "/logout", "/alerts/a1/acknowledge", "/api/v1/alerts/a1/acknowledge"} {
		r := form("/x", url.Values{"name": {"county-officer"}, "password": {testPassword}})
		r.RequestURI = "//evil.example" + path + "?x=://"
		r.Header.Set("Origin", "http://evil.example")
		r.Header.Set("Cookie", cookie)
		if code, body, _ := b.do(t, r); code != 403 {
			t.Errorf("POST //evil.example%s?x=://: %d %.200s", path, code, body)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	b := newBench(t, nil)
	_, body, h := b.do(t, httptest.NewRequest(http.MethodGet, "/login", nil))
	for k, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if h.Get(k) != want {
			t.Errorf("%s is %q, want %q", k, h.Get(k), want)
		}
	}
	csp := h.Get("Content-Security-Policy")
	if !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy is %q", csp)
	}
	if strings.Contains(body, "<script>") || strings.Contains(body, " onclick=") || strings.Contains(body, "style=") {
		t.Error("the page has an inline script or style")
	}
	big := httptest.NewRequest(http.MethodPost, "/login", bytes.NewReader(make([]byte, maxBody+1)))
	if res, err := b.app.Test(big, 5000); err == nil {
		_ = res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("a body over the limit: %d", res.StatusCode)
		}
	}
}

func TestAcknowledgeFromThePage(t *testing.T) {
	b := newBench(t, nil)
	cookie := b.session(t, "hall-manager")
	r := form("/alerts/a1/acknowledge", nil)
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Origin", "http://example.com")
	r.Header.Set("Hx-Request", "true")
	code, body, _ := b.do(t, r)
	if code != 200 || !strings.Contains(body, "hall-manager") || strings.Contains(body, "<html") {
		t.Errorf("acknowledge: %d %.300s", code, body)
	}
	if i := b.alerts.List()[0]; i.Status != alert.Acknowledged || i.AcknowledgedBy != "hall-manager" {
		t.Errorf("incident is %+v", i)
	}
}

// states are the conditions of data that every page must be able to show.
func states(now time.Time) map[string]live.View {
	h := fakeHall("jiangkou", "江口镇", "Jiangkou")
	late := fakeView(h, now, 3, 5*time.Minute)
	late.Link, late.Heard = live.LinkLate, now.Add(-10*time.Second)
	lost := fakeView(h, now, 3, 5*time.Minute)
	lost.Link, lost.Heard = live.LinkLost, now.Add(-time.Hour)
	estimated := fakeView(h, now, 3, 5*time.Minute)
	estimated.State.Queue.Estimated, estimated.State.Zones.Zones[0].Estimated = true, true
	estimated.State.Queue.Gaps = []hall.Gap{{From: now.Add(-2 * time.Hour), To: now.Add(-time.Hour), Reason: "restart"}}
	estimated.State.Gateway.ClockMark, estimated.State.Gateway.DiskFull = hall.Unsure, true
	odd := fakeView(h, now, 1, -time.Hour)
	odd.State.Devices.Devices[0].Health, odd.State.Devices.Devices[0].Reason = 99, hall.Reason{Code: "of a later version"}
	return map[string]live.View{
		"never":     {Desc: h, Link: live.LinkNever, State: hall.State{Hall: h.ID}},
		"bare":      {Desc: hall.Hall{ID: h.ID}, Link: live.LinkOnline},
		"quiet":     fakeView(h, now, 0, 0),
		"late":      late,
		"lost":      lost,
		"estimated": estimated,
		"odd":       odd,
	}
}

func TestPagesShowEveryState(t *testing.T) {
	wants := map[string]map[string][]string{
		"never": {"zh": {"从未收到", "未知"}, "en": {"Never heard", "Unknown"}},
		"quiet": {"zh": {"正常", "实时"}, "en": {"Normal", "Live"}},
		"late":  {"zh": {"截至"}, "en": {"as of"}}, "lost": {"zh": {"截至", "未知"}, "en": {"as of", "Unknown"}},
		"estimated": {"zh": {"估计", "不完整"}, "en": {"Estimated", "Incomplete"}},
	}
	for name, v := range states(time.Now()) {
		b := newBench(t, func(o *Options) { o.Live = newFakeLive(v) })
		for _, lang := range []string{"zh", "en"} {
			all := ""
			for _, path := range []string{"/", "/halls/jiangkou", "/devices", "/alerts", "/admin"} {
				code, body := b.get(t, auth.Administrator, path+"?lang="+lang)
				if code != 200 || !strings.Contains(body, "</html>") {
					t.Errorf("%s %s %s: %d %.300s", name, lang, path, code, body)
				}
				all += body
			}
			for _, want := range wants[name][lang] {
				if !strings.Contains(all, want) {
					t.Errorf("%s %s: no page says %q", name, lang, want)
				}
			}
		}
	}
}

func TestPagesEscapeWhatDevicesSay(t *testing.T) {
	b := newBench(t, nil)
	for _, path := range []string{"/halls/jiangkou", "/devices"} {
		_, body := b.get(t, auth.Auditor, path)
		if strings.Contains(body, "<script>alert") || !strings.Contains(body, "&lt;script&gt;") {
			t.Errorf("%s does not escape a device's words", path)
		}
	}
}

// TestStationPage: a station without queue equipment and counters shows neither empty cards nor a chart of zeros; its
// longest wait of some seconds is no wait of zero minutes where it has them.
func TestStationPage(t *testing.T) {
	b := newBench(t, func(o *Options) {
		now := time.Now()
		bare := fakeView(fakeHall("jiangkou", "江口镇", "Jiangkou"), now, 3, 5*time.Second)
		full := fakeView(fakeHall("shaxi", "沙溪镇", "Shaxi"), now, 3, 5*time.Second)
		bare.Desc.Devices = slices.DeleteFunc(slices.Clone(bare.Desc.Devices), func(d hall.Device) bool { return d.Family != hall.Camera && d.Family != hall.Keypad })
		o.Live = newFakeLive(bare, full)
	})
	_, body := b.get(t, auth.Administrator, "/halls/jiangkou")
	for _, word := range []string{"data-chart", "s-queue", "s-windows", "s-zones"} {
		if strings.Contains(body, word) {
			t.Errorf("a station's page has %s", word)
		}
	}
	if !strings.Contains(body, "本厅没有排队设备") || !strings.Contains(body, "本厅没有考勤机") {
		t.Error("a station's page does not say what it lacks")
	}
	_, body = b.get(t, auth.Administrator, "/halls/shaxi")
	if !strings.Contains(body, "data-chart") || !strings.Contains(body, "不到 1</span> 分钟") || strings.Contains(body, ">0</span> <small>分钟") {
		t.Error("a hall's page lacks its chart, or tells of a wait of 0 minutes")
	}
}

// late lists incidents as they were a moment ago.
type late struct{ *fakeAlerts }

func (l late) List() []alert.Incident {
	list := l.fakeAlerts.List()
	for i := range list {
		list[i].Status = alert.Firing
	}
	return append(list, incident("gone", "jiangkou", alert.Firing))
}

// TestTakenMeanwhile: who clicks on an alert that changed since it was listed is told so; that is nobody's fault.
func TestTakenMeanwhile(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Alerts = late{newFakeAlerts(incident("taken", "jiangkou", alert.Acknowledged), incident("over", "jiangkou", alert.Resolved))}
	})
	for id, want := range map[string]int{"taken": 200, "over": 409, "gone": 404} {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/alerts/"+id+"/acknowledge", nil)
		r.Header.Set("Authorization", "Bearer "+b.tokens[auth.CountyOfficer])
		if code, body, _ := b.do(t, r); code != want {
			t.Errorf("%s: %d, want %d: %s", id, code, want, body)
		}
	}
}
