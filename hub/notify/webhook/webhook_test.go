package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
)

// receiver answers with the next status of its list, then 200, and hands on what it took.
func receiver(t *testing.T, secret string, statuses ...int) (url string, took <-chan Message) {
	t.Helper()
	ch := make(chan Message, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if secret != "" && r.Header.Get(SignatureHeader) != Sign(secret, body) {
			t.Errorf("signature %q", r.Header.Get(SignatureHeader))
		}
		if r.Header.Get(KeyHeader) == "" {
			t.Error("no key")
		}
		if len(statuses) > 0 {
			s := statuses[0]
			statuses = statuses[1:]
			w.WriteHeader(s)
			if s >= 300 {
				return
			}
		}
		var m Message
		if err := json.Unmarshal(body, &m); err != nil {
			t.Error(err)
		}
		ch <- m
	}))
	t.Cleanup(srv.Close)
	return srv.URL, ch
}

// outbox is a store of notices in memory, which may refuse to forget.
type outbox struct {
	mu     sync.Mutex
	next   int64
	list   []alert.Notice
	refuse bool
}

func (o *outbox) Notices(_ context.Context, _ string, limit int) ([]alert.Notice, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.list[:min(limit, len(o.list))]), nil
}

func (o *outbox) DropNotice(_ context.Context, id int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refuse {
		return errors.New("disk full")
	}
	o.list = slices.DeleteFunc(o.list, func(n alert.Notice) bool { return n.ID == id })
	return nil
}

func (o *outbox) MergeNotices(_ context.Context, list []alert.Notice, key string, body []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = slices.Delete(o.list, 1, len(list))
	o.list[0].Key, o.list[0].Body = key, body
	return nil
}

func (o *outbox) len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.list)
}

// tell does what the alert engine does: the words are stored, then the notifier is woken.
func (o *outbox) tell(t *testing.T, n *Notifier, i alert.Incident) {
	t.Helper()
	w, err := n.Word(i, jiangkou)
	if err != nil {
		t.Fatal(err)
	}
	o.mu.Lock()
	o.next++
	w.ID, w.Made = o.next, time.Now()
	o.list = append(o.list, w)
	o.mu.Unlock()
	n.Wake()
}

func made(t *testing.T, o Options) *Notifier {
	t.Helper()
	o.Retry = time.Millisecond
	n, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// run runs n until the test ends or stop is called.
func run(t *testing.T, n *Notifier) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); n.Run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// until waits for what another goroutine brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick, deadline := time.NewTicker(time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not in time: ", what)
		}
	}
}

var incident = alert.Incident{ID: "1", Hall: "a", Rule: alert.QueueTooLong, Status: alert.Firing, Value: 14, Limit: 10}

var jiangkou = hall.Hall{ID: "a", Name: hall.Text{ZH: "江口镇"}}

// TestRetry: a receiver that is busy gets the message later, signed.
func TestRetry(t *testing.T) {
	url, took := receiver(t, "s3cret", 503, 429, 200)
	var o outbox
	n := made(t, Options{URL: url, Secret: "s3cret", Outbox: &o})
	run(t, n)
	o.tell(t, n, incident)
	m := <-took
	if m.Event != "firing" || m.Text.ZH != "江口镇 等候 14 人（限 10 人）" || m.Incident.ID != "1" {
		t.Errorf("%+v", m)
	}
	until(t, "forgotten", func() bool { return o.len() == 0 })
}

// TestAbsent: messages wait for a receiver that is away for longer than any number of tries.
func TestAbsent(t *testing.T) {
	away := make([]int, 5*tries)
	for i := range away {
		away[i] = 502
	}
	url, took := receiver(t, "", away...)
	var o outbox
	n := made(t, Options{URL: url, Outbox: &o})
	run(t, n)
	o.tell(t, n, incident)
	if m := <-took; m.Event != "firing" {
		t.Errorf("%+v", m)
	}
}

// TestPermanent: a refusal is not tried again, a receiver's fault on one message not for ever; neither holds up the next.
func TestPermanent(t *testing.T) {
	url, took := receiver(t, "", append([]int{400}, slices.Repeat([]int{500}, tries)...)...)
	var o outbox
	n := made(t, Options{URL: url, Outbox: &o})
	run(t, n)
	second, third := incident, incident
	second.Status = alert.Resolved
	third.Status, third.AcknowledgedBy = alert.Acknowledged, "李"
	for _, i := range []alert.Incident{incident, second, third} {
		o.tell(t, n, i)
	}
	if m := <-took; m.Event != "acknowledged" || !strings.Contains(m.Text.ZH, "已由 李 认领") {
		t.Errorf("%+v", m)
	}
	until(t, "two are given up", func() bool { return n.Dropped() == 2 && o.len() == 0 })
}

