package app

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/alert"
)

// TestRestart: incidents outlive the program, are not told twice, and can still end; records go on where they were.
func TestRestart(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	g.tickets(1, 2)
	g.awaitFacts(2)
	g.waiting(9)
	before := b.hooks.await(t, "firing", "queue_too_long")
	b.stop()
	b.hooks.none(t) // the hub's own end is nobody's alert
	b.start(t)
	if open := items[alert.Incident](t, b, "/api/v1/alerts?status=open"); len(open) != 1 || open[0].ID != before.Incident.ID {
		t.Errorf("open after the restart: %+v", open)
	}
	if code, body := b.get(t, b.token, "/api/v1/halls/jiangkou"); code != http.StatusOK || !strings.Contains(body, `"link":"unknown"`) || !strings.Contains(body, "江口镇") {
		t.Errorf("the hall after the restart: %d %.300s", code, body)
	}
	g = b.connect(t, described("jiangkou", "江口镇"))
	if open := items[alert.Incident](t, b, "/api/v1/alerts?status=open"); len(open) != 1 {
		t.Errorf("open after the gateway said that it is there, and nothing of its queue: %+v", open)
	}
	g.waiting(9)
	g.tickets(1, 4)
	g.awaitFacts(4)
	if rows := items[row](t, b, "/api/v1/tickets"); len(rows) != 4 {
		t.Errorf("tickets %+v", rows)
	}
	g.waiting(0)
	if m := b.hooks.await(t, "resolved", "queue_too_long"); m.Incident.ID != before.Incident.ID {
		t.Errorf("another incident ended: %+v", m.Incident)
	}
	b.hooks.none(t)
}

// TestUntold: what the receiver had not taken when the hub ended is told by the next one, once.
func TestUntold(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	b.hooks.away.Store(true)
	g.waiting(9)
	eventually(t, "the alert is there", func() bool { return len(items[alert.Incident](t, b, "/api/v1/alerts?status=firing")) == 1 })
	if _, body := b.get(t, b.token, "/metrics"); !strings.Contains(body, "\nhallpulse_webhook_waiting 1\n") {
		t.Error("metrics do not tell of the message that waits")
	}
	b.stop()
	b.hooks.away.Store(false)
	b.start(t)
	b.hooks.await(t, "firing", "queue_too_long")
	b.stop()
	b.start(t)
	g = b.connect(t, described("jiangkou", "江口镇"))
	g.waiting(0)
	b.hooks.await(t, "resolved", "queue_too_long")
	b.hooks.none(t)
}

