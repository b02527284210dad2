// Package config turns hall.yaml into a typed description of one hall and of the gateway that serves it. It is strict:
// every mistake of a file is reported at once, with its line, path, value and how to mend it. It opens no device and
// asks nothing of the network; whether a device is there is for its driver to find out.
package config

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // small gateways have no zone files

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Config is a whole hall.yaml, with defaults filled in.
type Config struct {
	File       string            `yaml:"-"` // where it was read
	Hall       Hall              `yaml:"hall"`
	Zones      []hall.Zone       `yaml:"zones" conf:"max=64"`
	Windows    []hall.Window     `yaml:"windows" conf:"max=256"`
	Categories []hall.Category   `yaml:"categories" conf:"max=256"`
	Hours      Hours             `yaml:"hours"`
	Checks     Checks            `yaml:"checks"`
	Hub        *Hub              `yaml:"hub"`                      // nil: the hall works alone
	Rating     *Rating           `yaml:"rating"`                   // page for visitors' telephones; nil: none
	Broker     *Broker           `yaml:"broker"`                   // of the hall's own devices; nil: none
	DataDir    string            `yaml:"data_dir" conf:"required"` // journal and last good state
	Panel      Panel             `yaml:"panel"`
	Attendance Attendance        `yaml:"attendance"`
	Hikvision  HikvisionListener `yaml:"hikvision"`
	Journal    Journal           `yaml:"journal"`
	Devices    []Device          `yaml:"devices" conf:"max=256"`
}

// Hall names the hall.
type Hall struct {
	ID       hall.HallID `yaml:"id"` // [a-z0-9-]{1,32}
	Name     hall.Text   `yaml:"name"`
	Kind     hall.Kind   `yaml:"kind" conf:"oneof=center|station"`
	Township hall.Text   `yaml:"township"`
	TimeZone string      `yaml:"time_zone"` // IANA name
}

// Hub is the county's side. The gateway's user name there is the hall's id.
type Hub struct {
	Broker     string      `yaml:"broker" conf:"required"`     // mqtt://host:port or mqtts://host:port
	Credential conf.Secret `yaml:"credential" conf:"required"` // given when the hall was enrolled
	CAFile     string      `yaml:"ca_file"`                    // PEM, beside the file; empty: the system's authorities
}

// URL gives the broker with its port; 1883 and 8883 are the defaults.
func (h *Hub) URL() *url.URL {
	u, err := url.Parse(h.Broker)
	if err != nil { // Parse has refused it before
		return &url.URL{}
	}
	if u.Port() == "" {
		port := "1883"
		if u.Scheme == "mqtts" {
			port = "8883"
		}
		u.Host += ":" + port
	}
	return u
}

// Panel is the hall's own page.
type Panel struct {
	Listen string `yaml:"listen"` // host:port
}

// Attendance is where terminals push their punches. The approved terminals are the devices of driver zkteco-push.
type Attendance struct {
	Listen string `yaml:"listen"` // host:port; must be reachable by the terminals
}

// Journal bounds the gateway's journal. Facts are never dropped silently, whatever the bounds.
type Journal struct {
	MaxSize  Size `yaml:"max_size"`
	KeepDays int  `yaml:"keep_days" conf:"min=1,max=366"`
}

// Defaults of a file that does not say otherwise.
const (
	DefaultTimeZone   = "Asia/Shanghai"
	DefaultDataDir    = "/var/lib/hallpulse"
	DefaultPanel      = "127.0.0.1:8380"
	DefaultAttendance = "127.0.0.1:8381"
	DefaultMaxSize    = 512 << 20
	DefaultKeepDays   = 7
)

// Defaults fills in what a file need not say.
func (c *Config) Defaults() {
	c.Hall.Kind, c.Hall.TimeZone = hall.Center, DefaultTimeZone
	c.Hours.Defaults()
	c.Checks.Defaults()
	c.DataDir = DefaultDataDir
	c.Panel.Listen = DefaultPanel
	c.Attendance = Attendance{Listen: DefaultAttendance}
	c.Journal = Journal{MaxSize: DefaultMaxSize, KeepDays: DefaultKeepDays}
}

// Load reads a file. What is wrong with its content comes as a [conf.Errors].
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, conf.MaxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return Parse(path, data)
}

// Parse reads data, the content of file. The error is a [conf.Errors].
func Parse(file string, data []byte) (*Config, error) {
	return parse(conf.Open(file, data), file)
}

func parse(doc *conf.Document, file string) (*Config, error) {
	c := &Config{File: file}
	if doc.Decode(c) {
		newChecker(doc, c).all()
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	c.complete()
	return c, nil
}

// complete fills in what follows from other values, once everything is right.
func (c *Config) complete() {
	if c.Hub != nil && c.Hub.CAFile != "" && !filepath.IsAbs(c.Hub.CAFile) {
		c.Hub.CAFile = filepath.Join(filepath.Dir(c.File), c.Hub.CAFile)
	}
	for i := range c.Devices {
		d := &c.Devices[i]
		if d.Family == "" {
			d.Family = Drivers()[d.Driver].Family
		}
		if d.Name.ZH == "" {
			d.Name.ZH = string(d.ID)
		}
		if ProfileIsFile(d.Profile) && !filepath.IsAbs(d.Profile) {
			d.Profile = filepath.Join(filepath.Dir(c.File), d.Profile)
		}
		if d.MQTT != nil && ProfileIsFile(d.MQTT.Profile) && !filepath.IsAbs(d.MQTT.Profile) {
			d.MQTT.Profile = filepath.Join(filepath.Dir(c.File), d.MQTT.Profile)
		}
		if d.Beam != nil && d.Beam.Zone == "" {
			d.Beam.Zone = d.Zone
		}
		if d.Zkteco != nil && d.Zkteco.TimeZone == "" {
			d.Zkteco.TimeZone = c.Hall.TimeZone
		}
	}
}

// Description gives the hall as the gateway describes it to the county.
func (c *Config) Description() hall.Hall {
	h := hall.Hall{
		ID: c.Hall.ID, Name: c.Hall.Name, Kind: c.Hall.Kind, Township: c.Hall.Township, TimeZone: c.Hall.TimeZone,
		Zones: c.Zones, Windows: c.Windows, Categories: c.Categories, Hours: c.Hours.Opening(),
	}
	for _, d := range c.Devices {
		zone := d.Zone
		if d.Beam != nil { // the zone that it counts, wherever it hangs
			zone = d.Beam.Zone
		}
		h.Devices = append(h.Devices, hall.Device{ID: d.ID, Name: d.Name, Family: d.Family, Window: d.Window, Zone: zone, Tells: d.Telling()})
	}
	return h
}

// Terminals gives the approved attendance terminals: device by serial number.
func (c *Config) Terminals() map[string]hall.DeviceID {
	out := map[string]hall.DeviceID{}
	for _, d := range c.Devices {
		if d.Zkteco != nil {
			out[d.Zkteco.Serial] = d.ID
		}
	}
	return out
}

// Location gives the time zone of the hall.
func (c *Config) Location() *time.Location {
	h := hall.Hall{TimeZone: c.Hall.TimeZone}
	return h.Location()
}

// ProfileIsFile says whether a device's profile names a file rather than a built-in profile.
func ProfileIsFile(profile string) bool {
	return strings.ContainsRune(profile, '/') || strings.HasSuffix(profile, ".yaml") || strings.HasSuffix(profile, ".yml")
}
