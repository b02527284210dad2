package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*SNMP)(nil)

// askTime bounds one request; it is asked once more.
const askTime = 2 * time.Second

// SNMPOptions of a machine. Address is required.
type SNMPOptions struct {
	Address   string // host or host:port; 161
	Version   string // 1, 2c, 3; empty: 2c
	Community string // of versions 1 and 2c
	User      string // of version 3, with SHA and AES
	Auth      string // at least 8 characters; empty: none
	Privacy   string // at least 8 characters; empty: none
	Kind      Kind
	Ports     []string // of a switch that must be linked, by ifName
	Interval  time.Duration
}

// SNMP reads what a machine knows of itself.
type SNMP struct{ o SNMPOptions }

// NewSNMP prepares a driver; it asks nothing.
func NewSNMP(o SNMPOptions) *SNMP {
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	return &SNMP{o}
}

// Expect says how a machine shows that it lives.
func (s *SNMP) Expect() driver.Expect {
	return driver.Expect{Silence: missesMost*(s.o.Interval+askTime) + slack}
}

// Run asks until ctx ends or the machine does not answer.
func (s *SNMP) Run(ctx context.Context, out driver.Sink) error {
	g, err := s.client()
	if err != nil {
		return fmt.Errorf("machine: snmp: %w: %w", err, driver.ErrPermanent)
	}
	if err := g.Connect(); err != nil {
		return fmt.Errorf("machine: snmp: %w", err)
	}
	defer func() { _ = g.Conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = g.Conn.Close() }) // ends a read
	defer stop()
	tick := time.NewTicker(s.o.Interval)
	defer tick.Stop()
	opened, told := false, ""
	for {
		f, err := read(client{g}, s.o.Kind, s.o.Ports)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("machine: snmp: %w", err)
		case !opened:
			opened = true
			out.Opened()
		}
		out.Seen()
		for _, r := range f.readings {
			out.Reading(r.metric, r.part, r.value)
		}
		told = tellTrouble(out, told, f.trouble)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func tellTrouble(out driver.Sink, told string, list []string) string {
	now := strings.Join(list, ", ")
	if now == told {
		return told
	}
	if now == "" {
		out.Healthy()
	} else {
		out.Degraded(false, hall.Reason{Code: "machine_trouble", Detail: now})
	}
	return now
}

func (s *SNMP) client() (*gosnmp.GoSNMP, error) {
	host, port, err := net.SplitHostPort(s.o.Address)
	if err != nil {
		host, port = s.o.Address, "161"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("port %q", port)
	}
	g := &gosnmp.GoSNMP{Target: host, Port: uint16(n), Community: s.o.Community, Timeout: askTime, Retries: 1, MaxOids: 20, MaxRepetitions: 20}
	switch s.o.Version {
	case "1":
		g.Version = gosnmp.Version1
	case "", "2c":
		g.Version = gosnmp.Version2c
	case "3":
		s.three(g)
	default:
		return nil, fmt.Errorf("version %q: use 1, 2c or 3", s.o.Version)
	}
	return g, nil
}

// three sets what version 3 asks for.
func (s *SNMP) three(g *gosnmp.GoSNMP) {
	g.Version, g.SecurityModel = gosnmp.Version3, gosnmp.UserSecurityModel
	p := &gosnmp.UsmSecurityParameters{UserName: s.o.User}
	g.MsgFlags = gosnmp.NoAuthNoPriv
	if s.o.Auth != "" {
		g.MsgFlags = gosnmp.AuthNoPriv
		p.AuthenticationProtocol, p.AuthenticationPassphrase = gosnmp.SHA, s.o.Auth
	}
	if s.o.Auth != "" && s.o.Privacy != "" {
		g.MsgFlags = gosnmp.AuthPriv
		p.PrivacyProtocol, p.PrivacyPassphrase = gosnmp.AES, s.o.Privacy
	}
	g.SecurityParameters = p
}

// client asks through gosnmp.
type client struct{ g *gosnmp.GoSNMP }

func (c client) get(oids ...string) (map[string]value, error) {
	res, err := c.g.Get(oids)
	if err != nil {
		return nil, err
	}
	out := map[string]value{}
	for _, v := range res.Variables {
		if x, ok := valueOf(v); ok {
			out[strings.TrimPrefix(v.Name, ".")] = x
		}
	}
	return out, nil
}

var errRows = errors.New("too many rows")

func (c client) walk(oid string) (table, error) {
	out := table{}
	take := func(v gosnmp.SnmpPDU) error {
		if len(out) >= maxRows {
			return errRows
		}
		if x, ok := valueOf(v); ok {
			out[strings.TrimPrefix(strings.TrimPrefix(v.Name, "."), oid+".")] = x
		}
		return nil
	}
	walk := c.g.BulkWalk
	if c.g.Version == gosnmp.Version1 {
		walk = c.g.Walk
	}
	if err := walk("."+oid, take); err != nil && !errors.Is(err, errRows) {
		return nil, err
	}
	return out, nil
}

// valueOf gives a number or bytes; ok is false for what is not there.
func valueOf(v gosnmp.SnmpPDU) (value, bool) {
	switch v.Type {
	case gosnmp.OctetString:
		b, ok := v.Value.([]byte)
		return value{text: string(b), isText: true}, ok
	case gosnmp.Integer, gosnmp.Counter32, gosnmp.Gauge32, gosnmp.TimeTicks, gosnmp.Counter64, gosnmp.Uinteger32:
		return value{number: gosnmp.ToBigInt(v.Value).Int64()}, true
	}
	return value{}, false
}