// TestOld: what nobody took for a day is given up.
func TestOld(t *testing.T) {
	url, took := receiver(t, "", 503, 200)
	var o outbox
	n := made(t, Options{URL: url, Outbox: &o})
	o.tell(t, n, incident)
	o.list[0].Made = time.Now().Add(-keepFor)
	second := incident
	second.Status = alert.Resolved
	o.tell(t, n, second)
	run(t, n)
	if m := <-took; m.Event != "resolved" || n.Dropped() != 1 {
		t.Errorf("%+v", m)
	}
}

// TestKilled: a hub that dies before it posts, or between that and noting it, posts after its restart – with the same key.
func TestKilled(t *testing.T) {
	keys := make(chan string, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { keys <- r.Header.Get(KeyHeader) }))
	t.Cleanup(srv.Close)
	o := outbox{refuse: true}
	n := made(t, Options{URL: srv.URL, Outbox: &o})
	o.tell(t, n, incident) // stored; the hub dies before Run
	n = made(t, Options{URL: srv.URL, Outbox: &o})
	stop := run(t, n)
	first := <-keys
	until(t, "taken", func() bool { return n.Sent() == 1 })
	stop() // dies before it is noted
	o.refuse = false
	run(t, made(t, Options{URL: srv.URL, Outbox: &o}))
	if again := <-keys; again != first || first != "1-firing" {
		t.Errorf("keys %q, %q", first, again)
	}
	until(t, "noted", func() bool { return o.len() == 0 })
}

// TestNotForgotten: a store that cannot note what was posted brings one post, not many.
func TestNotForgotten(t *testing.T) {
	url, took := receiver(t, "")
	o := outbox{refuse: true}
	n := made(t, Options{URL: url, Outbox: &o})
	stop := run(t, n)
	o.tell(t, n, incident)
	<-took
	until(t, "taken", func() bool { return n.Sent() == 1 })
	stop()
	if len(took) != 0 || n.Sent() != 1 {
		t.Errorf("posted %d times more", len(took))
	}
}

// TestRedirected: a post that is sent elsewhere was taken by nobody.
func TestRedirected(t *testing.T) {
	url, took := receiver(t, "")
	srv := httptest.NewServer(http.RedirectHandler(url, http.StatusFound))
	t.Cleanup(srv.Close)
	n := made(t, Options{URL: srv.URL, Outbox: &outbox{}})
	if err := n.post(t.Context(), "k", []byte("{}")); !errors.Is(err, ErrPermanent) || len(took) != 0 {
		t.Errorf("redirected: %v", err)
	}
}

func TestPermanentError(t *testing.T) {
	url, _ := receiver(t, "", 404)
	n := made(t, Options{URL: url, Outbox: &outbox{}})
	if err := n.post(t.Context(), "k", []byte("{}")); !errors.Is(err, ErrPermanent) {
		t.Errorf("404: %v", err)
	}
}

// TestSecretAddress: keys of chat services are part of their address, and errors are logged.
func TestSecretAddress(t *testing.T) {
	n := made(t, Options{URL: "http://127.0.0.1:1/send?key=hunter2", Outbox: &outbox{}})
	if err := n.post(t.Context(), "k", nil); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	if _, err := New(Options{URL: "htp://a?key=hunter2", Outbox: &outbox{}}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// TestDigest: what waited through a storm becomes one message, stored as one before it is posted.
func TestDigest(t *testing.T) {
	var o outbox
	n := made(t, Options{URL: "http://127.0.0.1:1", Outbox: &o})
	for range 3 {
		o.tell(t, n, incident)
	}
	d, err := n.one(t.Context(), slices.Clone(o.list))
	if err != nil || o.len() != 1 || o.list[0].Key != d.Key || d.Key != "digest-1-firing-3" {
		t.Fatalf("%v %q %+v", err, d.Key, o.list)
	}
	o.tell(t, n, incident) // while the digest still waits
	if d, err = n.one(t.Context(), slices.Clone(o.list)); err != nil {
		t.Fatal(err)
	}
	var m Message
	if err := json.Unmarshal(d.Body, &m); err != nil || m.Event != "digest" || len(m.Incidents) != 4 {
		t.Errorf("%v %+v", err, m)
	}
}

// TestBudget: so many a minute, then a wait until the minute is over.
func TestBudget(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	b := budget{most: 2}
	for range b.most {
		if b.take(now) != 0 {
			t.Error("the first two wait")
		}
	}
	if w := b.take(now.Add(20 * time.Second)); w != 40*time.Second {
		t.Errorf("the third waits %v", w)
	}
	if b.take(now.Add(time.Minute)) != 0 {
		t.Error("the next minute's first waits")
	}
}

func TestAddress(t *testing.T) {
	for _, bad := range []string{"", "ftp://x", "javascript:1", "http://"} {
		if _, err := New(Options{URL: bad, Outbox: &outbox{}}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
