package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/auth"
	"hallpulse/hub/notify/webhook"
)

const (
	patience     = 20 * time.Second
	testPassword = "correct horse battery"
)

// bench is a running hub on its own folder, with an administrator's token and a receiver of webhooks.
type bench struct {
	*App
	cfg   Config
	admin *Admin // as another program would use it, on the same folder
	token string // of an administrator
	hooks *hooks
	stop  func()
}

// newBench starts a hub whose alerts come soon.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{hooks: newHooks(t)}
	b.cfg = Config{
		DataDir: t.TempDir(), Web: Web{Listen: "127.0.0.1:0"}, MQTT: MQTT{Listen: "127.0.0.1:0"}, Metrics: Metrics{Listen: "127.0.0.1:0"},
		Alerts:  Alerts{QueueMax: 5, QueueFor: 1500 * time.Millisecond, DeviceFor: 100 * time.Millisecond},
		Webhook: Webhook{URL: b.hooks.server.URL, Secret: "shared", PerMinute: 600},
	}
	var err error
	if b.admin, err = OpenAdmin(t.Context(), b.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.admin.Close() })
	b.token = b.account(t, auth.Account{Name: "admin", Role: auth.Administrator})
	b.start(t)
	t.Cleanup(func() { b.stop() })
	return b
}

// start runs the hub until stop.
func (b *bench) start(t *testing.T) {
	t.Helper()
	a, err := New(t.Context(), Options{Config: b.cfg, Version: "1.2.3", Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	b.App = a
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the hub stopped with: %v", err)
			}
		case <-time.After(patience):
			t.Error("the hub does not stop")
		}
	})
}

// account adds an account and gives a token for it.
func (b *bench) account(t *testing.T, a auth.Account) string {
	t.Helper()
	if err := b.admin.AddAccount(t.Context(), a, testPassword); err != nil {
		t.Fatal(err)
	}
	token, err := b.admin.AddToken(t.Context(), a.Name, a.Name, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// get asks with a token; an empty one asks without.
func (b *bench) get(t *testing.T, token, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.WebAddr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, read(t, res)
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// items asks for a list and decodes its items.
func items[T any](t *testing.T, b *bench, path string) []T {
	t.Helper()
	code, body := b.get(t, b.token, path)
	var list struct{ Items []T }
	if err := json.Unmarshal([]byte(body), &list); err != nil || code != http.StatusOK {
		t.Fatalf("%s: %d %v %.300s", path, code, err, body)
	}
	return list.Items
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// hooks is a receiver of webhooks.
type hooks struct {
	server *httptest.Server
	ch     chan webhook.Message
	away   atomic.Bool // nobody is there who could take a message
}

func newHooks(t *testing.T) *hooks {
	h := &hooks{ch: make(chan webhook.Message, 1000)}
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(r.Body)
		var m webhook.Message
		if err = errors.Join(err, json.Unmarshal(body, &m)); err != nil || r.Header.Get(webhook.SignatureHeader) != webhook.Sign("shared", body) {
			t.Errorf("webhook: %v, or a wrong signature: %s", err, body)
		}
		h.ch <- m
	}))
	t.Cleanup(h.server.Close)
	return h
}

// await gives the next message, which must be of this event and rule.
func (h *hooks) await(t *testing.T, event, rule string) webhook.Message {
	t.Helper()
	select {
	case m := <-h.ch:
		if m.Event != event || m.Incident == nil || string(m.Incident.Rule) != rule {
			t.Fatalf("told %s %+v, want %s of %s", m.Event, m.Incident, event, rule)
		}
		return m
	case <-time.After(patience):
		t.Fatalf("nothing told, want %s of %s", event, rule)
		panic("unreachable")
	}
}

// none says that nothing more was told.
func (h *hooks) none(t *testing.T) {
	t.Helper()
	select {
	case m := <-h.ch:
		t.Fatalf("told %s %+v", m.Event, m.Incident)
	default:
	}
}

// stream opens a stream of events; the channel is closed when it ends.
func (b *bench) stream(t *testing.T, token, path string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.WebAddr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v %+v", path, err, res)
	}
	ch := make(chan string, 1000)
	go func() {
		defer close(ch)
		defer func() { _ = res.Body.Close() }()
		sc := bufio.NewScanner(res.Body)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			if data, ok := strings.CutPrefix(sc.Text(), "data: "); ok {
				ch <- data
			}
		}
	}()
	return ch
}

func described(id hall.HallID, name string) hall.Hall {
	return hall.Hall{
		ID: id, Name: hall.Text{ZH: name + "便民服务中心", EN: string(id)}, Township: hall.Text{ZH: name}, Kind: hall.Center, TimeZone: "Asia/Shanghai",
		Windows: []hall.Window{{ID: "w1", Name: hall.Text{ZH: "1 号窗口"}}}, Categories: []hall.Category{{ID: "social", Name: hall.Text{ZH: "社保"}, Prefix: "A"}},
		Devices: []hall.Device{
			{ID: "keypad", Name: hall.Text{ZH: "评价器"}, Family: hall.Keypad}, {ID: "dispenser", Name: hall.Text{ZH: "取号机"}, Family: hall.Dispenser},
		},
	}
}
