package config

import (
	"net"
	"time"

	"hallpulse/hall"
)

// EscposTCP is the driver of a network printer that the queue machine reaches through the gateway.
const EscposTCP Driver = "escpos-tcp"

// DefaultProxyListen is where the queue machine prints to unless told. It is this machine alone: a queue machine of its own needs
// an address of the hall's network.
const DefaultProxyListen = "127.0.0.1:9100"

// printerPort is the port of network printers.
const printerPort = "9100"

// Proxy is a network printer behind the gateway: what is printed passes through unchanged.
type Proxy struct {
	Listen   string        `yaml:"listen"`                          // host:port that the queue machine prints to
	Printer  string        `yaml:"printer" conf:"required,max=128"` // host or host:port of the printer
	Status   string        `yaml:"status" conf:"oneof=auto|off"`    // auto: ask the printer for paper, cover and faults between jobs
	Interval time.Duration `yaml:"interval" conf:"min=1s,max=10m"`  // between two looks at the printer
}

// Defaults ask the printer every ten seconds.
func (p *Proxy) Defaults() {
	*p = Proxy{Listen: DefaultProxyListen, Status: "auto", Interval: 10 * time.Second}
}

// Address gives the printer with its port.
func (p *Proxy) Address() string {
	if _, _, err := net.SplitHostPort(p.Printer); err == nil {
		return p.Printer
	}
	return net.JoinHostPort(p.Printer, printerPort)
}

var (
	textProxyPrinter = hall.Text{ZH: "不是打印机的 地址 或 地址:端口", EN: "not the address, or address:port, of a printer"}
	textProxyMend    = hall.Text{ZH: "例如 192.168.1.50", EN: "e.g. 192.168.1.50"}
	textProxyLoop    = hall.Text{ZH: "这是网关自己的地址，不是打印机的", EN: "this is where the gateway itself listens, not the printer"}
)

func (k *checker) proxy(path string, d *Device) {
	p := d.Proxy
	if p == nil {
		return
	}
	path += ".proxy"
	k.listen(path+".listen", p.Listen)
	k.unique(path+".listen", "listen", p.Listen)
	if p.Printer == "" { // refused already
		return
	}
	host, port, err := net.SplitHostPort(p.Address())
	switch {
	case err != nil || host == "" || !validPort(port, false) || port == "0":
		k.fail(path+".printer", textProxyPrinter, textProxyMend)
	case p.Address() == p.Listen:
		k.fail(path+".printer", textProxyLoop, textProxyMend)
	}
	k.unique(path+".printer", "printer", p.Address())
}
