package onvif

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// Group is where WS-Discovery is spoken (WS-Discovery 2005/04, clause 2.4; ONVIF Core clause 7).
const Group = "239.255.255.250:3702"

const (
	maxDatagram = 64 << 10
	maxFound    = 256
	maxScopes   = 32
)

// Found is a camera that answered.
type Found struct {
	ID       string // its endpoint address, mostly urn:uuid:…
	URL      string // of its device service, the first with the host that answered, else the first
	Name     string // it gives itself; empty: none
	Hardware string
}

// Discover asks for cameras at to, host:port, which is [Group] mostly, on every interface, and listens to the answers for timeout.
// An interface that cannot be asked is passed over; none that can is an error.
func Discover(ctx context.Context, to string, timeout time.Duration) (out []Found, err error) {
	at, err := net.ResolveUDPAddr("udp4", to)
	if err != nil {
		return nil, fmt.Errorf("onvif: discover: %w", err)
	}
	var last error
	answers := make(chan []Found)
	n := 0
	for _, from := range sources(at) {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: from})
		if err != nil {
			last = err
			continue
		}
		n++
		go func() { answers <- probe(ctx, c, at, timeout) }()
	}
	for range n {
		for _, f := range <-answers {
			if len(out) < maxFound && !slices.ContainsFunc(out, func(g Found) bool { return g.ID == f.ID && g.URL == f.URL }) {
				out = append(out, f)
			}
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("onvif: discover: %w", errors.Join(errors.New("no network"), last))
	}
	return out, nil
}

// sources gives the addresses to ask from: a multicast goes out by one interface only.
func sources(to *net.UDPAddr) (out []net.IP) {
	all, err := net.InterfaceAddrs()
	if err != nil || !to.IP.IsMulticast() {
		return []net.IP{net.IPv4zero}
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			out = append(out, n.IP)
		}
	}
	return out
}

// probe asks from one address. It closes c.
func probe(ctx context.Context, c *net.UDPConn, to *net.UDPAddr, timeout time.Duration) (out []Found) {
	defer func() { _ = c.Close() }()
	if c.SetReadDeadline(time.Now().Add(timeout)) != nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := c.WriteToUDP(question(), to); err != nil {
		return nil
	}
	b := make([]byte, maxDatagram)
	for len(out) < maxFound {
		n, from, err := c.ReadFromUDP(b)
		if errors.Is(err, os.ErrDeadlineExceeded) || err != nil {
			return out
		}
		out = append(out, matches(b[:n], from.IP.String())...)
	}
	return out
}

func question() []byte {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="%s" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" `+
		`xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:MessageID>urn:uuid:%x-%x-%x-%x-%x</a:MessageID>`+
		`<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header>`+
		`<s:Body><d:Probe><d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>`,
		nsSOAP, id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// matches reads an answer that came from a host; what is none gives nothing.
func matches(datagram []byte, host string) (out []Found) {
	var v struct {
		XMLName xml.Name
		Matches []struct {
			ID     string `xml:"EndpointReference>Address"`
			Scopes string `xml:"Scopes"`
			XAddrs string `xml:"XAddrs"`
		} `xml:"Body>ProbeMatches>ProbeMatch"`
	}
	if parse(datagram, &v) != nil {
		return nil
	}
	for _, m := range v.Matches[:min(len(v.Matches), maxFound)] {
		f := Found{ID: clip(strings.TrimSpace(m.ID)), URL: service(m.XAddrs, host)}
		f.Name, f.Hardware = scope(m.Scopes, "/name/"), scope(m.Scopes, "/hardware/")
		if f.URL != "" {
			out = append(out, f)
		}
	}
	return out
}

// service chooses an address: that of the host which answered, because cameras name all they ever had.
func service(list, host string) (first string) {
	for at := range strings.FieldsSeq(list) {
		u, err := url.Parse(at)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(at) > maxText {
			continue
		}
		if u.Hostname() == host {
			return at
		}
		if first == "" {
			first = at
		}
	}
	return first
}

// scope gives what a camera says of itself, e.g. onvif://www.onvif.org/name/Door.
func scope(list, kind string) string {
	n := 0
	for s := range strings.FieldsSeq(list) {
		if n++; n > maxScopes {
			break
		}
		if _, text, ok := strings.Cut(s, "onvif.org"+kind); ok {
			if plain, err := url.PathUnescape(text); err == nil {
				return clip(strings.ToValidUTF8(plain, ""))
			}
		}
	}
	return ""
}
