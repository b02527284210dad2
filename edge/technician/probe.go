package technician

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Kind is what a finding is of.
type Kind string

// The kinds of finding.
const (
	SerialPort Kind = "serial"
	I2CDevice  Kind = "i2c"
	InputPort  Kind = "input"
	GPIOChip   Kind = "gpio"
	Camera     Kind = "onvif"
	Terminal   Kind = "terminal"
	MQTTDevice Kind = "mqtt"
)

// Finding is something that a gateway can reach.
type Finding struct {
	Kind  Kind
	Where string    // path, bus and address, host, or topic
	What  string    // as it names itself; empty: it does not
	Note  hall.Text // what to do next; empty: nothing
	Block string    // for hall.yaml, under devices; empty: there is no driver for it, or nothing says which
}

// Options of a probe. What is nil or empty is left out.
type Options struct {
	Files     bool                                           // look at /dev and /sys
	Root      string                                         // of the file system; empty: /
	I2C       func(bus string, addr uint16) driver.I2COpener // asks known addresses on every bus of the machine
	AllI2C    bool                                           // ask every address, not the known ones alone
	Cameras   string                                         // host:port of WS-Discovery, usually 239.255.255.250:3702
	Terminals string                                         // host:port where attendance terminals push
	Broker    driver.Broker                                  // of the hall
	Wait      time.Duration                                  // for cameras, terminals and topics; 0: DefaultWait
}

// DefaultWait is how long a probe listens to the network.
const DefaultWait = 5 * time.Second

// Failure is a part of a probe that could not be done. The others are.
type Failure struct {
	Kind Kind
	Err  error
}

// Error gives the failure in words.
func (f Failure) Error() string { return string(f.Kind) + ": " + f.Err.Error() }

// Unwrap gives the cause.
func (f Failure) Unwrap() error { return f.Err }

// maxFindings bounds what a part of a probe may find: the network may say anything.
const maxFindings = 256

// Probe looks for devices, one part after the other, until ctx ends. It changes nothing: no register is written, no message
// is published, and a terminal that pushes to it keeps its records.
func Probe(ctx context.Context, o Options) (found []Finding, failed []Failure) {
	if o.Wait <= 0 {
		o.Wait = DefaultWait
	}
	for _, part := range []struct {
		kind   Kind
		wanted bool
		look   func(context.Context, *Options) ([]Finding, error)
	}{
		{SerialPort, o.Files, serialPorts}, {InputPort, o.Files, inputDevices}, {GPIOChip, o.Files, gpioChips},
		{I2CDevice, o.I2C != nil, i2cDevices}, {Camera, o.Cameras != "", cameras}, {Terminal, o.Terminals != "", terminals},
		{MQTTDevice, o.Broker != nil, topics},
	} {
		if !part.wanted || ctx.Err() != nil {
			continue
		}
		list, err := part.look(ctx, &o)
		if err != nil {
			failed = append(failed, Failure{part.kind, fmt.Errorf("technician: %w", err)})
		}
		for _, f := range list[:min(len(list), maxFindings)] {
			f.Kind, f.Where, f.What = part.kind, oneLine(f.Where), oneLine(f.What)
			found = append(found, f)
		}
	}
	return found, failed
}

// MinimalHall is the least hall.yaml in which a proposed block stands: a window w1, a zone waiting and an MQTT broker, and the
// list of devices last.
const MinimalHall = `hall: {id: hall, name: {zh: 厅}, township: {zh: 镇}}
zones: [{id: waiting, name: {zh: 等候区}, role: waiting}]
windows: [{id: w1, name: {zh: 1号窗口}}]
broker: {address: "mqtt://127.0.0.1:1883"}
devices:
`

// propose gives the first of some blocks that a configuration may have: what a driver wants is its own affair.
func propose(blocks ...string) string {
	for _, b := range blocks {
		if Accepted(b) == nil {
			return b
		}
	}
	return ""
}

// Accepted says whether a configuration may have a proposed block; the error tells why not.
func Accepted(block string) error {
	_, err := config.Parse("hall.yaml", []byte(MinimalHall+indent(block)))
	return err
}

// indent puts a block under devices.
func indent(block string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(block, "\n"), "\n", "\n  ") + "\n"
}

// quoted gives text as YAML may have it in a flow.
func quoted(s string) string { return "'" + strings.ReplaceAll(oneLine(s), "'", "''") + "'" }

// id makes an id of a device out of words: letters, digits and dashes, at most 40.
func id(words string) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToLower(words)) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "device"
}
