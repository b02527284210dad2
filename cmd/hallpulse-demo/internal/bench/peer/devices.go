package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
)

// Devices of a hall that Telegraf has inputs for.
type Devices struct {
	Hosts  []string // a connection, and a page
	SNMP   []string // printers, community hall
	Broker string   // host:port
	Topics []string
}

// Broker starts a Mosquitto for the devices and gives its address.
func Broker(ctx context.Context, t Tools, dir string) (addr string, stop func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("peer: %w", err)
	}
	s := &stack{}
	if err := s.mosquitto(ctx, t, dir); err != nil {
		return "", nil, errors.Join(err, s.close())
	}
	return s.broker, s.close, nil
}

// Ask lets a Telegraf ask the same devices as often, and measures it.
func Ask(ctx context.Context, t Tools, dir string, d Devices, warm, lasts time.Duration) (u measure.Share, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return u, fmt.Errorf("peer: %w", err)
	}
	s := &stack{broker: d.Broker}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.runTelegraf(ctx, t, dir, askConfig(d, filepath.Join(dir, "figures"))); err != nil {
		return u, err
	}
	if err := measure.Pause(ctx, warm); err != nil {
		return u, err
	}
	return measure.Watch(ctx, s.all[len(s.all)-1].Pid(), lasts)
}

func askConfig(d Devices, file string) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("[agent]\n  interval = \"10s\"\n  flush_interval = \"10s\"\n  omit_hostname = true")
	for _, h := range d.Hosts {
		p("[[inputs.net_response]]\n  protocol = \"tcp\"\n  address = %q", h)
		p("[[inputs.http_response]]\n  urls = [\"http://%s/\"]\n  response_string_match = \"自助\"", h)
	}
	for _, a := range d.SNMP {
		p("[[inputs.snmp]]\n  agents = [\"udp://%s\"]\n  version = 2\n  community = \"hall\"", a)
		p("  [[inputs.snmp.field]]\n    name = \"uptime\"\n    oid = \".1.3.6.1.2.1.1.3.0\"")
		for name, oid := range map[string]string{"name": "6", "most": "8", "level": "9"} {
			p("  [[inputs.snmp.field]]\n    name = %q\n    oid = \".1.3.6.1.2.1.43.11.1.1.%s.1.1\"", name, oid)
		}
		p("  [[inputs.snmp.field]]\n    name = \"trouble\"\n    oid = \".1.3.6.1.2.1.25.3.5.1.2.1\"")
	}
	p("[[inputs.mqtt_consumer]]\n  servers = [\"tcp://%s\"]\n  topics = [\"%s\"]\n  qos = 1\n  data_format = \"json\"", d.Broker, strings.Join(d.Topics, `", "`))
	p("[[outputs.file]]\n  files = [%q]\n  data_format = \"json\"", file)
	return b.String()
}
