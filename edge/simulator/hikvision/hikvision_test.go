package hikvision

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icholy/digest"
)

const patience = 10 * time.Second

func running(t *testing.T, o Options) *Device {
	t.Helper()
	o.Username, o.Password = "hall", "hunter2"
	o.Retry = 5 * time.Millisecond
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		for range 2 { // once more does nothing
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
	})
	return d
}

func ask(t *testing.T, d *Device, password, method, path, body string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, d.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&digest.Transport{Username: "hall", Password: password, Transport: &http.Transport{DisableKeepAlives: true}}).RoundTrip(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestQuestions(t *testing.T) {
	d := running(t, Options{Serial: "DS-7"})
	if code, text := ask(t, d, "hunter2", "GET", "/ISAPI/System/deviceInfo", ""); code != 200 || !strings.Contains(text, "<serialNumber>DS-7<") {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := ask(t, d, "wrong", "GET", "/ISAPI/System/deviceInfo", ""); code != 401 || d.Stats().Logins != 1 {
		t.Errorf("a wrong password: %d, %+v", code, d.Stats())
	}
	d.SetFaults(Faults{RefuseLogins: true})
	if code, _ := ask(t, d, "hunter2", "GET", "/ISAPI/System/time", ""); code != 401 {
		t.Errorf("a locked account: %d", code)
	}
	d.SetFaults(Faults{})
	if code, text := ask(t, d, "hunter2", "GET", "/ISAPI/System/time", ""); code != 200 || !strings.Contains(text, "+08:00</localTime>") {
		t.Errorf("%d %s", code, text)
	}
	d.Offline(true)
	if code, text := ask(t, d, "hunter2", "GET", "/ISAPI/System/time", ""); code != 0 {
		t.Errorf("offline: %d %s", code, text)
	}
	d.Offline(false)
	if code, _ := ask(t, d, "hunter2", "GET", "/ISAPI/Streaming", ""); code != 404 {
		t.Errorf("unknown: %d", code)
	}
}

func TestSearch(t *testing.T) {
	d := running(t, Options{})
	at := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	var persons []string
	for i := range 61 {
		persons = append(persons, fmt.Sprint(i))
	}
	d.Load(at, 75, persons...)
	page := func(position int, from time.Time) (int, string, int) {
		code, text := ask(t, d, "hunter2", "POST", "/ISAPI/AccessControl/AcsEvent?format=json",
			fmt.Sprintf(`{"AcsEventCond":{"searchID":"1","searchResultPosition":%d,"maxResults":100,"major":5,"minor":0,"startTime":%q,"endTime":%q}}`,
				position, from.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339)))
		var a struct {
			AcsEvent struct {
				State string           `json:"responseStatusStrg"`
				List  []map[string]any `json:"InfoList"`
			}
		}
		if code == 200 {
			if err := json.Unmarshal([]byte(text), &a); err != nil {
				t.Fatal(err)
			}
		}
		return code, a.AcsEvent.State, len(a.AcsEvent.List)
	}
	for _, c := range []struct {
		position int
		from     time.Time
		code     int
		state    string
		n        int
	}{{0, at, 200, "MORE", 30}, {30, at, 200, "MORE", 30}, {60, at, 200, "OK", 1}, {61, at, 400, "", 0}, {0, at.Add(30 * time.Minute), 200, "NO MATCH", 0}} {
		if code, state, n := page(c.position, c.from); code != c.code || state != c.state || n != c.n {
			t.Errorf("from %d on: %d %s %d", c.position, code, state, n)
		}
	}
	d.SetFaults(Faults{NoSearch: true})
	if code, _, _ := page(0, at); code != 403 {
		t.Errorf("not supported: %d", code)
	}
}

// TestPush: a message comes again until it is acknowledged, and in order.
func TestPush(t *testing.T) {
	var mu sync.Mutex
	var got []string
	fail := 3
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if fail--; fail >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got = append(got, string(body))
	}))
	defer host.Close()
	d := running(t, Options{Target: host.URL, Heartbeat: time.Hour})
	d.SetFaults(Faults{Split: true, PictureFirst: true, Junk: true, LengthOff: 3})
	first := d.Verify("1001", 75, "checkIn")
	d.Door(21)
	d.Tamper(true)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := d.Drained(ctx); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if s := d.Stats(); len(got) != 3 || s.Refused != 3 || s.Posted != 3 {
		t.Fatalf("%d posts, %+v", len(got), s)
	}
	if strings.Index(got[0], "JFIF") > strings.Index(got[0], first.Time) || !strings.Contains(got[0], junk) || !strings.Contains(got[2], `"subEventType":1028`) {
		t.Errorf("%.300q", got[0])
	}
	if n := len(d.Records()); n != 3 {
		t.Errorf("%d stored", n)
	}
}

func TestCounter(t *testing.T) {
	d := running(t, Options{Kind: Counter})
	d.Walk(3, 1)
	d.Walk(1, 0)
	if in, out := d.Totals(); in != 4 || out != 1 {
		t.Errorf("%d in, %d out", in, out)
	}
	d.Reset()
	if in, out := d.Totals(); in+out != 0 {
		t.Errorf("%d in, %d out", in, out)
	}
}
