package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/auth"
)

// fakeUptimes: one device of each hall was down since half of the asked time, the others are never heard of.
type fakeUptimes struct{ *fakeFacts }

func (fakeUptimes) DeviceChanges(_ context.Context, _ hall.HallID, from, _ time.Time) (map[hall.DeviceID][]hall.DeviceEntry, error) {
	return map[hall.DeviceID][]hall.DeviceEntry{"door": {{Device: "door", To: hall.HealthOK, At: from.Add(-time.Hour)}}}, nil
}

func TestUptime(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Uptimes = fakeUptimes{&fakeFacts{}} })
	ask := func(role auth.Role, q string, want int) (rows []uptimeJSON) {
		t.Helper()
		code, body := b.get(t, role, "/api/v1/uptime"+q)
		if code != want {
			t.Fatalf("%s: %d %s", q, code, body)
		}
		var page struct{ Items []uptimeJSON }
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	week := "from=2026-11-16T00:00:00%2B08:00&to=2026-11-23T00:00:00%2B08:00"
	rows := ask(auth.HallManager, "?"+week, http.StatusOK)
	if len(rows) != 8 || rows[5].Device != "door" || rows[5].OK != 5*9*3600 || rows[5].Share == nil || *rows[5].Share != 1 || rows[0].Share != nil {
		t.Errorf("%+v", rows)
	}
	if rows = ask(auth.Administrator, "?by=hall&"+week, http.StatusOK); len(rows) != 2 || rows[0].Device != "" || rows[0].Unknown != 7*5*9*3600 {
		t.Errorf("%+v", rows)
	}
	if rows = ask(auth.Administrator, "?by=day&hall=shaxi&"+week, http.StatusOK); len(rows) != 5*8 || rows[0].Day != "2026-11-16" {
		t.Errorf("%+v", rows)
	}
	if rows = ask(auth.Administrator, "?by=family&hall=shaxi&"+week, http.StatusOK); len(rows) != 6 || rows[0].Family != hall.Dispenser {
		t.Errorf("%+v", rows)
	}
	ask(auth.HallManager, "?hall=shaxi&"+week, http.StatusNotFound)
	ask(auth.Administrator, "?by=moon", http.StatusBadRequest)
	ask(auth.Administrator, "?from=2020-01-01T00:00:00Z", http.StatusBadRequest)
}

func TestDevicesPageShowsUptime(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Uptimes = fakeUptimes{&fakeFacts{}}
		o.Now = func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }
	})
	code, body := b.get(t, auth.Administrator, "/devices?hall=jiangkou")
	if code != http.StatusOK || !strings.Contains(body, "近 7 天在线率") || !strings.Contains(body, "100.0%") {
		t.Errorf("%d %s", code, body)
	}
}
