package agent

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"hallpulse/edge/config"
	"hallpulse/edge/driver/mqttdevice"
	"hallpulse/firmware-bridge/escpos"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Texts of what a configuration can have wrong beside its own words.
const (
	zhProfile = "协议无法使用"
	enProfile = "the profile cannot be used"
	zhCA      = "证书文件无法使用"
	enCA      = "the file of authorities cannot be used"
)

// prepared is what the configuration refers to, read and checked.
type prepared struct {
	profiles map[string]*profile.Profile    // by the name or file that devices give
	layouts  map[string]escpos.Layout       // of printed tickets, by file; "" is the usual one
	mappings map[string]*mqttdevice.Mapping // of devices on the hall's broker, by the name or file that they give
	tls      *tls.Config                    // nil: no encrypted link
}

// Check tells what is wrong with a configuration that reading it alone does not show: profiles and authorities that do not
// exist or cannot be used. It opens no device and no connection. The error is a conf.Errors.
func Check(c *config.Config) error {
	_, err := prepare(c)
	return err
}

// prepare reads what the configuration refers to and gives every mistake at once.
func prepare(c *config.Config) (*prepared, error) {
	p := &prepared{profiles: map[string]*profile.Profile{}, layouts: map[string]escpos.Layout{"": escpos.DefaultLayout()},
		mappings: map[string]*mqttdevice.Mapping{}}
	var all conf.Errors
	for i, d := range c.Devices {
		if err := p.profile(d); err != nil {
			all = append(all, problems(c, fmt.Sprintf("devices[%d].profile", i), d.Profile, hall.Text{ZH: zhProfile, EN: enProfile}, err)...)
		}
		all = append(all, p.profiledFamily(c, i)...)
		if err := p.mapping(d); err != nil {
			all = append(all, problems(c, fmt.Sprintf("devices[%d].mqtt.profile", i), d.MQTT.Profile, hall.Text{ZH: zhProfile, EN: enProfile}, err)...)
		}
	}
	if h := c.Hub; h != nil && h.URL().Scheme == "mqtts" {
		var err error
		if p.tls, err = authorities(h); err != nil {
			all = append(all, problems(c, "hub.ca_file", h.CAFile, hall.Text{ZH: zhCA, EN: enCA}, err)...)
		}
	}
	if len(all) > 0 {
		return nil, all
	}
	return p, nil
}

// profile reads what a device's profile names: how a printed ticket is read, or the frames of a serial line.
func (p *prepared) profile(d config.Device) (err error) {
	switch {
	case d.Profile == "":
	case d.Driver == config.EscposSerial || d.Driver == config.EscposTCP:
		p.layouts[d.Profile], err = escpos.LoadLayout(d.Profile)
	default:
		p.profiles[d.Profile], err = profile.Load(d.Profile)
	}
	return err
}

// mapping reads what a device on the hall's broker names.
func (p *prepared) mapping(d config.Device) (err error) {
	if d.MQTT != nil && d.MQTT.Profile != "" {
		p.mappings[d.MQTT.Profile], err = mqttdevice.LoadMapping(d.MQTT.Profile)
	}
	return err
}

// problems gives an error of a file that the configuration refers to: its own mistakes where it has a list of them.
func problems(c *config.Config, path, value string, what hall.Text, err error) conf.Errors {
	var inside conf.Errors
	if errors.As(err, &inside) {
		return inside
	}
	return conf.Errors{{File: c.File, Path: path, Value: value, Message: hall.Text{ZH: what.ZH + "：" + err.Error(), EN: what.EN + ": " + err.Error()}}}
}

// authorities gives the settings of an encrypted link to the county.
func authorities(h *config.Hub) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: h.URL().Hostname()}
	if h.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(h.CAFile)
	if err != nil {
		return nil, err
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in PEM format")
	}
	return t, nil
}
