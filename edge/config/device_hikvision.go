package config

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// HikvisionBlocks are the option blocks of terminals and cameras that speak ISAPI.
type HikvisionBlocks struct {
	Hikvision *Hikvision `yaml:"hikvision"`
}

func (b *HikvisionBlocks) blocks() []block {
	return []block{{"hikvision", b.Hikvision != nil}}
}

// The drivers of devices that speak ISAPI.
const (
	HikvisionTerminal Driver = "hikvision-terminal" // punches
	HikvisionCounter  Driver = "hikvision-counter"  // passages, and people in a line where it tells them
	HikvisionQueue    Driver = "hikvision-queue"    // people in a line
)

// The ways in which a device's events reach the gateway.
const (
	HikvisionListen = "listen" // it posts to http://<hikvision.listen>/hik/ev/<token>
	HikvisionStream = "stream" // the gateway holds its alertStream open
)

// Hikvision is a device that speaks ISAPI.
type Hikvision struct {
	Mode      string        `yaml:"mode" conf:"required,oneof=listen|stream"`
	Token     conf.Secret   `yaml:"token"`                            // secret part of the path that it posts to
	URL       string        `yaml:"url"`                              // http://address of the device, without user and password
	Username  string        `yaml:"username" conf:"max=64"`           //
	Password  conf.Secret   `yaml:"password"`                         //
	Serial    string        `yaml:"serial" conf:"max=64"`             // of a terminal; empty: the device is asked
	TimeZone  string        `yaml:"time_zone"`                        // of its clock where it states no offset; empty: the hall's
	Heartbeat time.Duration `yaml:"heartbeat" conf:"min=0s,max=1h"`   // between two events or heartbeats; 0: 10 s (stream), 1 min (listen)
	Interval  time.Duration `yaml:"interval" conf:"min=10s,max=1h"`   // between two looks at its clock
	History   time.Duration `yaml:"history" conf:"min=1h,max=2400h"`  // terminal: how far back stored events are searched first
	Granted   []int         `yaml:"granted" conf:"max=64"`            // terminal: further minor codes that say a person was verified
	Channel   int           `yaml:"channel" conf:"min=0,max=1000000"` // counter: of a device with several; 0: every one
	Region    int           `yaml:"region" conf:"min=0,max=1000000"`  // counter: of a channel; 0: every one
	Rule      int           `yaml:"rule" conf:"min=0,max=1000000"`    // queue: which line; 0: every one
	Reversed  bool          `yaml:"reversed"`                         // counter: mounted the other way round
}

// Defaults suit every model.
func (h *Hikvision) Defaults() {
	*h = Hikvision{Interval: 30 * time.Second, History: 7 * 24 * time.Hour}
}

// HikvisionListener is where devices of mode listen post.
type HikvisionListener struct {
	Listen ListenAddress `yaml:"listen"` // host:port; must be reachable by the devices; empty: DefaultHikvision
}

// DefaultHikvision is reached from the gateway alone.
const DefaultHikvision = "127.0.0.1:8382"

// Address gives the address to listen on.
func (l HikvisionListener) Address() string {
	if l.Listen == "" {
		return DefaultHikvision
	}
	return string(l.Listen)
}

// ListenAddress is an address:port to listen on.
type ListenAddress string

// UnmarshalText reads an address.
func (a *ListenAddress) UnmarshalText(text []byte) error {
	host, port, err := net.SplitHostPort(string(text))
	if err != nil || !validPort(port, false) || (host != "" && host != "localhost" && net.ParseIP(host) == nil) {
		return errListen
	}
	*a = ListenAddress(text)
	return nil
}

func hikvisionDrivers() map[Driver]Uses {
	block := []string{"hikvision"}
	return map[Driver]Uses{
		HikvisionTerminal: {Family: hall.Attendance, Required: block},
		HikvisionCounter:  {Family: hall.Occupancy, Others: []hall.Family{hall.Camera}, Required: block, Zone: true, Tells: hall.TellsPassages},
		HikvisionQueue:    {Family: hall.Camera, Required: block, Zone: true, Tells: hall.TellsNothing},
	}
}

// Length of a token: what nobody guesses.
const (
	minToken = 16
	maxToken = 128
)

