package onvif

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// dateTime is a time as cameras write it (Core clause 8.1.6).
type dateTime struct {
	Hour   int `xml:"Time>Hour"`
	Minute int `xml:"Time>Minute"`
	Second int `xml:"Time>Second"`
	Year   int `xml:"Date>Year"`
	Month  int `xml:"Date>Month"`
	Day    int `xml:"Date>Day"`
}

func (d *dateTime) time() (time.Time, error) {
	t := time.Date(d.Year, time.Month(d.Month), d.Day, d.Hour, d.Minute, d.Second, 0, time.UTC)
	if d.Year < 1970 || d.Year > 2200 || t.Year() != d.Year || int(t.Month()) != d.Month || t.Day() != d.Day || t.Hour() != d.Hour || t.Minute() != d.Minute {
		return t, fmt.Errorf("%w: time %+v", ErrAnswer, *d)
	}
	return t, nil
}

// clock asks the camera for its time, without a login as every camera allows, and keeps how far it is off. The middle of the
// question is when it was taken; seconds are not told more exactly.
func (c *client) clock(ctx context.Context) error {
	var v struct {
		UTC *dateTime `xml:"Body>GetSystemDateAndTimeResponse>SystemDateAndTime>UTCDateTime"`
	}
	begin := c.now()
	q := call{to: c.device, open: true, body: `<GetSystemDateAndTime xmlns="` + nsDevice + `"/>`}
	if err := c.ask(ctx, q, &v); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	if v.UTC == nil { // allowed; then nobody knows
		return nil
	}
	t, err := v.UTC.time()
	if err != nil {
		return fmt.Errorf("time: %w", err)
	}
	c.offset = t.Sub(begin.Add(c.now().Sub(begin) / 2))
	return nil
}

// services asks where media and events are.
func (c *client) services(ctx context.Context) error {
	var v struct {
		Media  string `xml:"Body>GetCapabilitiesResponse>Capabilities>Media>XAddr"`
		Events string `xml:"Body>GetCapabilitiesResponse>Capabilities>Events>XAddr"`
	}
	q := call{to: c.device, body: `<GetCapabilities xmlns="` + nsDevice + `"><Category>All</Category></GetCapabilities>`}
	if err := c.ask(ctx, q, &v); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	for _, s := range []struct {
		raw string
		to  *endpoint
	}{{v.Media, &c.media}, {v.Events, &c.events}} {
		if *s.to = (endpoint{}); strings.TrimSpace(s.raw) == "" {
			continue
		}
		at, err := c.within(strings.TrimSpace(s.raw))
		if err != nil {
			return fmt.Errorf("capabilities: %w", err)
		}
		*s.to = endpoint{url: at}
	}
	return nil
}

// Info is what a camera says of itself.
type Info struct {
	Manufacturer string `xml:"Manufacturer"`
	Model        string `xml:"Model"`
	Firmware     string `xml:"FirmwareVersion"`
	Serial       string `xml:"SerialNumber"`
}

func (c *client) info(ctx context.Context) (i Info, err error) {
	var v struct {
		Info *Info `xml:"Body>GetDeviceInformationResponse"`
	}
	if err := c.ask(ctx, call{to: c.device, body: `<GetDeviceInformation xmlns="` + nsDevice + `"/>`}, &v); err != nil {
		return i, fmt.Errorf("device information: %w", err)
	}
	if v.Info == nil {
		return i, fmt.Errorf("device information: %w", ErrAnswer)
	}
	i = Info{clip(v.Info.Manufacturer), clip(v.Info.Model), clip(v.Info.Firmware), clip(v.Info.Serial)}
	return i, nil
}

// profiles asks for the tokens of the media profiles, the first of which is the main stream.
func (c *client) profiles(ctx context.Context) (tokens []string, err error) {
	var v struct {
		Profiles []struct {
			Token string `xml:"token,attr"`
		} `xml:"Body>GetProfilesResponse>Profiles"`
	}
	if err := c.ask(ctx, call{to: c.media, body: `<GetProfiles xmlns="` + nsMedia + `"/>`}, &v); err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	for _, p := range v.Profiles[:min(len(v.Profiles), maxProfiles)] {
		if p.Token != "" && len(p.Token) <= maxText {
			tokens = append(tokens, p.Token)
		}
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("profiles: %w: there is none", ErrAnswer)
	}
	return tokens, nil
}

// snapshotAddress asks where the picture of a profile is.
func (c *client) snapshotAddress(ctx context.Context, profile string) (string, error) {
	var v struct {
		URI string `xml:"Body>GetSnapshotUriResponse>MediaUri>Uri"`
	}
	body := `<GetSnapshotUri xmlns="` + nsMedia + `"><ProfileToken>` + escape(profile) + `</ProfileToken></GetSnapshotUri>`
	if err := c.ask(ctx, call{to: c.media, body: body}, &v); err != nil {
		return "", fmt.Errorf("snapshot address: %w", err)
	}
	return c.onHost(v.URI, "http", "https")
}

// streamAddress asks where the stream of a profile is.
func (c *client) streamAddress(ctx context.Context, profile string) (string, error) {
	var v struct {
		URI string `xml:"Body>GetStreamUriResponse>MediaUri>Uri"`
	}
	body := `<GetStreamUri xmlns="` + nsMedia + `"><StreamSetup><Stream xmlns="` + nsSchema + `">RTP-Unicast</Stream><Transport xmlns="` + nsSchema +
		`"><Protocol>RTSP</Protocol></Transport></StreamSetup><ProfileToken>` + escape(profile) + `</ProfileToken></GetStreamUri>`
	if err := c.ask(ctx, call{to: c.media, body: body}, &v); err != nil {
		return "", fmt.Errorf("stream address: %w", err)
	}
	return c.onHost(v.URI, "rtsp", "rtsps")
}

// onHost gives an address of pictures on the configured host. Its port is kept: it is another than that of the SOAP services.
func (c *client) onHost(raw string, schemes ...string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		return "", fmt.Errorf("%w: address of pictures", ErrAnswer) // it may hold a password
	}
	host, port := c.base.Hostname(), u.Port()
	switch {
	case port != "":
		u.Host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		u.Host = "[" + host + "]"
	default:
		u.Host = host
	}
	u.User, u.Fragment = nil, ""
	return u.String(), nil
}
