package config

import (
	"net/netip"
	"strings"

	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Profiled reads whatever a serial profile describes: a display, a dispenser or a keypad.
const Profiled Driver = "profile"

// ProfiledBlocks are the option blocks of lines that are read by a profile.
type ProfiledBlocks struct {
	TCP *TCP `yaml:"tcp"`
	// LineSettings are the settings of the serial line that the file leaves to the profile, by key.
	LineSettings []string `yaml:"-"`
}

func (b *ProfiledBlocks) blocks() []block { return []block{{"tcp", b.TCP != nil}} }

// TCP is a line over the network: a serial device server, or a device with a network port of its own.
type TCP struct {
	Address string `yaml:"address" conf:"max=256"` // host:port that the gateway calls
	Listen  string `yaml:"listen" conf:"max=64"`   // host:port where the device calls
	From    string `yaml:"from" conf:"max=64"`     // address or network that a caller is believed from; empty: anywhere
}

// Prefix gives the network that a caller is believed from, the zero prefix for anywhere; ok is false when From is neither an
// address nor a network.
func (t *TCP) Prefix() (p netip.Prefix, ok bool) {
	z := Zkteco{From: t.From}
	return z.Prefix()
}

func profiledDrivers() map[Driver]Uses {
	return map[Driver]Uses{Profiled: {
		Family: hall.Display, Others: []hall.Family{hall.Dispenser, hall.Keypad},
		Required: []string{"profile"}, Optional: []string{"serial", "tcp", "addresses"},
	}}
}

// The texts of lines that are read by a profile.
var (
	textOneLine     = hall.Text{ZH: "需要 serial 或 tcp，二者只能有一个", EN: "needs serial or tcp, one of them"}
	textOneWay      = hall.Text{ZH: "address 和 listen 必须且只能写一个", EN: "exactly one of address and listen is wanted"}
	textTCPAddress  = hall.Text{ZH: "不是 主机:端口", EN: "not a host:port"}
	textTCPMend     = hall.Text{ZH: "例如 192.168.1.50:4001", EN: "e.g. 192.168.1.50:4001"}
	textFromListen  = hall.Text{ZH: "只与 listen 一起使用", EN: "is used with listen only"}
	textFileFamily  = hall.Text{ZH: "自己的协议文件需要写明 family", EN: "a profile of your own needs the family written here"}
	textFamilyOneOf = hall.Text{ZH: "请添加 family: display、dispenser 或 keypad", EN: "add family: display, dispenser or keypad"}
)

// profiled checks a line that is read by a profile, and takes the family from a shipped one.
func (k *checker) profiled(path string, d *Device) {
	if d.TCP != nil {
		k.tcp(path+".tcp", d.TCP)
	}
	if d.Driver != Profiled {
		return
	}
	if (d.Serial != nil) == (d.TCP != nil) && k.doc.Has(path+".serial") == k.doc.Has(path+".tcp") {
		k.fail(path, textOneLine, conf.Say(textAdd, "serial"))
	}
	d.LineSettings = nil
	for _, key := range []string{"baud", "data_bits", "parity", "stop_bits"} {
		if d.Serial != nil && !k.doc.Has(path+".serial."+key) {
			d.LineSettings = append(d.LineSettings, key)
		}
	}
	k.profiledFamily(path, d)
	window := d.Window != "" || len(d.Addresses) > 0 || k.doc.Has(path+".addresses") || k.doc.Has(path+".window")
	if (d.Family == hall.Display || d.Family == hall.Keypad) && !window {
		k.fail(path+".window", textWindow, conf.Say(textAdd, "window"))
	}
}

// profiledFamily finds the family of a line. That of a profile in a file is compared with the file when it is read.
func (k *checker) profiledFamily(path string, d *Device) {
	switch {
	case d.Profile == "":
	case ProfileIsFile(d.Profile):
		if d.Family == "" && !k.doc.Has(path+".family") {
			k.fail(path+".family", textFileFamily, textFamilyOneOf)
		}
	default:
		p, err := profile.Load(d.Profile)
		switch {
		case err != nil:
			k.fail(path+".profile", conf.Say(textNoSuch, hall.Text{ZH: "协议", EN: "profile"}), conf.DidYouMean(d.Profile, profile.Builtins()))
		case d.Family == "":
			d.Family = p.Family()
		case d.Family != p.Family():
			k.fail(path+".family", conf.Say(textFamily, d.Profile, p.Family()), textFamilyMend)
		}
	}
}

func (k *checker) tcp(path string, t *TCP) {
	if (t.Address == "") == (t.Listen == "") {
		k.fail(path, textOneWay, conf.Say(textAdd, "address"))
	}
	if t.Address != "" {
		host, port, found := strings.Cut(t.Address, ":")
		if i := strings.LastIndex(t.Address, ":"); found && strings.HasPrefix(t.Address, "[") {
			host, port = t.Address[:i], t.Address[i+1:]
		}
		if !found || host == "" || port == "0" || !validPort(port, false) {
			k.fail(path+".address", textTCPAddress, textTCPMend)
		}
	}
	if t.Listen != "" {
		k.listen(path+".listen", t.Listen)
		k.unique(path+".listen", "listen", t.Listen)
	}
	if _, ok := t.Prefix(); !ok {
		k.fail(path+".from", textFrom, textFromMend)
	}
	if t.From != "" && t.Listen == "" {
		k.fail(path+".from", textFromListen, textRemove)
	}
}
