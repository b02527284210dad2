package technician

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"hallpulse/edge/driver/onvif"
	"hallpulse/hall"
)

const maxScope = 120 // bytes of a name that a camera gives itself

var noteCamera = hall.Text{ZH: "请填写用户名、密码，并核对 RTSP 地址", EN: "fill in the user and the password, and check the RTSP address"}

// cameras asks the network for ONVIF devices and listens for the answers. One that answers from several interfaces is one.
func cameras(ctx context.Context, o *Options) (out []Finding, err error) {
	list, err := onvif.Discover(ctx, o.Cameras, o.Wait)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, c := range list {
		if f, ok := camera(c); ok && !seen[f.Where] {
			seen[f.Where] = true
			out = append(out, f)
		}
	}
	return out, nil
}

func camera(c onvif.Found) (f Finding, ok bool) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" {
		return Finding{}, false
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	what := strings.TrimSpace(c.Name + " " + c.Hardware)
	if c.Name == c.Hardware {
		what = c.Name
	}
	name := id("camera-" + u.Hostname())
	return Finding{Where: u.String(), What: strings.ToValidUTF8(what[:min(len(what), maxScope)], ""), Note: noteCamera, Block: propose(
		fmt.Sprintf("- id: %s\n  driver: onvif-camera\n  zone: waiting\n  onvif: {url: %s, username: admin, password: change-me}", name, quoted(u.String())),
		fmt.Sprintf("- id: %s\n  driver: rtsp-camera\n  zone: waiting\n  camera: {rtsp: %s, username: admin, password: change-me}", name, quoted("rtsp://"+host+":554/")),
	)}, true
}
