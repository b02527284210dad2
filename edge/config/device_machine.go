package config

import (
	"net"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// The drivers of machines on the network of the hall.
const (
	ReachMachine Driver = "reach"
	SNMPMachine  Driver = "snmp"
)

// MachineBlocks are the option blocks of machines on the network of the hall, and the printer behind the gateway.
type MachineBlocks struct {
	Reach *Reach `yaml:"reach"`
	SNMP  *SNMP  `yaml:"snmp"`
	Proxy *Proxy `yaml:"proxy"`
}

func (b *MachineBlocks) blocks() []block {
	return []block{{"reach", b.Reach != nil}, {"snmp", b.SNMP != nil}, {"proxy", b.Proxy != nil}}
}

// Reach is how a machine is asked whether it is there: each question that is written is asked.
type Reach struct {
	Ping     string        `yaml:"ping" conf:"max=256"`           // host
	TCP      []string      `yaml:"tcp" conf:"max=8"`              // host:port
	Web      string        `yaml:"web" conf:"max=512"`            // http:// or https://
	Contains string        `yaml:"contains" conf:"max=256"`       // must be in the page
	Insecure bool          `yaml:"insecure"`                      // take the page's certificate as it is
	Interval time.Duration `yaml:"interval" conf:"min=5s,max=1h"` // between two rounds
	Timeout  time.Duration `yaml:"timeout" conf:"min=100ms,max=30s"`
}

// Defaults ask twice a minute.
func (r *Reach) Defaults() { *r = Reach{Interval: 30 * time.Second, Timeout: 3 * time.Second} }

// SNMP is how a machine is asked what it knows of itself.
type SNMP struct {
	Address   string        `yaml:"address" conf:"required,max=256"` // host or host:port; 161
	Kind      string        `yaml:"kind" conf:"oneof=system|printer|ups|switch"`
	Version   string        `yaml:"version" conf:"oneof=1|2c|3"`
	Community conf.Secret   `yaml:"community"` // versions 1 and 2c
	User      string        `yaml:"user"`      // version 3, with SHA and AES
	Auth      conf.Secret   `yaml:"auth"`
	Privacy   conf.Secret   `yaml:"privacy"`
	Ports     []string      `yaml:"ports" conf:"max=64"` // of a switch, that must be linked
	Interval  time.Duration `yaml:"interval" conf:"min=5s,max=1h"`
}

// Defaults ask twice a minute, by version 2c.
func (s *SNMP) Defaults() { *s = SNMP{Kind: "system", Version: "2c", Interval: 30 * time.Second} }

func machineDrivers() map[Driver]Uses {
	return map[Driver]Uses{
		ReachMachine: {Family: hall.Machine, Required: []string{"reach"}, Tells: hall.TellsNothing},
		SNMPMachine:  {Family: hall.Machine, Required: []string{"snmp"}, Tells: hall.TellsNothing},
	}
}

var (
	textNoProbe      = hall.Text{ZH: "没有写明怎样检查", EN: "nothing says how to ask"}
	textNoProbeMend  = hall.Text{ZH: "请添加 ping、tcp 或 web", EN: "add ping, tcp or web"}
	textHostPort     = hall.Text{ZH: "不是 地址:端口", EN: "not host:port"}
	textHostPortMend = hall.Text{ZH: "例如 192.168.1.20:3389", EN: "e.g. 192.168.1.20:3389"}
	textContains     = hall.Text{ZH: "contains 只用于 web", EN: "contains is of web"}
	textCommunity    = hall.Text{ZH: "版本 1 和 2c 需要 community", EN: "versions 1 and 2c need a community"}
	textUser         = hall.Text{ZH: "版本 3 需要 user", EN: "version 3 needs a user"}
	textShortSecret  = hall.Text{ZH: "至少 8 个字符", EN: "at least 8 characters"}
	textPrivacyAlone = hall.Text{ZH: "有 privacy 就必须有 auth", EN: "privacy needs auth"}
	textPortsOf      = hall.Text{ZH: "ports 只用于 switch", EN: "ports are of a switch"}
)

// shortestSecret of SNMP version 3 (RFC 3414, 11.2).
const shortestSecret = 8

func (k *checker) machine(path string, d *Device) {
	if r := d.Reach; r != nil {
		k.reach(path+".reach", r)
	}
	if s := d.SNMP; s != nil {
		k.snmp(path+".snmp", s)
	}
}

func (k *checker) reach(path string, r *Reach) {
	if r.Ping == "" && len(r.TCP) == 0 && r.Web == "" && !k.doc.Has(path+".web") && !k.doc.Has(path+".tcp") {
		k.fail(path, textNoProbe, textNoProbeMend)
	}
	for _, a := range r.TCP {
		if host, port, err := net.SplitHostPort(a); err != nil || host == "" || !validPort(port, false) {
			k.fail(path+".tcp", textHostPort, textHostPortMend)
			break
		}
	}
	k.url(path+".web", r.Web, "http", "https")
	if r.Contains != "" && r.Web == "" {
		k.fail(path+".contains", textContains, textRemove)
	}
}

func (k *checker) snmp(path string, s *SNMP) {
	switch {
	case s.Version == "3" && s.User == "":
		k.fail(path+".user", textUser, conf.Say(textAdd, "user"))
	case s.Version != "3" && s.Community.Reveal() == "" && !k.doc.Has(path+".community"):
		k.fail(path+".community", textCommunity, conf.Say(textAdd, "community"))
	}
	for key, secret := range map[string]conf.Secret{"auth": s.Auth, "privacy": s.Privacy} {
		if n := len(secret.Reveal()); n > 0 && n < shortestSecret {
			k.fail(path+"."+key, textShortSecret, hall.Text{})
		}
	}
	if s.Privacy.Reveal() != "" && s.Auth.Reveal() == "" {
		k.fail(path+".privacy", textPrivacyAlone, conf.Say(textAdd, "auth"))
	}
	if len(s.Ports) > 0 && s.Kind != "switch" {
		k.fail(path+".ports", textPortsOf, textRemove)
	}
}
