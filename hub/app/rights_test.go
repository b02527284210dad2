package app

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/auth"
)

// TestManager: somebody who answers for one hall sees nothing of another, on no page, in no answer, in no stream.
func TestManager(t *testing.T) {
	b := newBench(t)
	mine, others := b.connect(t, described("jiangkou", "江口镇")), b.connect(t, described("shaxi", "沙溪镇"))
	for _, g := range []*gateway{mine, others} {
		g.tickets(1, 2)
		g.awaitFacts(2)
		g.keypad(hall.HealthDown)
		b.hooks.await(t, "firing", "device_down")
	}
	token := b.account(t, auth.Account{Name: "wang", Role: auth.HallManager, Halls: []hall.HallID{"jiangkou"}})
	foreign := func(s string) bool { return strings.Contains(s, "shaxi") || strings.Contains(s, "沙溪") }
	for _, path := range []string{"/", "/halls/jiangkou", "/devices", "/alerts", "/api/v1/halls", "/api/v1/halls/jiangkou", "/api/v1/devices", "/api/v1/alerts", "/api/v1/tickets"} {
		code, body := b.get(t, token, path)
		if code != http.StatusOK || foreign(body) || !strings.Contains(body, "jiangkou") {
			t.Errorf("%s: %d, of another hall: %v", path, code, foreign(body))
		}
	}
	for _, path := range []string{"/halls/shaxi", "/api/v1/halls/shaxi", "/api/v1/tickets?hall=shaxi", "/api/v1/stream?hall=shaxi", "/live/events?page=hall&hall=shaxi"} {
		if code, body := b.get(t, token, path); code != http.StatusNotFound {
			t.Errorf("%s: %d %.200s", path, code, body)
		}
	}
	for _, path := range []string{"/admin", "/metrics", "/api/v1/refusals"} {
		if code, _ := b.get(t, token, path); code != http.StatusForbidden {
			t.Errorf("%s: %d", path, code)
		}
	}
	program, page := b.stream(t, token, "/api/v1/stream"), b.stream(t, token, "/live/events?page=overview")
	others.waiting(4)
	eventually(t, "the other hall's change is known", func() bool {
		_, body := b.get(t, b.token, "/api/v1/halls/shaxi")
		return strings.Contains(body, `"waiting":4`)
	})
	mine.waiting(3)
	for name, ch := range map[string]<-chan string{"program": program, "page": page} {
		awaitEvent(t, ch, func(data string) bool {
			if foreign(data) {
				t.Errorf("the %s's stream tells of another hall: %.300s", name, data)
			}
			return strings.Contains(data, `"waiting":3`) || strings.Contains(data, "hall:jiangkou:row") && strings.Contains(data, `\u003e3\u003c`)
		})
	}
}

func awaitEvent(t *testing.T, ch <-chan string, want func(string) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case data, ok := <-ch:
			if !ok {
				t.Fatal("the stream ended")
			}
			if want(data) {
				return
			}
		case <-deadline:
			t.Fatal("the change does not come")
		}
	}
}

// TestMetrics: a collector reads with an administrator's token, or on this machine's own listener without one.
func TestMetrics(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	g.tickets(1, 7)
	g.awaitFacts(7)
	if code, _ := b.get(t, "", "/metrics"); code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", code)
	}
	_, pages := b.get(t, b.token, "/metrics")
	res, err := http.Get("http://" + b.MetricsAddr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	own := read(t, res)
	for _, body := range []string{pages, own} {
		for _, line := range []string{
			`hallpulse_ingest_records_total{lane="facts"} 7`, `hallpulse_halls{link="online"} 1`, `hallpulse_broker_gateways 1`, `hallpulse_ready 1`,
			`hallpulse_alerts{rule="gateway_lost",status="firing",suppressed="false"} 0`, `hallpulse_build_info{version="1.2.3"} 1`,
			`hallpulse_webhook_sent_total 0`, `hallpulse_ingest_queue_bytes{lane="readings"} 0`, `hallpulse_ingest_queue_batches{lane="facts"} 0`, `hallpulse_ingest_births_waiting 0`,
			`hallpulse_refusals_waiting 0`, `hallpulse_web_streams 0`, `hallpulse_webhook_waiting 0`, `hallpulse_series_refused_total 0`, "go_goroutines ",
		} {
			if !strings.Contains(body, line) {
				t.Errorf("no %s in %.200s", line, body)
			}
		}
	}
}

// TestAccount: an account that another program disables is out at once, with its session and its tokens.
func TestAccount(t *testing.T) {
	b := newBench(t)
	token := b.account(t, auth.Account{Name: "li", Role: auth.CountyOfficer})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.PostForm("http://"+b.WebAddr()+"/login", url.Values{"name": {"li"}, "password": {testPassword}})
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("login: %v %+v", err, res)
	}
	read(t, res)
	seen := func() (page, program int) {
		res, err := browser.Get("http://" + b.WebAddr() + "/")
		if err != nil {
			t.Fatal(err)
		}
		read(t, res)
		program, _ = b.get(t, token, "/api/v1/halls")
		return res.StatusCode, program
	}
	if page, program := seen(); page != http.StatusOK || program != http.StatusOK {
		t.Errorf("before: %d %d", page, program)
	}
	if err := b.admin.DisableAccount(t.Context(), "li", true); err != nil {
		t.Fatal(err)
	}
	if page, program := seen(); page == http.StatusOK || program != http.StatusUnauthorized {
		t.Errorf("disabled: %d %d", page, program)
	}
	if err := b.admin.DisableAccount(t.Context(), "li", false); err != nil {
		t.Fatal(err)
	}
	if page, program := seen(); page == http.StatusOK || program != http.StatusOK {
		t.Errorf("allowed again, to log in anew: %d %d", page, program)
	}
	if err := b.admin.DeleteToken(t.Context(), "li"); err != nil {
		t.Fatal(err)
	}
	if _, program := seen(); program != http.StatusUnauthorized {
		t.Errorf("deleted token: %d", program)
	}
	given := strings.Repeat("chosen-by-a-script-", 2)
	if err := b.admin.AddGivenToken(t.Context(), "script", "li", given, 0); err != nil {
		t.Fatal(err)
	}
	if code, _ := b.get(t, given, "/api/v1/halls"); code != http.StatusOK {
		t.Errorf("given token: %d", code)
	}
	if err := b.admin.AddGivenToken(t.Context(), "short", "li", given[:31], 0); err == nil {
		t.Error("a short token was taken")
	}
}
