package hall

import (
	"math/rand/v2"
	"testing"
	"time"
)

func at(min int) time.Time { return noon.Add(time.Duration(min) * time.Minute) }

func TestUptimeOf(t *testing.T) {
	min := time.Minute
	change := func(m int, h Health) DeviceEntry { return DeviceEntry{At: at(m), To: h} }
	for _, c := range []struct {
		what    string
		changes []DeviceEntry
		gaps    []Gap
		until   int
		want    Uptime
	}{
		{"never heard", nil, nil, 100, Uptime{Unknown: 60 * min}},
		{"ok since yesterday", []DeviceEntry{change(-900, HealthOK)}, nil, 100, Uptime{OK: 60 * min}},
		{"down for ten minutes", []DeviceEntry{change(-5, HealthOK), change(20, HealthDown), change(30, HealthOK)}, nil, 100, Uptime{OK: 50 * min, Down: 10 * min}},
		{"unknown before the first word", []DeviceEntry{change(15, HealthDegraded)}, nil, 100, Uptime{Unknown: 15 * min, Degraded: 45 * min}},
		{"the gateway was away", []DeviceEntry{change(-5, HealthOK), change(42, HealthOK)}, []Gap{{From: at(30), To: at(40)}}, 100,
			Uptime{OK: 48 * min, Unknown: 12 * min}},
		{"away at the end", []DeviceEntry{change(-5, HealthStuck)}, []Gap{{From: at(50), To: at(80)}}, 100, Uptime{Stuck: 50 * min, Unknown: 10 * min}},
		{"nothing is known of now", []DeviceEntry{change(-5, HealthOK)}, nil, 45, Uptime{OK: 45 * min, Unknown: 15 * min}},
		{"nothing is known of today", []DeviceEntry{change(-5, HealthOK)}, nil, -1, Uptime{Unknown: 60 * min}},
	} {
		if got := UptimeOf(c.changes, c.gaps, []Span{{at(0), at(60)}}, at(c.until)); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
	if share, ok := (Uptime{OK: 45 * min, Degraded: 5 * min, Down: 50 * min, Unknown: time.Hour}).Share(); !ok || share != 0.5 {
		t.Errorf("share %v %v", share, ok)
	}
	if _, ok := (Uptime{Unknown: time.Hour}).Share(); ok {
		t.Error("a share of nothing")
	}
}

// Whatever happens, every minute of the spans is in exactly one state.
func TestUptimeAddsUp(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var changes []DeviceEntry
		var gaps []Gap
		for m := -100; m < 400; m += 1 + rnd.IntN(40) {
			if rnd.IntN(4) == 0 {
				gaps = append(gaps, Gap{From: at(m), To: at(m + 1 + rnd.IntN(20))})
			} else {
				changes = append(changes, DeviceEntry{At: at(m), To: Health(rnd.IntN(5))})
			}
		}
		spans := []Span{{at(0), at(60)}, {at(90), at(240)}}
		u := UptimeOf(changes, gaps, spans, at(rnd.IntN(500)-100))
		if all := u.Known() + u.Unknown; all != 210*time.Minute {
			t.Fatalf("%v of 210 minutes: %+v", all, u)
		}
	}
}

func TestHours(t *testing.T) {
	loc := time.FixedZone("UTC+8", 8*3600)
	h := DefaultHours()
	friday := time.Date(2026, 11, 27, 12, 0, 0, 0, loc)
	list := h.Between(friday, friday.AddDate(0, 0, 4), loc) // to Tuesday noon
	if len(list) != 3 || list[0].From != friday || list[1].To.Sub(list[1].From) != 9*time.Hour || !list[2].To.Equal(friday.AddDate(0, 0, 4)) {
		t.Errorf("%v", list)
	}
	if _, ok := h.On(friday.AddDate(0, 0, 1), loc); ok {
		t.Error("open on a Saturday")
	}
	if _, ok := (Hours{Open: "nine", Close: "17:00", Days: h.Days}).On(friday, loc); ok {
		t.Error("open at nine in words")
	}
	if d := (&Hall{}).Opening(); d.Open != "08:30" {
		t.Errorf("an old description: %+v", d)
	}
}
