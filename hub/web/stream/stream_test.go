package stream

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
	"hallpulse/hub/web/present"
)

type source struct {
	mu    sync.Mutex
	views []live.View
	ch    chan live.Event
	subs  atomic.Int32
}

func (s *source) All() []live.View { return s.views }

func (s *source) Subscribe() ([]live.View, <-chan live.Event, func()) {
	s.subs.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ch = make(chan live.Event)
	return s.views, s.ch, func() {}
}

func (s *source) send(e live.Event) {
	s.mu.Lock()
	ch := s.ch
	s.mu.Unlock()
	ch <- e
}

type alertSource chan alert.Incident

func (a alertSource) Subscribe() (<-chan alert.Incident, func()) { return a, func() {} }

func view(id hall.HallID, waiting int, oldest time.Time) live.View {
	v := live.View{Desc: hall.Hall{ID: id}, Link: live.LinkOnline}
	v.State.Hall, v.State.Queue.Waiting, v.State.Queue.Oldest = id, waiting, oldest
	return v
}

func judge(s hall.State, _ hall.Hall, now time.Time) present.Verdict {
	if present.Minutes(s.Queue.Oldest, now) >= 30 {
		return present.Verdict{Level: present.Act}
	}
	return present.Verdict{Level: present.OK}
}

func newHub(t *testing.T, src *source, alerts alertSource) *Hub {
	t.Helper()
	cat, err := present.LoadCatalog(fstest.MapFS{"zh.json": {Data: []byte(`{}`)}, "en.json": {Data: []byte(`{}`)}})
	if err != nil {
		t.Fatal(err)
	}
	text := `{{define "hall-row"}}{{.ID}} {{.Waiting}} {{.Verdict.Level}}{{end}}{{define "county-head"}}{{.Waiting}} of {{len .Halls}}{{end}}`
	r, err := present.NewRenderer(fstest.MapFS{"a.html": {Data: []byte(text)}}, cat)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Live: src, Alerts: alerts, Presenter: present.New(cat, judge), Renderer: r, Now: time.Now})
}

func TestChangesAreToldOnceAndNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, alerts := &source{views: []live.View{view("a", 1, time.Time{}), view("b", 2, time.Time{})}}, make(alertSource)
		h := newHub(t, src, alerts)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { h.Run(ctx); close(done) }()
		synctest.Wait()
		sub, leave := h.Subscribe(Filter{Want: func(k Key) bool { return k.Name == Row }, Alert: func(id hall.HallID) bool { return id == "a" }})
		for i := range 100 {
			src.send(live.Event{Hall: "a", Section: hall.SectionQueue, View: view("a", i, time.Time{})})
		}
		src.send(live.Event{Hall: "b", Section: hall.SectionStaff, View: view("b", 2, time.Time{})})
		alerts <- alert.Incident{ID: "1", Hall: "a", Status: alert.Firing}
		alerts <- alert.Incident{ID: "1", Hall: "a", Status: alert.Resolved}
		alerts <- alert.Incident{ID: "2", Hall: "b"}
		synctest.Wait()
		<-sub.Wake()
		ch := sub.Take()
		if !slices.Equal(ch.Keys, []Key{{"a", Row}}) {
			t.Errorf("keys are %v, want a's row once", ch.Keys)
		}
		if len(ch.Alerts) != 1 || ch.Alerts[0].Status != alert.Resolved {
			t.Errorf("alerts are %+v, want the newest of 1", ch.Alerts)
		}
		if html, err := h.Fragment(Key{"a", Row}, "zh"); err != nil || string(html) != "a 99 ok" {
			t.Errorf("fragment %q, %v", html, err)
		}
		leave()
		cancel()
		<-done
	})
}

func TestLevelsRiseByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{views: []live.View{view("a", 1, time.Now()), view("b", 1, time.Now().Add(-29*time.Minute))}}
		h := newHub(t, src, make(alertSource))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { h.Run(ctx); close(done) }()
		<-time.After(2 * time.Second)
		sub, leave := h.Subscribe(Filter{Want: func(k Key) bool { return k.Name == Row || k.Name == CountyOrder }})
		defer leave()
		if got := h.Order(nil); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("order is %v", got)
		}
		<-time.After(2 * time.Minute)
		if ch := sub.Take(); !slices.Equal(ch.Keys, []Key{{"b", Row}, {"", CountyOrder}}) {
			t.Errorf("told %v, want b's row and the order, nothing else", ch.Keys)
		}
		if got := h.Order(nil); !slices.Equal(got, []string{"b", "a"}) {
			t.Errorf("order is %v, want b first", got)
		}
		cancel()
		<-done
	})
}

func TestSubscribesAgainWhenItWasTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{views: []live.View{view("a", 1, time.Time{})}}
		h := newHub(t, src, make(alertSource))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { h.Run(ctx); close(done) }()
		synctest.Wait()
		src.mu.Lock()
		src.views = []live.View{view("a", 7, time.Time{})}
		close(src.ch)
		src.mu.Unlock()
		<-time.After(2 * again)
		synctest.Wait()
		if n := src.subs.Load(); n != 2 {
			t.Errorf("%d subscriptions, want 2", n)
		}
		if html, err := h.Fragment(Key{"a", Row}, "zh"); err != nil || string(html) != "a 7 ok" {
			t.Errorf("fragment %q, %v: what was missed is not made good", html, err)
		}
		cancel()
		<-done
	})
}

func TestCountyHeadKeepsScopesApart(t *testing.T) {
	src := &source{views: []live.View{view("a", 1, time.Time{}), view("b", 2, time.Time{})}}
	h := newHub(t, src, make(alertSource))
	for _, c := range []struct {
		scope []hall.HallID
		want  string
	}{{nil, "3 of 2"}, {[]hall.HallID{}, "0 of 0"}, {[]hall.HallID{"b"}, "2 of 1"}, {[]hall.HallID{"b", "a"}, "3 of 2"}} {
		if html, err := h.CountyHead(c.scope, "zh"); err != nil || string(html) != c.want {
			t.Errorf("scope %v: %q, %v, want %q", c.scope, html, err, c.want)
		}
	}
}

func TestASlowReadersAlertsAreBounded(t *testing.T) {
	s := newSub(Filter{Alert: func(hall.HallID) bool { return true }})
	for i := range maxAlertsHeld + 1 {
		s.offerAlert(alert.Incident{ID: fmt.Sprint(i)})
	}
	if ch := s.Take(); len(ch.Alerts) != maxAlertsHeld || !ch.Lost {
		t.Errorf("%d alerts, lost %v", len(ch.Alerts), ch.Lost)
	}
	if ch := s.Take(); len(ch.Alerts) != 0 || ch.Lost {
		t.Error("taken and still there")
	}
}

func TestKeys(t *testing.T) {
	if s := (Key{"a", Row}).String() + " " + (Key{"", CountyHead}).String(); s != "hall:a:row county:head" {
		t.Errorf("keys are %q", s)
	}
	if s, ok := Raw("a", hall.SectionQueue).Section(); !ok || s != hall.SectionQueue {
		t.Errorf("section is %q, %v", s, ok)
	}
	if _, ok := (Key{"a", Row}).Section(); ok || strings.HasPrefix(Row, rawPrefix) {
		t.Error("a fragment passes for a section")
	}
}

// TestRetiredLeavesTheLists: a hall that nobody waits for any more is told of by the order alone, in which it no longer is.
func TestRetiredLeavesTheLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := view("b", 1, time.Time{})
		lost.Link = live.LinkLost
		src := &source{views: []live.View{view("a", 1, time.Time{}), lost}}
		h := newHub(t, src, make(alertSource))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { h.Run(ctx); close(done) }()
		synctest.Wait()
		sub, leave := h.Subscribe(Filter{Want: func(k Key) bool { return k.Name == CountyOrder }})
		defer leave()
		src.send(live.Event{Hall: "a", Section: hall.SectionQueue, View: view("a", 2, time.Time{})})
		synctest.Wait()
		if ch := sub.Take(); len(ch.Keys) != 0 {
			t.Errorf("told %v of a change that moves nobody", ch.Keys)
		}
		lost.Link = live.LinkRetired
		src.send(live.Event{Hall: "b", View: lost})
		synctest.Wait()
		if ch := sub.Take(); len(ch.Keys) != 1 || !slices.Equal(h.Order(nil), []string{"a"}) || len(h.Views(nil)) != 1 {
			t.Errorf("told %v, order %v", ch.Keys, h.Order(nil))
		}
		cancel()
		<-done
	})
}
