package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"hallpulse/hall/conf"
	"hallpulse/hub/alert"
)

// Engines of readings.
const (
	EngineEmbedded = "embedded"
	EngineInflux   = "influxdb"
)

// Defaults of a file that does not say otherwise. Servers listen on loopback until they are told otherwise.
const (
	DefaultDataDir   = "hub-data"
	DefaultWeb       = "127.0.0.1:8080"
	DefaultMQTT      = "127.0.0.1:1883"
	DefaultRetention = 400 * 24 * time.Hour
)

// Config is hub.yaml. Every key has a default that works.
type Config struct {
	DataDir string  `yaml:"data_dir" conf:"required"`
	Web     Web     `yaml:"web"`
	MQTT    MQTT    `yaml:"mqtt"`
	Series  Series  `yaml:"series"`
	Alerts  Alerts  `yaml:"alerts"`
	Webhook Webhook `yaml:"webhook"`
	Metrics Metrics `yaml:"metrics"`
}

// Web is the pages' and the interface's listener.
type Web struct {
	Listen   string   `yaml:"listen"` // default 127.0.0.1:8080
	CertFile string   `yaml:"cert_file"`
	KeyFile  string   `yaml:"key_file"`
	Secure   bool     `yaml:"secure"`                 // cookies only over TLS: set it behind a TLS proxy
	Origins  []string `yaml:"origins" conf:"max=16"`  // further origins that forms may come from, as https://hall.example.cn
	Proxies  []string `yaml:"proxies" conf:"max=256"` // addresses of proxies whose X-Real-IP is believed
}

// MQTT is the embedded broker's listener.
type MQTT struct {
	Listen   string `yaml:"listen"` // default 127.0.0.1:1883
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// Series chooses the engine of readings.
type Series struct {
	Engine    string        `yaml:"engine" conf:"oneof=embedded|influxdb"` // default embedded
	Retention time.Duration `yaml:"retention" conf:"min=24h"`              // embedded: how long readings are kept; default 400 days
	URL       string        `yaml:"url"`
	Org       string        `yaml:"org"`
	Bucket    string        `yaml:"bucket"`
	Token     conf.Secret   `yaml:"token"`
}

// Alerts are the county's limits; 0 leaves the default of the rule.
type Alerts struct {
	QueueMax   int           `yaml:"queue_max" conf:"min=0,max=10000"`  // people waiting in a hall; default 10
	WaitAct    time.Duration `yaml:"wait_act" conf:"min=0s,max=24h"`    // longest wait that calls for action; default 30m
	WaitNotice time.Duration `yaml:"wait_notice" conf:"min=0s,max=24h"` // longest wait that calls for attention; default 20m
	QueueFor   time.Duration `yaml:"queue_for" conf:"min=0s,max=24h"`   // how long the condition must hold; default 30s
	WaitFor    time.Duration `yaml:"wait_for" conf:"min=0s,max=24h"`    // default 60s
	DeviceFor  time.Duration `yaml:"device_for" conf:"min=0s,max=24h"`  // default 30s
	GatewayFor time.Duration `yaml:"gateway_for" conf:"min=0s,max=24h"` // since its last word; default 10s
}

// durations gives how long each condition must hold, where the file says so.
func (a Alerts) durations() map[alert.Rule]time.Duration {
	out := map[alert.Rule]time.Duration{}
	for rule, d := range map[alert.Rule]time.Duration{
		alert.QueueTooLong: a.QueueFor, alert.WaitTooLong: a.WaitFor, alert.DeviceDown: a.DeviceFor, alert.GatewayLost: a.GatewayFor,
	} {
		if d > 0 {
			out[rule] = d
		}
	}
	return out
}

// Webhook is where alerts are posted; without a URL nowhere.
type Webhook struct {
	URL       string      `yaml:"url"`
	Secret    conf.Secret `yaml:"secret"`                          // signs the body (HMAC-SHA256)
	PerMinute int         `yaml:"per_minute" conf:"min=0,max=600"` // 0: 20
}

// Metrics is one more listener, which gives /metrics to a collector on this machine without a login.
type Metrics struct {
	Listen string `yaml:"listen"` // loopback only; empty: none
}

// Defaults fills in what a file need not say.
func (c *Config) Defaults() {
	c.DataDir, c.Web.Listen, c.MQTT.Listen = DefaultDataDir, DefaultWeb, DefaultMQTT
	c.Series = Series{Engine: EngineEmbedded, Retention: DefaultRetention}
}

// fill gives what a configuration made in a program leaves zero.
func (c *Config) fill() {
	var d Config
	d.Defaults()
	for at, value := range map[*string]string{
		&c.DataDir: d.DataDir, &c.Web.Listen: d.Web.Listen, &c.MQTT.Listen: d.MQTT.Listen, &c.Series.Engine: d.Series.Engine,
	} {
		if *at == "" {
			*at = value
		}
	}
	if c.Series.Retention == 0 {
		c.Series.Retention = d.Series.Retention
	}
}

// Load reads a hub.yaml. An empty path gives the defaults, with the data beside the working folder. What is wrong with the
// content of a file comes as a [conf.Errors], all at once.
func Load(path string) (Config, error) {
	var c Config
	if path == "" {
		c.Defaults()
		return c, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return c, fmt.Errorf("app: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, conf.MaxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return c, fmt.Errorf("app: %w", err)
	}
	return parse(path, data)
}

func parse(file string, data []byte) (Config, error) {
	var c Config
	doc := conf.Open(file, data)
	if doc.Decode(&c) {
		(&checker{doc, &c}).all()
	}
	if err := doc.Err(); err != nil {
		return Config{}, err
	}
	for _, at := range []*string{&c.Web.CertFile, &c.Web.KeyFile, &c.MQTT.CertFile, &c.MQTT.KeyFile} {
		if *at != "" && !filepath.IsAbs(*at) {
			*at = filepath.Join(filepath.Dir(file), *at)
		}
	}
	return c, nil
}

// path gives a place in the data folder.
func (c *Config) path(parts ...string) string {
	return filepath.Join(append([]string{c.DataDir}, parts...)...)
}
