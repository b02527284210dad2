package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/cmd/hallpulse/reconcile"
	"hallpulse/hub/notify/webhook"
)

const testToken = "a-token-of-the-tests-that-is-long-enough"

// running is a demonstration that runs in this process until the test ends. When it has ended, what the hub stored is held
// against the truth.
type running struct {
	url  string
	data string
	out  *screen
	hook hookFile
}

// screen takes what the program prints.
type screen struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "county")
	o, err := parse(append([]string{"--data", dir, "--token", testToken, "--addr", ""}, args...))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &running{data: dir, out: &screen{}, hook: hookFile(filepath.Join(dir, "webhook.jsonl"))}
	done := make(chan error, 1)
	go func() { done <- demo(ctx, o, c.out) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("demo: %v", err)
		}
		c.reconcile(t)
	})
	c.until(t, "the county's address is printed", func() bool {
		select {
		case err := <-done:
			done <- nil
			t.Fatalf("demo ended: %v\n%s", err, c.out)
		default:
		}
		return strings.Contains(c.out.String(), "Ctrl+C")
	})
	c.url = regexp.MustCompile(`a county to look at: (\S+)`).FindStringSubmatch(c.out.String())[1]
	return c
}

// until waits for a condition.
func (c *running) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("not in time: %s\n%s", what, c.out)
		}
	}
}

// password reads what a person reads on the screen.
func (c *running) password(name string) string {
	m := regexp.MustCompile(`account ` + name + ` +密码 password (\S+)`).FindStringSubmatch(c.out.String())
	if m == nil {
		return ""
	}
	return m[1]
}

// get asks the interface with the token.
func (c *running) get(t *testing.T, path string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatalf("%s: %v: %s", path, err, body)
		}
	}
	return res.StatusCode
}

// reconcile holds what the hub stored against what the equipment did.
func (c *running) reconcile(t *testing.T) {
	t.Helper()
	res, err := reconcile.Folder(context.Background(), c.data)
	if err != nil {
		t.Errorf("reconcile: %v", err)
		return
	}
	var b strings.Builder
	if err := res.Print(&b); err != nil {
		t.Error(err)
	}
	if !res.OK() {
		t.Errorf("truth and store differ:\n%s", b.String())
	} else {
		t.Logf("reconciled:\n%s", b.String())
	}
}

// hookFile is where the demonstration's receiver keeps what the hub posted.
type hookFile string

// wait waits for a post of an event.
func (h hookFile) wait(t *testing.T, event string) {
	t.Helper()
	(&running{out: &screen{}}).until(t, "webhook "+event, func() bool {
		f, err := os.Open(string(h))
		if err != nil {
			return false
		}
		defer func() { _ = f.Close() }()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var m webhook.Message
			if json.Unmarshal(lines.Bytes(), &m) == nil && m.Event == event {
				return true
			}
		}
		return false
	})
}

// TestCounty runs a county for a while: every hall is live, every family of device is heard, the tables fill, and in the end
// nothing is missing, doubled or altered.
func TestCounty(t *testing.T) {
	c := start(t, "--halls", "2", "--stations", "2", "--speed", "8")
	var halls struct {
		Items []struct {
			ID   string `json:"id"`
			Link string `json:"link"`
		} `json:"items"`
	}
	c.until(t, "every hall is live", func() bool {
		c.get(t, "/api/v1/halls", &halls)
		live := 0
		for _, h := range halls.Items {
			if h.Link == "online" {
				live++
			}
		}
		return live == 4
	})
	for _, kind := range []string{"tickets", "ratings", "punches", "passages"} {
		c.until(t, kind+" are stored", func() bool {
			var page struct {
				Items []json.RawMessage `json:"items"`
			}
			return c.get(t, "/api/v1/"+kind+"?hall=jiangkou", &page) == http.StatusOK && len(page.Items) > 3
		})
	}
	c.until(t, "every device is heard", func() bool {
		var page struct {
			Items []struct {
				ID    string `json:"id"`
				State struct {
					Health string `json:"health"`
				} `json:"state"`
			} `json:"items"`
		}
		c.get(t, "/api/v1/devices", &page)
		for _, d := range page.Items {
			if d.State.Health == "unknown" && d.ID != "smoke" { // a detector at rest gives no sign of life
				return false
			}
		}
		return len(page.Items) > 40
	})
}