// TestRetired: a hall whose credential was taken away for good is nobody's alert and stands on no list, until it is
// enrolled again.
func TestRetired(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	g.keypad(hall.HealthDown)
	b.hooks.await(t, "firing", "device_down")
	g.vanish()
	b.hooks.await(t, "firing", "gateway_lost")
	if err := b.admin.Revoke(t.Context(), "jiangkou"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no alert is open", func() bool { return len(items[alert.Incident](t, b, "/api/v1/alerts?status=open")) == 0 })
	listed := func() bool {
		_, page := b.get(t, b.token, "/")
		_, devices := b.get(t, b.token, "/devices")
		return strings.Contains(page, "江口镇") || strings.Contains(devices, "江口镇")
	}
	eventually(t, "it is not listed", func() bool { return !listed() })
	if code, page := b.get(t, b.token, "/halls/jiangkou"); code != http.StatusOK || !strings.Contains(page, "停用") {
		t.Errorf("its page: %d", code)
	}
	b.stop()
	b.start(t)
	if _, body := b.get(t, b.token, "/api/v1/halls/jiangkou"); !strings.Contains(body, `"link":"retired"`) || listed() {
		t.Errorf("after a restart: %.200s", body)
	}
	g = b.connect(t, described("jiangkou", "江口镇"))
	g.waiting(1)
	eventually(t, "it is listed again", listed)
}

// TestRevoke: a credential that another program takes away ends the connection, and opens none any more.
func TestRevoke(t *testing.T) {
	b := newBench(t)
	d := described("jiangkou", "江口镇")
	credential, err := b.admin.Enrol(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	g, err := b.dial(t, d, credential)
	if err != nil {
		t.Fatal(err)
	}
	g.birth()
	if err := b.admin.Revoke(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	select {
	case <-g.lost:
	case <-time.After(5 * time.Second):
		t.Fatal("the connection goes on")
	}
	if _, err := b.dial(t, d, credential); err == nil {
		t.Error("a revoked credential connects")
	}
	g = b.connect(t, d) // enrolled anew
	if _, err := b.admin.Enrol(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	select {
	case <-g.lost:
	case <-time.After(5 * time.Second):
		t.Fatal("a replaced credential goes on")
	}
}

// TestDiskFull: what cannot be stored is not acknowledged, the probe says so, and all is well when there is room again.
func TestDiskFull(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	if err := b.store.SetQuota(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	first, last := uint64(1), uint64(0)
	eventually(t, "not ready", func() bool { // small batches find room in pages that are there
		last = first + 999
		g.tickets(first, last)
		code, _ := b.get(t, "", "/readyz")
		return code == http.StatusServiceUnavailable
	})
	if code, _ := b.get(t, "", "/healthz"); code != http.StatusOK {
		t.Errorf("not alive: %d", code)
	}
	if code, body := b.get(t, b.token, "/metrics"); code != http.StatusOK || !strings.Contains(body, "\nhallpulse_ready 0\n") || !strings.Contains(body, `hallpulse_ingest_failing{lane="facts"} 1`) {
		t.Errorf("metrics do not tell of it: %d", code)
	}
	if err := b.store.SetQuota(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if a := g.await("asked to send again", func(a wire.Ack) bool { return a.Resend && a.Lane == hall.Facts }); a.Seq >= last {
		t.Errorf("acknowledged %d of %d with a full disk", a.Seq, last)
	}
	g.tickets(first, last)
	g.awaitFacts(last)
	eventually(t, "ready again", func() bool {
		code, _ := b.get(t, "", "/readyz")
		return code == http.StatusOK
	})
}

// TestStartFails: a failed start names what failed and leaves nothing open behind it.
func TestStartFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	c := Config{DataDir: t.TempDir(), Web: Web{Listen: taken.Addr().String()}, MQTT: MQTT{Listen: "127.0.0.1:0"}}
	if _, err := New(t.Context(), Options{Config: c}); err == nil || !strings.Contains(err.Error(), "start web") {
		t.Fatalf("a taken port: %v", err)
	}
	c.Web.Listen = "127.0.0.1:0"
	a, err := New(t.Context(), Options{Config: c}) // nothing holds the folder
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(t.Context(), Options{Config: c}); err == nil || !strings.Contains(err.Error(), "start series") {
		t.Errorf("a second hub on the same folder: %v", err)
	}
	a.Close()
	a.Close()
	if err := a.Run(t.Context()); err != nil {
		t.Errorf("a closed hub runs: %v", err)
	}
	if err := a.Run(t.Context()); !errors.Is(err, ErrRan) {
		t.Errorf("a second run: %v", err)
	}
}

// TestBackup: a copy of a hub that runs holds what was acknowledged, is for its owner alone, and replaces nothing.
func TestBackup(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	g.tickets(1, 5)
	g.awaitFacts(5)
	path := filepath.Join(t.TempDir(), "hub.db")
	if err := b.admin.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := b.admin.Backup(t.Context(), path); !errors.Is(err, os.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	b.stop()
	b.cfg.DataDir = filepath.Dir(path)
	b.start(t)
	if rows := items[row](t, b, "/api/v1/tickets"); len(rows) != 5 {
		t.Errorf("the copy has %+v", rows)
	}
}
