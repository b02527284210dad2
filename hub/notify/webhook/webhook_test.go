package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
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

func running(t *testing.T, o Options) *Notifier {
	t.Helper()
	o.Retry = time.Millisecond
	n, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); n.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return n
}

var incident = alert.Incident{ID: "1", Hall: "a", Rule: alert.QueueTooLong, Status: alert.Firing, Value: 14, Limit: 10}

func jiangkou() live.View {
	return live.View{Desc: hall.Hall{ID: "a", Name: hall.Text{ZH: "江口镇"}}}
}

// TestRetry: a receiver that is busy gets the message later, signed.
func TestRetry(t *testing.T) {
	url, took := receiver(t, "s3cret", 503, 429, 200)
	n := running(t, Options{URL: url, Secret: "s3cret"})
	n.Notify(incident, jiangkou())
	m := <-took
	if m.Event != "firing" || m.Text.ZH != "江口镇 等候 14 人，超过 10 人" || m.Incident.ID != "1" {
		t.Errorf("%+v", m)
	}
}

// TestPermanent: a refusal is not tried again and does not hold up the next message.
func TestPermanent(t *testing.T) {
	url, took := receiver(t, "", 400)
	n := running(t, Options{URL: url})
	n.Notify(incident, jiangkou())
	second := incident
	second.Status, second.AcknowledgedBy = alert.Acknowledged, "李"
	n.Notify(second, jiangkou())
	if m := <-took; m.Event != "acknowledged" || !strings.Contains(m.Text.ZH, "已由 李 处理") {
		t.Errorf("%+v", m)
	}
}

func TestPermanentError(t *testing.T) {
	url, _ := receiver(t, "", 404)
	n, err := New(Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.post(t.Context(), "k", []byte("{}")); !errors.Is(err, ErrPermanent) {
		t.Errorf("404: %v", err)
	}
}

// TestDigest: what waited through a storm becomes one message.
func TestDigest(t *testing.T) {
	n, err := New(Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		n.Notify(incident, jiangkou())
	}
	d := n.digest(<-n.queue)
	if d.Event != "digest" || len(d.Incidents) != 3 || len(n.queue) != 0 {
		t.Errorf("%+v", d)
	}
	for range queueLength + 5 {
		n.Notify(incident, jiangkou())
	}
	if n.Dropped() != 5 {
		t.Errorf("%d dropped", n.Dropped())
	}
}

func TestAddress(t *testing.T) {
	for _, bad := range []string{"", "ftp://x", "javascript:1", "http://"} {
		if _, err := New(Options{URL: bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
