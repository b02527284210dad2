package onvif

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver"
	sim "hallpulse/edge/simulator/onvif"
	"hallpulse/hall"
)

// TestNoRenewal: a camera that cannot renew is subscribed to anew, and no subscription is left.
func TestNoRenewal(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.SetFaults(sim.Faults{NoRenew: true, MaxOpen: 1})
	o := optionsOf(c)
	o.Pull, o.renewEvery = 20*time.Millisecond, time.Millisecond
	x := run(t, New(o))
	if err := c.Until(t.Context(), func(s sim.Stats) bool { return s.Subscribed > 3 }); err != nil {
		t.Fatal(err)
	}
	c.Motion(true)
	x.reading(hall.MetricMotion, "door", 1)
	if err := x.stop(); err != nil {
		t.Error(err)
	}
	if s, h := c.Stats(), x.sink.Heard(); s.Open != 0 || s.Subscribed != s.Unsubscribed || h.Opened != 1 {
		t.Errorf("%+v, opened %d times", s, h.Opened)
	}
}

// counted feeds a state with values of a counting rule.
func counted(t *testing.T, s *state, count, at string) {
	t.Helper()
	n := notification{Topic: "tns1:RuleEngine/CountAggregation/Counter"}
	n.Message.Change, n.Message.Time = "Changed", at
	n.Message.Source, n.Message.Data = []item{{"Rule", "r"}}, []item{{"Count", count}}
	if err := s.take(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
}

// TestLateCounts: a smaller value from the past means nothing, unless such values go on: then the camera's clock was set back.
func TestLateCounts(t *testing.T) {
	s, out := fresh()
	now := time.Now()
	s.o.Now = func() time.Time { return now }
	counted(t, s, "10", "2026-10-05T09:00:00Z")
	counted(t, s, "12", "2026-10-05T09:00:10Z")
	counted(t, s, "11", "2026-10-05T09:00:05Z") // late
	counted(t, s, "13", "2026-10-05T09:00:20Z")
	if n := len(out.Heard().Facts); n != 3 {
		t.Fatalf("%d passages", n)
	}
	counted(t, s, "1", "2026-10-05T08:00:00Z")
	now = now.Add(lateTime)
	counted(t, s, "2", "2026-10-05T08:02:00Z")
	counted(t, s, "4", "2026-10-05T08:02:10Z")
	h := out.Heard()
	if len(h.Facts) != 5 || h.Degraded == nil || h.Degraded.Code != CodeCounter {
		t.Errorf("%d passages, %+v", len(h.Facts), h.Degraded)
	}
}

// TestYoungGateway: a gateway whose clock was not set yet judges no camera's, and logs in all the same.
func TestYoungGateway(t *testing.T) {
	c := simulate(t, sim.Options{Username: "admin", Password: secret})
	o := optionsOf(c)
	begin, young := time.Now(), time.Date(1970, 1, 1, 0, 5, 0, 0, time.UTC)
	o.Now = func() time.Time { return young.Add(time.Since(begin)) }
	x := run(t, New(o))
	pulling(t, c, 0)
	c.Motion(true)
	x.reading(hall.MetricMotion, "door", 1)
	h := x.sink.Heard()
	if _, told := last(h, hall.MetricSkew, ""); told || h.Degraded != nil {
		t.Errorf("%+v", h)
	}
}

// TestPlainErrors: a media service that answers no SOAP takes nothing from the events.
func TestPlainErrors(t *testing.T) {
	c := simulate(t, sim.Options{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "media_service") {
			http.NotFound(w, r)
			return
		}
		c.ServeHTTP(w, r)
	}))
	defer front.Close()
	o := optionsOf(c)
	o.URL, o.Snapshot = front.URL, true
	o.Look = func(string, string) driver.Driver { return nil }
	d := New(o)
	x := run(t, d)
	x.opened()
	pulling(t, c, 0)
	c.Motion(true)
	x.reading(hall.MetricMotion, "door", 1)
	x.wrong("read_failed")
	if h := x.sink.Heard(); !strings.Contains(h.Degraded.Detail, "status 404") {
		t.Errorf("%+v", h.Degraded)
	}
	if err := x.stop(); err != nil {
		t.Error(err)
	}
}

// TestEye: what looks at pictures is the same as long as they are at the same place.
func TestEye(t *testing.T) {
	made := 0
	look := func(string, string) driver.Driver { made++; return &looker{} }
	var e eye
	a := e.at("s", "p", look)
	if b := e.at("s", "p", look); a != b || made != 1 {
		t.Errorf("made %d times", made)
	}
	if b := e.at("s", "other", look); a == b || made != 2 {
		t.Errorf("made %d times", made)
	}
}
