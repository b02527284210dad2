package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"hallpulse/edge/bus"
	"hallpulse/edge/driver/mqttdevice"
	"hallpulse/edge/driver/onvif"
	"hallpulse/edge/technician"
)

// probing is what the flags of device probe say.
type probing struct {
	files, i2c, all, cameras bool
	group, terminals         string
	broker, user, secret     string
	wait                     time.Duration
	lang                     *language
}

func (t *tool) probeFlags(args []string) (*probing, error) {
	p := &probing{}
	f := t.flags("device probe")
	f.BoolVar(&p.files, "ports", true, "serial ports, input devices and GPIO chips (串口、输入设备和 GPIO)")
	f.BoolVar(&p.i2c, "i2c", true, "known chips on I2C buses, by reading one byte (读取一个字节查找已知 I2C 芯片)")
	f.BoolVar(&p.all, "i2c-all", false, "every I2C address; a read may move a strange chip (全部 I2C 地址)")
	f.BoolVar(&p.cameras, "cameras", true, "ONVIF cameras by WS-Discovery (查找 ONVIF 摄像头)")
	f.StringVar(&p.group, "cameras-at", onvif.Group, "where cameras are asked (查找地址)")
	f.StringVar(&p.terminals, "terminals", "", "host:port where attendance terminals push; their records are left with them (考勤机推送地址)")
	f.StringVar(&p.broker, "broker", "", "mqtt://host:port of the hall's broker (本厅 MQTT 服务器)")
	f.StringVar(&p.user, "broker-user", "", "user at the broker (用户名)")
	f.StringVar(&p.secret, "broker-password-file", "", "file with the password (密码文件)")
	f.DurationVar(&p.wait, "wait", technician.DefaultWait, "how long to listen to each part of the network (监听时长)")
	p.lang = in(f)
	if err := parse(f, args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 || p.wait <= 0 || p.wait > time.Hour {
		t.tell("hallpulse: device probe takes flags alone, and a --wait of up to 1h (只接受选项)\n")
		return nil, errUsage
	}
	return p, nil
}

// deviceProbe lists what is connected.
func (t *tool) deviceProbe(ctx context.Context, args []string) error {
	p, err := t.probeFlags(args)
	if err != nil {
		return err
	}
	o := technician.Options{Files: p.files, AllI2C: p.all, Terminals: p.terminals, Wait: p.wait}
	if p.i2c || p.all {
		o.I2C = bus.NewI2C().Device
	}
	if p.cameras {
		o.Cameras = p.group
	}
	out := printed{t, p.lang.String()}
	out.line(textListening, p.wait)
	if p.broker != "" {
		password, err := p.password()
		if err != nil {
			return err
		}
		client := mqttdevice.NewClient(mqttdevice.ClientOptions{
			Address: p.broker, ClientID: fmt.Sprintf("hallpulse-probe-%d", os.Getpid()), Username: p.user, Password: password,
		})
		during, cancel := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); client.Run(during) }()
		defer func() { cancel(); <-done }()
		o.Broker = client
	}
	return out.probe(technician.Probe(ctx, o))
}

func (p *probing) password() (string, error) {
	if p.secret == "" {
		return "", nil
	}
	text, err := os.ReadFile(p.secret)
	if err != nil {
		return "", fmt.Errorf("hallpulse: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// probe prints what was found.
func (p printed) probe(found []technician.Finding, failed []technician.Failure) error {
	p.line(textFound, len(found))
	for _, f := range found {
		p.say("\n# %s  %s", textsFound[string(f.Kind)].In(p.lang), f.Where)
		if f.What != "" {
			p.say("  %s", f.What)
		}
		if note := f.Note.In(p.lang); note != "" {
			p.say("\n# %s", note)
		}
		p.say("\n")
		if f.Block != "" {
			p.say("%s\n", f.Block)
		}
	}
	for _, f := range failed {
		p.line(textCannot, textsFound[string(f.Kind)].In(p.lang), f.Err)
	}
	if len(failed) > 0 {
		return errDevice
	}
	return nil
}
