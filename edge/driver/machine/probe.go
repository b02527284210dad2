package machine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"hallpulse/edge/driver"
)

// maxPage is how much of a page is read.
const maxPage = 256 << 10

// TCP asks by connecting. Address is host:port.
type TCP struct{ Address string }

// Name gives tcp and the port.
func (p TCP) Name() string {
	_, port, _ := net.SplitHostPort(p.Address)
	return "tcp " + port
}

// Ask connects and closes. A refusal is an answer of the machine, the wrong one.
func (p TCP) Ask(ctx context.Context) (bool, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", p.Address)
	if err != nil {
		return errors.Is(err, syscall.ECONNREFUSED), plain(err)
	}
	return true, c.Close()
}

// plain says what is wrong without the address, which the configuration has.
func plain(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("no answer in time")
	case errors.As(err, &op):
		return op.Err
	}
	return err
}

// Web asks for a page.
type Web struct {
	URL      string
	Contains string // must be in the page; empty: nothing must
	Insecure bool   // the certificate of a machine in the hall that nobody signed
}

// Name is web.
func (p Web) Name() string { return "web" }

// Ask fetches the page: a status below 400 and the text are right.
func (p Web) Ask(ctx context.Context) (bool, error) {
	t := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: p.Insecure}}
	defer t.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return false, err
	}
	res, err := (&http.Client{Transport: t}).Do(req)
	if err != nil {
		var inner interface{ Unwrap() error }
		if errors.As(err, &inner) {
			err = inner.Unwrap()
		}
		return errors.Is(err, syscall.ECONNREFUSED), plain(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxPage))
	switch {
	case err != nil:
		return true, plain(err)
	case res.StatusCode >= http.StatusBadRequest:
		return true, fmt.Errorf("status %d", res.StatusCode)
	case !strings.Contains(string(body), p.Contains):
		return true, fmt.Errorf("the page does not say %q", p.Contains)
	}
	return true, nil
}

// Ping asks by ICMP echo.
type Ping struct{ Host string }

// Name is ping.
func (p Ping) Name() string { return "ping" }

// Ask sends an echo request and waits for the reply to it.
func (p Ping) Ask(ctx context.Context) (bool, error) {
	addrs, err := net.DefaultResolver.LookupIP(ctx, "ip4", p.Host)
	if err != nil || len(addrs) == 0 {
		return false, errors.New("name is not known")
	}
	c, raw, err := listenICMP()
	if err != nil {
		return false, err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	return echo(ctx, c, addrs[0], raw)
}

// listenICMP opens a socket for echo requests: the unprivileged one of the system, else the privileged one.
func listenICMP() (c *icmp.PacketConn, raw bool, err error) {
	if c, err = icmp.ListenPacket("udp4", "0.0.0.0"); err == nil {
		return c, false, nil
	}
	if c, err = icmp.ListenPacket("ip4:icmp", "0.0.0.0"); err == nil {
		return c, true, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("the system forbids pings: add the gateway's group to net.ipv4.ping_group_range, or ask by tcp: %w: %w", err, driver.ErrPermanent)
	}
	return nil, false, err
}

func echo(ctx context.Context, c *icmp.PacketConn, ip net.IP, raw bool) (bool, error) {
	const seq = 1
	id := os.Getpid() & 0xFFFF
	msg, err := (&icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: id, Seq: seq, Data: []byte("hallpulse")}}).Marshal(nil)
	if err != nil {
		return false, err
	}
	var to net.Addr = &net.UDPAddr{IP: ip}
	if raw {
		to = &net.IPAddr{IP: ip}
	}
	if _, err := c.WriteTo(msg, to); err != nil {
		return false, plain(err)
	}
	buf := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(buf)
		if ctx.Err() != nil {
			return false, errors.New("no answer in time")
		}
		if err != nil {
			return false, plain(err)
		}
		if reply(buf[:n], from, ip, id, raw) {
			return true, nil
		}
	}
}

// reply says whether a packet is the reply to the request. The system gives unprivileged sockets an id of its own.
func reply(b []byte, from net.Addr, ip net.IP, id int, raw bool) bool {
	host, _, err := net.SplitHostPort(from.String())
	if err != nil {
		host = from.String()
	}
	if host != ip.String() {
		return false
	}
	m, err := icmp.ParseMessage(ipv4.ICMPTypeEcho.Protocol(), b)
	if err != nil || m.Type != ipv4.ICMPTypeEchoReply {
		return false
	}
	e, ok := m.Body.(*icmp.Echo)
	return ok && (!raw || e.ID == id)
}
