package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hallpulse/hall/conf"
)

// Config is hub.yaml. Every key has a default that works; servers listen on loopback until they are told otherwise.
type Config struct {
	DataDir string  `yaml:"data_dir"`
	Web     Web     `yaml:"web"`
	MQTT    MQTT    `yaml:"mqtt"`
	Series  Series  `yaml:"series"`
	Alerts  Alerts  `yaml:"alerts"`
	Webhook Webhook `yaml:"webhook"`
}

// Web is the pages' and the interface's listener.
type Web struct {
	Listen string `yaml:"listen"` // default 127.0.0.1:8080
	Secure bool   `yaml:"secure"` // cookies only over TLS: set it behind a TLS proxy
}

// MQTT is the embedded broker's listener.
type MQTT struct {
	Listen   string `yaml:"listen"` // default 127.0.0.1:1883
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// Series chooses the engine of readings.
type Series struct {
	Engine    string        `yaml:"engine"`    // embedded (default) or influxdb
	Retention time.Duration `yaml:"retention"` // embedded: how long readings are kept; default 400 days
	URL       string        `yaml:"url"`
	Org       string        `yaml:"org"`
	Bucket    string        `yaml:"bucket"`
	Token     conf.Secret   `yaml:"token"`
}

// Alerts are the county's limits; 0 leaves the default of the rule.
type Alerts struct {
	QueueMax   int           `yaml:"queue_max"`   // people waiting in a hall; default 10
	WaitAct    time.Duration `yaml:"wait_act"`    // longest wait that calls for action; default 30m
	WaitNotice time.Duration `yaml:"wait_notice"` // longest wait that calls for attention; default 20m
	QueueFor   time.Duration `yaml:"queue_for"`   // how long the condition must hold; default 30s
	WaitFor    time.Duration `yaml:"wait_for"`    // default 60s
	DeviceFor  time.Duration `yaml:"device_for"`  // default 30s
	GatewayFor time.Duration `yaml:"gateway_for"` // after the link is lost; default 0s
}

// Webhook is where alerts are posted; without a URL nowhere.
type Webhook struct {
	URL       string      `yaml:"url"`
	Secret    conf.Secret `yaml:"secret"` // signs the body (HMAC-SHA256)
	PerMinute int         `yaml:"per_minute"`
}

// Load reads a hub.yaml. An empty path gives the defaults with the data beside the working folder.
func Load(path string) (Config, error) {
	var c Config
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("app: %w", err)
		}
		if err := conf.Decode(path, data, &c); err != nil {
			return c, err
		}
	}
	c.defaults()
	return c, c.check()
}

func (c *Config) defaults() {
	for _, d := range []struct {
		at    *string
		value string
	}{
		{&c.DataDir, "hub-data"}, {&c.Web.Listen, "127.0.0.1:8080"}, {&c.MQTT.Listen, "127.0.0.1:1883"}, {&c.Series.Engine, "embedded"},
	} {
		if *d.at == "" {
			*d.at = d.value
		}
	}
	if c.Series.Retention == 0 {
		c.Series.Retention = 400 * 24 * time.Hour
	}
}

// check gives every error at once, each with its path, value and mend.
func (c *Config) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("hub.yaml: "+format, args...)) }
	switch c.Series.Engine {
	case "embedded":
	case "influxdb":
		if c.Series.URL == "" || c.Series.Bucket == "" {
			bad("series.url, series.bucket: empty; influxdb needs both, for example http://127.0.0.1:8086 and hallpulse/autogen")
		}
	default:
		bad("series.engine: %q; write embedded or influxdb", c.Series.Engine)
	}
	if (c.MQTT.CertFile == "") != (c.MQTT.KeyFile == "") {
		bad("mqtt.cert_file, mqtt.key_file: only one is set; set both for TLS, none for plain MQTT on loopback")
	}
	return errors.Join(errs...)
}

// path gives a place in the data folder.
func (c *Config) path(parts ...string) string {
	return filepath.Join(append([]string{c.DataDir}, parts...)...)
}
