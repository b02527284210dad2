package machine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/snmp"
	"hallpulse/hall"
)

func agent(t *testing.T) *snmp.Agent {
	t.Helper()
	a, err := snmp.Listen("", "hall")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return a
}

func snmpOf(a *snmp.Agent, k Kind, ports ...string) *SNMP {
	return NewSNMP(SNMPOptions{Address: a.Addr(), Community: "hall", Kind: k, Ports: ports, Interval: interval})
}

func TestConformanceSNMP(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		a := agent(t)
		a.Printer(0, 60)
		a.SetFaults(snmp.Faults{Mute: true})
		return &drivertest.Rig{Driver: snmpOf(a, Printer), Says: drivertest.Readings, Asked: true, Event: func() error { return nil },
			Plug: func(in bool) error { a.SetFaults(snmp.Faults{Mute: !in}); return nil }}
	}})
}

func TestWhatMachinesKnow(t *testing.T) {
	for name, c := range map[string]struct {
		kind  Kind
		ports []string
		set   func(*snmp.Agent)
		want  []drivertest.Reading
		wrong string
	}{
		"printer": {Printer, nil, func(a *snmp.Agent) { a.Printer(0, 60) },
			[]drivertest.Reading{{Metric: hall.MetricPaperLow, Value: 0}, {Metric: hall.MetricSupply, Part: "Black toner", Value: 60}}, ""},
		"printer without paper": {Printer, nil, func(a *snmp.Agent) { a.Printer(0x44, 3) },
			[]drivertest.Reading{{Metric: hall.MetricPaperLow, Value: 1}, {Metric: hall.MetricSupply, Part: "Black toner", Value: 3}}, "no_paper, jammed"},
		"power supply": {UPS, nil, func(a *snmp.Agent) { a.UPS(false, 100, 40, 22) },
			[]drivertest.Reading{{Metric: hall.MetricOnBattery, Value: 0}, {Metric: hall.MetricBattery, Value: 100}, {Metric: hall.MetricRuntime, Value: 2400}, {Metric: hall.MetricLoad, Value: 22}}, ""},
		"on battery": {UPS, nil, func(a *snmp.Agent) { a.UPS(true, 12, 3, 22) },
			[]drivertest.Reading{{Metric: hall.MetricOnBattery, Value: 1}, {Metric: hall.MetricBattery, Value: 12}}, "on_battery, battery_low"},
		"switch": {Switch, []string{"ge1", "ge3", "ge9"}, func(a *snmp.Agent) { a.Switch(map[string]bool{"ge1": true, "ge2": true, "ge3": false}) },
			[]drivertest.Reading{{Metric: hall.MetricPortsUp, Value: 2}}, "port_down ge3, no_port ge9"},
	} {
		t.Run(name, func(t *testing.T) {
			a := agent(t)
			c.set(a)
			out, _ := running(t, snmpOf(a, c.kind, c.ports...))
			h := out.Until(t, "an answer", func(h drivertest.Heard) bool { return h.Seen > 1 })
			for _, w := range c.want {
				found := false
				for _, r := range h.Readings {
					found = found || r == w
				}
				if !found {
					t.Errorf("no %+v in %+v", w, h.Readings)
				}
			}
			wrong := ""
			if h.Degraded != nil {
				wrong = h.Degraded.Detail
			}
			if wrong != c.wrong {
				t.Errorf("wrong: %q, want %q", wrong, c.wrong)
			}
		})
	}
}

func TestSNMPFailures(t *testing.T) {
	a := agent(t)
	a.SetFaults(snmp.Faults{Garbage: true})
	begin := time.Now()
	if err := snmpOf(a, System).Run(t.Context(), &drivertest.Sink{}); err == nil || time.Since(begin) > 30*time.Second {
		t.Errorf("noise was understood: %v", err)
	}
	for _, o := range []SNMPOptions{{Address: "192.0.2.1:x"}, {Address: "192.0.2.1", Version: "4"}} {
		if err := NewSNMP(o).Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, driver.ErrPermanent) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	wrong := NewSNMP(SNMPOptions{Address: a.Addr(), Community: "other"})
	a.SetFaults(snmp.Faults{})
	if err := wrong.Run(t.Context(), &drivertest.Sink{}); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("a wrong community: %v", err)
	}
}

// wild answers with whatever a machine may say.
type wild struct{ rnd *rand.Rand }

func (w wild) value() value {
	if w.rnd.IntN(2) == 0 {
		b := make([]byte, w.rnd.IntN(90))
		for i := range b {
			b[i] = byte(w.rnd.Uint32())
		}
		return value{text: string(b), isText: true}
	}
	return value{number: int64(w.rnd.Uint64() >> w.rnd.IntN(64))}
}

func (w wild) get(oids ...string) (map[string]value, error) {
	out := map[string]value{}
	for _, o := range oids {
		if w.rnd.IntN(5) > 0 {
			out[o] = w.value()
		}
	}
	return out, nil
}

func (w wild) walk(string) (table, error) {
	out := table{}
	for i := range w.rnd.IntN(8) {
		out[fmt.Sprint(i)] = w.value()
	}
	return out, nil
}

// TestMutations: whatever a machine says, the readings are numbers and their names are short.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	w := wild{rand.New(rand.NewPCG(4, 4))}
	for range n {
		f, err := read(w, Kinds()[w.rnd.IntN(4)], []string{"ge1"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range f.readings {
			if len(r.part) > 64 || r.value != r.value {
				t.Fatalf("%+v", r)
			}
		}
	}
	if f, err := read(wildPrinter{}, Printer, nil); err != nil || len(f.readings) < 2 {
		t.Errorf("%+v, %v", f, err)
	}
}

// wildPrinter is a good one.
type wildPrinter struct{}

func (wildPrinter) get(...string) (map[string]value, error) {
	return map[string]value{oidUptime: {number: 100}}, nil
}
func (wildPrinter) walk(oid string) (table, error) {
	switch oid {
	case oidPrinterBits:
		return table{"1": {text: "\x00", isText: true}}, nil
	case oidSupplyMost:
		return table{"1": {number: 100}}, nil
	case oidSupplyLevel:
		return table{"1": {number: 50}}, nil
	}
	return table{}, nil
}

func FuzzSupplyName(f *testing.F) {
	f.Add("Black toner")
	f.Fuzz(func(t *testing.T, s string) {
		if got := short(s); len(got) > 60 || strings.ContainsRune(got, 0xFFFD) && !strings.ContainsRune(s, 0xFFFD) {
			t.Errorf("%q", got)
		}
	})
}
