package technician

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

	"hallpulse/hall"
)

// DiscoveryGroup is where WS-Discovery is spoken (OASIS WS-Discovery 1.1, clause 3.1.1; ONVIF Core, clause 7).
const DiscoveryGroup = "239.255.255.250:3702"

const (
	maxDatagram = 64 << 10
	maxScope    = 120 // bytes of a name that a camera gives itself
)

var noteCamera = hall.Text{ZH: "请填写用户名、密码，并核对 RTSP 地址", EN: "fill in the user and the password, and check the RTSP address"}

// probeMessage asks every network video transmitter.
const probeMessage = `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" ` +
	`xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" ` +
	`xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>urn:uuid:%s</w:MessageID>` +
	`<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>` +
	`</e:Header><e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>`

// probeMatches is an answer; elements are found by their local names, as makers differ in the others.
type probeMatches struct {
	Matches []struct {
		XAddrs string `xml:"XAddrs"`
		Scopes string `xml:"Scopes"`
	} `xml:"Body>ProbeMatches>ProbeMatch"`
}

// cameras asks the network for ONVIF devices and listens for the answers.
func cameras(ctx context.Context, o *Options) (out []Finding, err error) {
	group, err := net.ResolveUDPAddr("udp4", o.Cameras)
	if err != nil {
		return nil, err
	}
	c, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	end := time.Now().Add(o.Wait)
	stop := context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Now()) }) // a closed socket reads no more either
	defer stop()
	if err := c.SetReadDeadline(end); err != nil {
		return nil, err
	}
	if _, err := c.WriteToUDP(fmt.Appendf(nil, probeMessage, messageID()), group); err != nil {
		return nil, err
	}
	buf := make([]byte, maxDatagram)
	for ctx.Err() == nil && len(out) < maxFindings {
		n, _, err := c.ReadFromUDP(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return out, err
		}
		for _, f := range parseMatches(buf[:n]) {
			if !slices.ContainsFunc(out, func(g Finding) bool { return g.Where == f.Where }) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// messageID gives a random UUID.
func messageID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// parseMatches reads an answer; what is none gives nothing.
func parseMatches(datagram []byte) (out []Finding) {
	var m probeMatches
	if err := xml.Unmarshal(datagram, &m); err != nil {
		return nil
	}
	for _, match := range m.Matches[:min(len(m.Matches), maxFindings)] {
		for at := range strings.FieldsSeq(match.XAddrs) {
			u, err := url.Parse(at)
			if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
				continue
			}
			out = append(out, camera(u, scopes(match.Scopes)))
			break // one address of each
		}
	}
	return out
}

func camera(u *url.URL, what string) Finding {
	host := u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	name := id("camera-" + u.Hostname())
	return Finding{Where: u.String(), What: what, Note: noteCamera, Block: propose(
		fmt.Sprintf("- id: %s\n  driver: onvif-camera\n  zone: waiting\n  onvif: {url: %s, username: admin, password: change-me}", name, quoted(u.String())),
		fmt.Sprintf("- id: %s\n  driver: rtsp-camera\n  zone: waiting\n  camera: {rtsp: %s, username: admin, password: change-me}", name, quoted("rtsp://"+host+":554/")),
	)}
}

// scopes gives the name and hardware that a camera says of itself.
func scopes(list string) string {
	var words []string
	for s := range strings.FieldsSeq(list) {
		for _, kind := range []string{"/name/", "/hardware/"} {
			if _, text, ok := strings.Cut(s, "onvif.org"+kind); ok {
				if plain, err := url.PathUnescape(text); err == nil && !slices.Contains(words, plain) {
					words = append(words, plain)
				}
			}
		}
	}
	s := strings.Join(words, " ")
	return s[:min(len(s), maxScope)]
}
