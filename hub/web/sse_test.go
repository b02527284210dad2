package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/auth"
	"hallpulse/hub/live"
)

// start serves on a real port.
func (b *bench) start(t *testing.T) (base string, stop func()) {
	t.Helper()
	s, err := New(b.o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return "http://" + s.Addr().String(), func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stop: %v", err)
		}
	}
}

// events reads server-sent events of a path until the stream ends.
func (b *bench) events(t *testing.T, base, path string, role auth.Role) <-chan [2]string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.tokens[role])
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if ct := res.Header.Get("Content-Type"); res.StatusCode != 200 || !strings.HasPrefix(ct, "text/event-stream") {
		t.Fatalf("%s: %d %s", path, res.StatusCode, ct)
	}
	ch := make(chan [2]string, 1024)
	go func() {
		defer close(ch)
		defer func() { _ = res.Body.Close() }()
		sc := bufio.NewScanner(res.Body)
		sc.Buffer(nil, 1<<20)
		name := ""
		for sc.Scan() {
			if s, ok := strings.CutPrefix(sc.Text(), "event: "); ok {
				name = s
			}
			if s, ok := strings.CutPrefix(sc.Text(), "data: "); ok {
				ch <- [2]string{name, s}
			}
		}
	}()
	return ch
}

// await reads until an event satisfies want.
func await(t *testing.T, ch <-chan [2]string, what string, want func(name, data string) bool) string {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case e, ok := <-ch:
			if !ok {
				t.Fatalf("the stream ended before %s", what)
			}
			if want(e[0], e[1]) {
				return e[1]
			}
		case <-deadline:
			t.Fatalf("no %s", what)
		}
	}
}

func TestPageStream(t *testing.T) {
	b := newBench(t, nil)
	base, stop := b.start(t)
	officer := b.events(t, base, "/live/events?page=overview", auth.CountyOfficer)
	manager := b.events(t, base, "/live/events?page=overview", auth.HallManager)
	one := b.events(t, base, "/live/events?page=hall&hall=shaxi&lang=en", auth.Auditor)
	key := func(k, part string) func(string, string) bool {
		return func(name, data string) bool {
			return name == "html" && strings.Contains(data, `"key":"`+k+`"`) && strings.Contains(data, part)
		}
	}
	await(t, officer, "first row", key("hall:shaxi:row", ""))
	await(t, officer, "hub's time or sentence", func(name, _ string) bool { return name != "" })
	await(t, manager, "own row", key("hall:jiangkou:row", ""))
	await(t, one, "queue", key("hall:shaxi:queue", "Social security"))
	b.live.change("shaxi", hall.SectionQueue, func(v *live.View) { v.State.Queue.Waiting = 77 })
	await(t, officer, "changed row", key("hall:shaxi:row", `\u003e77\u003c`))
	await(t, one, "changed queue", key("hall:shaxi:queue", `\u003e77\u003c`))
	b.live.change("jiangkou", hall.SectionQueue, func(v *live.View) { v.State.Queue.Waiting = 78 })
	await(t, manager, "own change and nothing of others", func(name, data string) bool {
		if strings.Contains(data, "shaxi") || strings.Contains(data, "沙溪") {
			t.Errorf("a manager of jiangkou is told %s %.200s", name, data)
		}
		return key("hall:jiangkou:row", `\u003e78\u003c`)(name, data)
	})
	if _, err := b.alerts.Acknowledge(t.Context(), "a1", "x"); err != nil {
		t.Fatal(err)
	}
	await(t, officer, "count of open alerts", func(name, data string) bool { return name == "open" && data == "1" })
	stop()
	for range officer { // it ends
	}
}

func TestProgramStream(t *testing.T) {
	b := newBench(t, nil)
	base, stop := b.start(t)
	defer stop()
	ch := b.events(t, base, "/api/v1/stream?hall=jiangkou", auth.HallManager)
	await(t, ch, "first view", func(name, data string) bool { return name == "view" && strings.Contains(data, `"link":"online"`) })
	b.live.change("shaxi", hall.SectionQueue, func(v *live.View) { v.State.Queue.Waiting = 5 })
	b.live.change("jiangkou", hall.SectionRatings, func(v *live.View) { v.State.Ratings.Counts[4] = 99 })
	data := await(t, ch, "changed view", func(name, data string) bool {
		if strings.Contains(data, `"hall":"shaxi"`) {
			t.Errorf("told about shaxi: %.200s", data)
		}
		return strings.Contains(data, `"section":"ratings"`)
	})
	if !strings.Contains(data, "99") {
		t.Errorf("the view is not the new one: %.300s", data)
	}
	if _, err := b.alerts.Acknowledge(t.Context(), "a1", "x"); err != nil {
		t.Fatal(err)
	}
	await(t, ch, "alert", func(name, data string) bool { return name == "alert" && strings.Contains(data, `"acknowledged"`) })
}

func TestTooManyStreamsAreRefused(t *testing.T) {
	s := newStreams()
	for range maxStreamsAccount {
		if !s.take("x") {
			t.Fatal("refused below the limit")
		}
	}
	if s.take("x") || !s.take("y") {
		t.Error("the limit is not that of the account")
	}
	s.give("x")
	if !s.take("x") {
		t.Error("what was given back cannot be taken")
	}
}