var (
	errListen           = conf.TextError{ZH: "不是 地址:端口，例如 0.0.0.0:8382", EN: "not an address:port, e.g. 0.0.0.0:8382"}
	textHikMode         = hall.Text{ZH: "%s 方式需要这一项", EN: "mode %s needs this"}
	textHikToken        = hall.Text{ZH: "须为 %d 到 %d 位字母、数字、- 或 _，不能被猜到", EN: "must be %d to %d letters, digits, - or _, not to be guessed"}
	textHikTokenMend    = hall.Text{ZH: "例如用 openssl rand -hex 16 生成", EN: "e.g. made by openssl rand -hex 16"}
	textHikPath         = hall.Text{ZH: "只写设备地址，不要路径", EN: "the address of the device alone, without a path"}
	textHikSerial       = hall.Text{ZH: "没有 url 就无法询问序列号，需要写明", EN: "without a url it cannot be asked for, so it is needed"}
	textHikSerialMend   = hall.Text{ZH: "序列号见设备标签或“系统信息”", EN: "it is on the label and under the device's system information"}
	textHikSerialBad    = hall.Text{ZH: "含有空格或控制字符", EN: "has blanks or control characters"}
	textHikNoUser       = hall.Text{ZH: "有密码却没有用户名", EN: "a password without a user name"}
	textHikNoURL        = hall.Text{ZH: "有用户名却没有设备地址", EN: "a user name without the address of the device"}
	textHikTokenUnused  = hall.Text{ZH: "stream 方式不使用这一项", EN: "mode stream does not use this"}
	textHikGrantedRange = hall.Text{ZH: "事件代码须在 1 到 65535 之间", EN: "an event code is 1 to 65535"}
)

func (k *checker) hikvision(path string, d *Device) {
	h := d.Hikvision
	if h == nil {
		return
	}
	path += ".hikvision"
	switch h.Mode {
	case HikvisionListen:
		k.hikvisionToken(path+".token", h.Token.Reveal())
	case HikvisionStream:
		if h.URL == "" && !k.doc.Has(path+".url") {
			k.fail(path+".url", conf.Say(textHikMode, h.Mode), conf.Say(textAdd, "url"))
		}
		if h.Token != "" {
			k.fail(path+".token", textHikTokenUnused, textRemove)
		}
	}
	k.hikvisionLogin(path, h)
	if h.TimeZone != "" {
		k.zoneName(path+".time_zone", h.TimeZone)
	}
	if strings.ContainsFunc(h.Serial, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		k.fail(path+".serial", textHikSerialBad, hall.Text{})
	}
	if d.Driver == HikvisionTerminal {
		k.hikvisionTerminal(path, h)
	}
	k.hikvisionUnused(path, d.Driver, h)
}

func (k *checker) hikvisionToken(path, token string) {
	k.doc.Conceal(path)
	switch {
	case token == "" && !k.doc.Has(path):
		k.fail(path, conf.Say(textHikMode, HikvisionListen), textHikTokenMend)
	case len(token) < minToken || len(token) > maxToken || !validToken(token):
		k.fail(path, conf.Say(textHikToken, minToken, maxToken), textHikTokenMend)
	default:
		k.unique(path, "token", token)
	}
}

func validToken(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}

func (k *checker) hikvisionLogin(path string, h *Hikvision) {
	k.url(path+".url", h.URL, "http", "https")
	if u, err := url.Parse(h.URL); err == nil && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "") {
		k.fail(path+".url", textHikPath, hall.Text{})
	}
	switch {
	case h.Username == "" && h.Password != "":
		k.fail(path+".username", textHikNoUser, conf.Say(textAdd, "username"))
	case h.Username != "" && h.URL == "" && !k.doc.Has(path+".url"):
		k.fail(path+".url", textHikNoURL, conf.Say(textAdd, "url"))
	}
}

func (k *checker) hikvisionTerminal(path string, h *Hikvision) {
	if h.Mode == HikvisionListen && h.URL == "" && h.Serial == "" && !k.doc.Has(path+".url") && !k.doc.Has(path+".serial") {
		k.fail(path+".serial", textHikSerial, textHikSerialMend)
	}
	for _, code := range h.Granted {
		if code < 1 || code > 65535 {
			k.fail(path+".granted", textHikGrantedRange, hall.Text{})
			return
		}
	}
	k.unique(path+".serial", "terminal", h.Serial)
}

// hikvisionUnused reports keys that belong to another driver.
func (k *checker) hikvisionUnused(path string, driver Driver, h *Hikvision) {
	counters := []Driver{HikvisionCounter, HikvisionQueue}
	for _, x := range []struct {
		key     string
		there   bool
		drivers []Driver
	}{
		{"granted", len(h.Granted) > 0, []Driver{HikvisionTerminal}}, {"history", k.doc.Has(path + ".history"), []Driver{HikvisionTerminal}},
		{"channel", h.Channel != 0, counters}, {"rule", h.Rule != 0, counters},
		{"region", h.Region != 0, []Driver{HikvisionCounter}}, {"reversed", h.Reversed, []Driver{HikvisionCounter}},
	} {
		if x.there && !slices.Contains(x.drivers, driver) {
			k.fail(path+"."+x.key, conf.Say(textNotUsed, driver), textRemove)
		}
	}
}
