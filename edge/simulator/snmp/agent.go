// Package snmp is a simulated SNMP agent (version 2c, UDP): a printer, a power supply or a switch with the objects of the
// standard MIBs.
package snmp

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"
)

// Faults of an agent; the zero value is one that works.
type Faults struct {
	Mute    bool // answers nothing
	Garbage bool // answers with noise
}

// Agent answers for one machine.
type Agent struct {
	conn      *net.UDPConn
	community string
	started   time.Time

	mu      sync.Mutex
	objects map[string]gosnmp.SnmpPDU
	faults  Faults
}

// Listen gives an agent at addr (empty: a free loopback port) that knows sysUpTime alone.
func Listen(addr, community string) (*Agent, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	at, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("snmp: %w", err)
	}
	c, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, fmt.Errorf("snmp: %w", err)
	}
	return &Agent{conn: c, community: community, started: time.Now(), objects: map[string]gosnmp.SnmpPDU{}}, nil
}

// Addr is where it listens.
func (a *Agent) Addr() string { return a.conn.LocalAddr().String() }

// Close ends Run.
func (a *Agent) Close() error { return a.conn.Close() }

// SetFaults says what is wrong with it.
func (a *Agent) SetFaults(f Faults) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = f
}

// Set gives an object a value: an int, or bytes.
func (a *Agent) Set(oid string, v any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := gosnmp.SnmpPDU{Name: "." + oid, Type: gosnmp.Integer, Value: v}
	if s, ok := v.(string); ok {
		p.Type, p.Value = gosnmp.OctetString, []byte(s)
	}
	a.objects[p.Name] = p
}

// Printer gives it a printer's objects: bits of hrPrinterDetectedErrorState and the toner's level in percent.
func (a *Agent) Printer(bits byte, toner int) {
	a.Set("1.3.6.1.2.1.25.3.5.1.2.1", string([]byte{bits}))
	a.Set("1.3.6.1.2.1.43.11.1.1.6.1.1", "Black toner")
	a.Set("1.3.6.1.2.1.43.11.1.1.8.1.1", 2000)
	a.Set("1.3.6.1.2.1.43.11.1.1.9.1.1", toner*20)
}

// UPS gives it a power supply's objects.
func (a *Agent) UPS(onBattery bool, charge, minutes, load int) {
	source, status := 3, 2
	if onBattery {
		source = 5
	}
	if charge < 20 {
		status = 3
	}
	for oid, v := range map[string]int{"2.1.0": status, "2.3.0": minutes, "2.4.0": charge, "4.1.0": source, "4.4.1.5.1": load} {
		a.Set("1.3.6.1.2.1.33.1."+oid, v)
	}
}

// Switch gives it ports, linked or not, by name.
func (a *Agent) Switch(ports map[string]bool) {
	i := 0
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range ports {
			if !yield(n) {
				return
			}
		}
	}) {
		i++
		state := 2
		if ports[name] {
			state = 1
		}
		a.Set("1.3.6.1.2.1.31.1.1.1.1."+strconv.Itoa(i), name)
		a.Set("1.3.6.1.2.1.2.2.1.8."+strconv.Itoa(i), state)
	}
}

// Run answers until ctx ends.
func (a *Agent) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = a.conn.Close() })
	defer stop()
	buf := make([]byte, 65536)
	for {
		n, from, err := a.conn.ReadFromUDP(buf)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("snmp: %w", err)
		}
		if out := a.answer(buf[:n]); out != nil {
			_, _ = a.conn.WriteToUDP(out, from) // a lost answer is asked for again
		}
	}
}

func (a *Agent) answer(in []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.faults.Mute {
		return nil
	}
	if a.faults.Garbage {
		return []byte("garbage")
	}
	q, err := (&gosnmp.GoSNMP{Version: gosnmp.Version2c}).SnmpDecodePacket(in)
	if err != nil || q.Community != a.community {
		return nil
	}
	ticks := uint32(time.Since(a.started).Milliseconds() / 10)
	a.objects[".1.3.6.1.2.1.1.3.0"] = gosnmp.SnmpPDU{Name: ".1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: ticks}
	r := gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: q.Community, PDUType: gosnmp.GetResponse, RequestID: q.RequestID}
	for _, v := range q.Variables {
		switch q.PDUType {
		case gosnmp.GetRequest:
			p, ok := a.objects[v.Name]
			if !ok {
				p = gosnmp.SnmpPDU{Name: v.Name, Type: gosnmp.NoSuchObject}
			}
			r.Variables = append(r.Variables, p)
		case gosnmp.GetNextRequest:
			r.Variables = append(r.Variables, a.after(v.Name, 1)...)
		case gosnmp.GetBulkRequest:
			r.Variables = append(r.Variables, a.after(v.Name, int(max(q.MaxRepetitions, 1)))...)
		}
	}
	out, err := r.MarshalMsg()
	if err != nil {
		return nil
	}
	return out
}

// after gives the next objects in the order of their names; the caller holds the lock.
func (a *Agent) after(name string, n int) (out []gosnmp.SnmpPDU) {
	var names []string
	for k := range a.objects {
		if compare(k, name) > 0 {
			names = append(names, k)
		}
	}
	slices.SortFunc(names, compare)
	for _, k := range names[:min(n, len(names))] {
		out = append(out, a.objects[k])
	}
	if len(out) == 0 {
		out = []gosnmp.SnmpPDU{{Name: name, Type: gosnmp.EndOfMibView}}
	}
	return out
}

// compare orders names by their numbers.
func compare(a, b string) int {
	x, y := strings.Split(strings.Trim(a, "."), "."), strings.Split(strings.Trim(b, "."), ".")
	for i := range min(len(x), len(y)) {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m - n
		}
	}
	return len(x) - len(y)
}
