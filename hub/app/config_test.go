package app

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/hall/conf"
	"hallpulse/hub/alert"
)

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hub.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

// TestMistakes: each mistake is named with its path and how to mend it.
func TestMistakes(t *testing.T) {
	for _, c := range []struct{ text, path, say string }{
		{`web: {lisen: "127.0.0.1:80"}`, "web.lisen", "did you mean listen?"},
		{`wbe: {}`, "wbe", "did you mean web?"},
		{`data_dir: ""`, "data_dir", "required"},
		{`web: {listen: ":http"}`, "web.listen", "e.g. 127.0.0.1:8080"},
		{`web: {listen: "hall.example.cn:80"}`, "web.listen", "not an address:port"},
		{`mqtt: {listen: ""}`, "mqtt.listen", "not an address:port"},
		{`mqtt: {cert_file: a.pem}`, "mqtt.key_file", "add key_file, or remove cert_file"},
		{`web: {key_file: a.pem}`, "web.cert_file", "add cert_file"},
		{`web: {origins: ["https://a.cn/x"]}`, "web.origins[0]", "without a path"},
		{`web: {proxies: [10.0.0.1, gate]}`, "web.proxies[1]", "10.0.0.0/24"},
		{`metrics: {listen: "0.0.0.0:9464"}`, "metrics.listen", "this machine alone"},
		{`metrics: {listen: ":9464"}`, "metrics.listen", "this machine alone"},
		{`series: {engine: influx}`, "series.engine", "did you mean influxdb?"},
		{`series: {engine: influxdb, bucket: b}`, "series.url", "needs this"},
		{`series: {engine: influxdb, url: "http://127.0.0.1:8086"}`, "series.bucket", "hallpulse/autogen"},
		{`series: {engine: influxdb, bucket: b, url: "127.0.0.1:8086"}`, "series.url", "not an http"},
		{`series: {url: "http://127.0.0.1:8086"}`, "series.url", "engine embedded does not use this"},
		{`series: {retention: 1h}`, "series.retention", "at least 24h"},
		{`series: {retention: 400}`, "series.retention", "write a unit"},
		{`alerts: {queue_max: -1}`, "alerts.queue_max", "at least 0"},
		{`alerts: {queue_for: -5s}`, "alerts.queue_for", "at least 0s"},
		{`alerts: {gateway_for: -1ms}`, "alerts.gateway_for", "at least 0s"},
		{`alerts: {wait_act: 25h}`, "alerts.wait_act", "at most 24h"},
		{`alerts: {wait_notice: 40m}`, "alerts.wait_notice", "attention after 40m0s would come later than action after 30m0s"},
		{`alerts: {wait_act: 10m}`, "alerts.wait_act", "wait_notice must not be longer"},
		{`webhook: {url: "alerts.example.cn"}`, "webhook.url", "not an http or https address"},
		{`webhook: {url: "https://u:hunter2@alerts.example.cn"}`, "webhook.url", "no user and password"},
		{`webhook: {secret: hunter2}`, "webhook.url", "required"},
		{`webhook: {url: "ftp://a.cn?key=hunter2", per_minute: 0}`, "webhook.url", "not an http"},
		{`webhook: {secret: [hunter2]}`, "webhook.secret", "write text, or {file: path}"},
	} {
		_, err := load(t, c.text)
		var problems conf.Errors
		if !errors.As(err, &problems) {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		found := false
		for _, p := range problems {
			found = found || p.Path == c.path && p.Line > 0 && strings.Contains(p.In("en"), c.say) && p.In("zh") != p.In("en")
		}
		if !found {
			t.Errorf("%s: want %s … %s in\n%v", c.text, c.path, c.say, err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the problem shows a secret: %v", c.text, err)
		}
	}
}

// TestEveryMistakeAtOnce: a file with several is mended in one round.
func TestEveryMistakeAtOnce(t *testing.T) {
	_, err := load(t, "web: {listen: x}\nmqtt: {key_file: k}\nalerts: {wait_for: -1s}\nnonsense: 1\n")
	var problems conf.Errors
	if !errors.As(err, &problems) || len(problems) != 4 {
		t.Errorf("%d problems: %v", len(problems), err)
	}
}

func TestDefaults(t *testing.T) {
	for name, read := range map[string]func() (Config, error){
		"no file": func() (Config, error) { return Load("") },
		"empty":   func() (Config, error) { return load(t, "") },
		"zero":    func() (Config, error) { var c Config; c.fill(); return c, nil },
	} {
		c, err := read()
		if err != nil || c.DataDir != DefaultDataDir || c.Web.Listen != DefaultWeb || c.MQTT.Listen != DefaultMQTT ||
			c.Series.Engine != EngineEmbedded || c.Series.Retention != DefaultRetention || c.Metrics.Listen != "" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "nothing.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
}

// TestValues: what a file says arrives; files are looked for beside it, and no print shows a secret.
func TestValues(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "hub.yaml")
	text := `
data_dir: /var/lib/hallpulse
web: {listen: "0.0.0.0:8443", cert_file: web.pem, key_file: /etc/key.pem, origins: ["https://hall.example.cn"], proxies: [10.0.0.0/24]}
mqtt: {listen: "[::]:8883", cert_file: tls/a.pem, key_file: tls/b.pem}
series: {engine: influxdb, url: "http://127.0.0.1:8086", bucket: hallpulse/autogen, token: {file: token}}
alerts: {queue_max: 8, queue_for: 5s, wait_notice: 6m, wait_act: 10m}
webhook: {url: "https://alerts.example.cn/x?key=1", secret: hunter2}
metrics: {listen: "127.0.0.1:9464"}
`
	if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.WriteFile(filepath.Join(dir, "token"), []byte("hunter3\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Web.CertFile != filepath.Join(dir, "web.pem") || c.Web.KeyFile != "/etc/key.pem" || c.MQTT.CertFile != filepath.Join(dir, "tls/a.pem") {
		t.Errorf("files: %+v %+v", c.Web, c.MQTT)
	}
	if c.Webhook.Secret.Reveal() != "hunter2" || c.Series.Token.Reveal() != "hunter3" {
		t.Error("secrets did not arrive")
	}
	d := c.Alerts.durations()
	if d[alert.QueueTooLong] != 5*time.Second || len(d) != 1 || c.Alerts.QueueMax != 8 {
		t.Errorf("alerts: %+v %v", c.Alerts, d)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "config", fmt.Sprintf("%v %+v %#v", c, c, c), "secret", c.Webhook.Secret)
	if strings.Contains(log.String(), "hunter") {
		t.Errorf("a secret is shown: %s", log.String())
	}
}
