package mqttdevice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/localbroker"
	sim "hallpulse/edge/simulator/mqttdevices"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a real broker with a connection to it that can be pulled.
type bench struct {
	*Client
	t *testing.T

	mu   sync.Mutex
	out  bool
	err  error
	lost chan struct{}
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b, err := localbroker.Start(t.Context(), localbroker.Options{Users: []localbroker.User{{Name: "hall", Password: "secret words"}}})
	if err != nil {
		t.Fatal(err)
	}
	c := NewClient(ClientOptions{Address: "mqtt://" + b.Addr(), ClientID: "gateway", Username: "hall", Password: "secret words"})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { c.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	})
	for late := time.Now().Add(drivertest.Patience); !c.Connected(); {
		if time.Now().After(late) {
			t.Fatal("no connection")
		}
		<-time.After(time.Millisecond)
	}
	return &bench{Client: c, t: t, lost: make(chan struct{})}
}

func (b *bench) plug(in bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.out = !in; b.out {
		close(b.lost)
		b.lost = make(chan struct{})
	}
	return nil
}

func (b *bench) forbid(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *bench) Subscribe(ctx context.Context, filters []string, connected func(), handle func(driver.Message)) error {
	b.mu.Lock()
	out, err, lost := b.out, b.err, b.lost
	b.mu.Unlock()
	if err != nil {
		return err
	}
	if out {
		return ErrNotConnected
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	wg.Go(func() {
		select {
		case <-lost:
			cancel()
		case <-stop:
		}
	})
	err = b.Client.Subscribe(inner, filters, connected, handle)
	if err == nil && ctx.Err() == nil {
		return ErrNotConnected
	}
	return err
}

func TestConformance(t *testing.T) {
	for kind, make := range map[string]func(b *bench) (driver.Driver, func() error){
		"zigbee2mqtt": func(b *bench) (driver.Driver, func() error) {
			z := sim.NewZigbee(b.Publish, "waiting/motion")
			return NewZigbee(Options{Broker: b, Zone: "hall"}, "", "waiting/motion"), func() error { return z.Motion(b.t.Context(), true, 120) }
		},
		"tasmota": func(b *bench) (driver.Driver, func() error) {
			s := sim.NewTasmota(b.Publish, "plug")
			return NewTasmota(Options{Broker: b}, "", "plug", nil), func() error { return s.Tele(b.t.Context(), true, 12, 22.5) }
		},
		"esphome": func(b *bench) (driver.Driver, func() error) {
			e := sim.NewESPHome(b.Publish, "board")
			d := NewESPHome(Options{Broker: b, Zone: "hall"}, "board", map[string]hall.Metric{"binary_sensor/pir": hall.MetricPresence})
			return d, func() error {
				if err := e.Link(b.t.Context(), true); err != nil {
					return err
				}
				return e.State(b.t.Context(), "binary_sensor/pir", "ON")
			}
		},
		"homeassistant": func(b *bench) (driver.Driver, func() error) {
			d := sim.NewDiscovered(b.Publish, "room")
			d.SetFaults(sim.Faults{Ghost: true}) // its state is retained: what is said while it is learned is not lost
			return NewHomeAssistant(Options{Broker: b}, "", "room"), func() error {
				return errors.Join(d.Describe(b.t.Context(), true), d.State(b.t.Context(), 801, false), d.Link(b.t.Context(), true))
			}
		},
	} {
		t.Run(kind, func(t *testing.T) {
			drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
				b := newBench(t)
				_ = b.plug(false)
				d, event := make(b)
				noise := [][]byte{[]byte("{"), []byte("\x00\xff"), []byte("[1,2]")}
				r := &drivertest.Rig{Driver: d, Says: drivertest.Readings, Plug: b.plug, Event: event, Forbid: b.forbid}
				topics := map[string]string{"zigbee2mqtt": "zigbee2mqtt/waiting/motion", "tasmota": "tele/plug/STATE", "esphome": "board/status", "homeassistant": "homeassistant/sensor/room/x/config"}
				r.Babble = func() (n int, err error) {
					for _, p := range noise {
						n += len(p) + 64
						err = errors.Join(err, b.Publish(t.Context(), topics[kind], p, false))
					}
					return n, err
				}
				return r
			}})
		})
	}
}

func running(t *testing.T, d driver.Driver) (*drivertest.Sink, <-chan error) {
	t.Helper()
	out := &drivertest.Sink{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { done <- d.Run(ctx, out) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	out.Until(t, "open", func(h drivertest.Heard) bool { return h.Opened > 0 })
	return out, done
}

func last(h drivertest.Heard, m hall.Metric, part string) (float64, bool) {
	for i := len(h.Readings) - 1; i >= 0; i-- {
		if r := h.Readings[i]; r.Metric == m && r.Part == part {
			return r.Value, true
		}
	}
	return 0, false
}

func until(t *testing.T, s *drivertest.Sink, m hall.Metric, part string, want float64) {
	t.Helper()
	s.Until(t, fmt.Sprintf("%s %q %v", m, part, want), func(h drivertest.Heard) bool {
		v, ok := last(h, m, part)
		return ok && v == want
	})
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestZigbeeDoor(t *testing.T) {
	b := newBench(t)
	z := sim.NewZigbee(b.Publish, "door")
	ctx := t.Context()
	z.SetFaults(sim.Faults{Ghost: true})
	must(t, z.Link(ctx, true, true), z.Door(ctx, true)) // retained, of unknown age
	out, done := running(t, NewZigbee(Options{Broker: b}, "", "door"))
	out.Until(t, "online", func(h drivertest.Heard) bool { return h.Seen > 0 })
	if _, ok := last(out.Heard(), hall.MetricOpen, ""); ok {
		t.Error("a retained value is told as now")
	}
	z.SetFaults(sim.Faults{Twice: true, Texts: true})
	must(t, z.Door(ctx, true))
	until(t, out, hall.MetricOpen, "", 1)
	until(t, out, hall.MetricBattery, "", 88)
	z.SetFaults(sim.Faults{})
	must(t, z.Door(ctx, false))
	until(t, out, hall.MetricOpen, "", 0)
	must(t, z.Tamper(ctx, true))
	out.Until(t, "tamper", func(h drivertest.Heard) bool { return h.Degraded != nil && h.Degraded.Detail == "tamper" })
	must(t, z.Tamper(ctx, false))
	out.Until(t, "healthy", func(h drivertest.Heard) bool { return h.Degraded == nil })
	must(t, z.Link(ctx, true, false))
	if err := <-done; !errors.Is(err, ErrOffline) {
		t.Errorf("%v", err)
	}
}

func TestZigbeeBridgeAway(t *testing.T) {
	b := newBench(t)
	z := sim.NewZigbee(b.Publish, "door")
	_, done := running(t, NewZigbee(Options{Broker: b}, "", "door"))
	must(t, z.Link(t.Context(), false, true))
	if err := <-done; !errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), "Zigbee2MQTT is away") {
		t.Errorf("%v", err)
	}
}

func TestTasmota(t *testing.T) {
	b := newBench(t)
	s, ctx := sim.NewTasmota(b.Publish, "plug"), t.Context()
	must(t, s.Link(ctx, true))
	out, done := running(t, NewTasmota(Options{Broker: b}, "", "plug", map[string]hall.Metric{"Switch1": hall.MetricOpen}))
	must(t, s.Tele(ctx, true, 12.5, 22.5))
	until(t, out, hall.MetricOn, "", 1)
	until(t, out, hall.MetricPower, "energy", 12.5)
	until(t, out, hall.MetricTemperature, "sht4x", 22.5)
	until(t, out, hall.MetricOpen, "switch1", 1)
	must(t, s.Switched(ctx, false))
	until(t, out, hall.MetricOn, "", 0)
	must(t, s.Link(ctx, false))
	if err := <-done; !errors.Is(err, ErrOffline) {
		t.Errorf("%v", err)
	}
}

func TestESPHome(t *testing.T) {
	b := newBench(t)
	e, ctx := sim.NewESPHome(b.Publish, "board"), t.Context()
	must(t, e.State(ctx, "sensor/room_co2", "812"), e.Link(ctx, true))
	out, done := running(t, NewESPHome(Options{Broker: b, Zone: "hall"}, "board", map[string]hall.Metric{
		"sensor/room_co2": hall.MetricCO2, "binary_sensor/pir": hall.MetricPresence}))
	out.Until(t, "online", func(h drivertest.Heard) bool { return h.Seen > 0 })
	must(t, e.State(ctx, "binary_sensor/pir", "ON"), e.State(ctx, "sensor/room_co2", "nan"), e.State(ctx, "sensor/room_co2", "900.4"))
	until(t, out, hall.MetricPresence, "hall", 1)
	until(t, out, hall.MetricCO2, "room_co2", 900.4)
	must(t, e.State(ctx, "binary_sensor/pir", "perhaps"))
	out.Until(t, "a refusal", func(h drivertest.Heard) bool { return len(h.Refusals) == 1 })
	must(t, e.Link(ctx, false))
	if err := <-done; !errors.Is(err, ErrOffline) {
		t.Errorf("%v", err)
	}
}

func TestHomeAssistant(t *testing.T) {
	for _, whole := range []bool{true, false} {
		b := newBench(t)
		d, ctx := sim.NewDiscovered(b.Publish, "room"), t.Context()
		must(t, d.Describe(ctx, whole), d.Link(ctx, true))
		out, done := running(t, NewHomeAssistant(Options{Broker: b}, "", "room"))
		out.Until(t, "online", func(h drivertest.Heard) bool { return h.Seen > 0 })
		var n int
		out.Until(t, "the state", func(h drivertest.Heard) bool {
			n++
			must(t, d.State(ctx, 700, true)) // it subscribes to what it has just learned
			v, ok := last(h, hall.MetricOpen, "door")
			return ok && v == 1
		})
		until(t, out, hall.MetricCO2, "co2", 700)
		must(t, d.State(ctx, 900, false))
		until(t, out, hall.MetricOpen, "door", 0)
		must(t, d.Link(ctx, false))
		if err := <-done; !errors.Is(err, ErrOffline) {
			t.Errorf("%v", err)
		}
	}
}

// What descriptions and states may hold that turns a door round, or passes an old value as now.
func TestWhatIsEasilyMisread(t *testing.T) {
	e, wanted, err := entityOf("door", "binary_sensor", map[string]any{"device_class": "door", "state_topic": "z/door", "value_template": "{{ value_json.contact }}",
		"payload_on": false, "payload_off": true})
	if err != nil || !wanted {
		t.Fatal(err)
	}
	if v, ok, err := e.read([]byte(`{"contact":false}`)); err != nil || !ok || v.value != 1 {
		t.Errorf("a contact that is open: %+v %v %v", v, ok, err)
	}
	z := &zigbee{"zigbee2mqtt", "a"}
	for payload, want := range map[string]int{
		`{"contact":true,"last_seen":"2020-01-01T00:00:00+08:00"}`: 0, `{"contact":true,"last_seen":1577808000000}`: 0,
		fmt.Sprintf(`{"contact":true,"last_seen":%d}`, time.Now().UnixMilli()): 1, `{"state":"OPEN"}`: 0, `{"state":"ON"}`: 1, `{"humidity":900}`: 0,
	} {
		if r, err := z.hear(driver.Message{Topic: "zigbee2mqtt/a", Payload: []byte(payload)}); err != nil || len(r.values) != want {
			t.Errorf("%s: %+v %v", payload, r, err)
		}
	}
	up := &esphome{node: "a", entities: map[string]hall.Metric{"sensor/x": hall.MetricCO2}, up: true}
	up.forget()
	if r, _ := up.hear(driver.Message{Topic: "a/sensor/x/state", Payload: []byte("800"), Retained: true}); len(r.values) > 0 {
		t.Error("a retained value of the connection before is told as now")
	}
}

func TestStuckPresence(t *testing.T) {
	out := &drivertest.Sink{}
	w := &watcher{out: out, zone: "hall", stuck: time.Hour}
	now := time.Now()
	there := report{live: true, values: []value{{hall.MetricPresence, "", 1}}}
	for _, d := range []time.Duration{0, 30 * time.Minute, time.Hour} {
		must(t, w.take(there, now.Add(d)))
	}
	if h := out.Heard(); h.Degraded == nil || h.Degraded.Code != "stuck_on" || !h.Stuck {
		t.Errorf("%+v", h.Degraded)
	}
	must(t, w.take(report{live: true, values: []value{{hall.MetricPresence, "", 0}}}, now.Add(2*time.Hour)))
	if h := out.Heard(); h.Degraded != nil {
		t.Errorf("%+v", h.Degraded)
	}
}

func TestTemplates(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "{{ value }}": "", "{{ value_json.co2 }}": "co2", "{{value_json.a.b|float(0)}}": "a.b", "{{ value_json['door'] }}": "door",
		"{{ value_json['a']['b'] }}": "a.b",
	} {
		if got, ok := template(in); !ok || got != want {
			t.Errorf("%s: %q %v", in, got, ok)
		}
	}
	for _, in := range []string{"{% if x %}1{% endif %}", "{{ states('x') }}", "{{ value_json.a * 2 }}", "{{ value_json.a }} °C", "{{ value }}{{ value }}"} {
		if got, ok := template(in); ok {
			t.Errorf("%s: %q", in, got)
		}
	}
}

// The payloads that makers publish, for each shipped mapping.
func TestShippedMappings(t *testing.T) {
	captured := map[string][]struct{ topic, payload, want string }{
		"shelly-gen2":  {{"plug/online", "true", ""}, {"plug/status/switch:0", `{"id":0,"source":"init","output":true,"apower":8.9,"voltage":237.5}`, "[{power_watts  8.9} {switched_on  1}]"}},
		"plain-air":    {{"air/status", "online", ""}, {"air/state", `{"co2":812,"temp":22.4,"rh":41}`, "[{carbon_dioxide_ppm  812} {humidity_percent  41} {temperature_celsius  22.4}]"}},
		"plain-switch": {{"back/door", "open", "[{contact_open  1}]"}, {"back/door", "shut", "[{contact_open  0}]"}, {"back/light", `{"lux":31}`, "[{illuminance_lux  31}]"}},
	}
	for _, name := range Mappings() {
		m, err := LoadMapping(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(captured[name]) == 0 {
			t.Errorf("%s has no captured messages", name)
		}
		for _, c := range captured[name] {
			topic, _, _ := strings.Cut(c.topic, "/")
			src := &mapped{m: m, topic: topic}
			r, err := src.hear(driver.Message{Topic: c.topic, Payload: []byte(c.payload)})
			got := ""
			if len(r.values) > 0 {
				got = fmt.Sprint(ordered(r.values))
			}
			if err != nil || got != c.want {
				t.Errorf("%s: %s %v, want %s", name, got, err, c.want)
			}
		}
	}
	for text, want := range map[string]string{
		"values: []": "values", "values: [{topic: a, metric: temperature_celsius}]": "topic", "values: [{topic: '{topic}/a', metric: temprature_celsius}]": "temperature_celsius",
		"valeus: []": "values",
	} {
		if _, err := ParseMapping("own.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "own.yaml") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// sources of every kind, with a topic and a good payload each.
func sources() map[string]struct {
	src     func() source
	topic   string
	payload string
} {
	ha := func() source {
		h := &homeAssistant{base: "homeassistant", device: "room", found: map[string]entity{}, links: map[string]link{}}
		_, _ = h.hear(driver.Message{Topic: "homeassistant/sensor/room/co2/config", Payload: []byte(`{"stat_t":"s","dev_cla":"carbon_dioxide","val_tpl":"{{ value_json.co2 }}"}`)})
		return h
	}
	m, _ := LoadMapping("plain-air")
	return map[string]struct {
		src     func() source
		topic   string
		payload string
	}{
		"zigbee": {func() source { return &zigbee{"zigbee2mqtt", "a"} }, "zigbee2mqtt/a", `{"occupancy":true,"illuminance":120,"battery":97,"contact":false,"state_l1":"ON"}`},
		"tasmota": {func() source {
			return &tasmota{"%prefix%/%topic%/", "a", map[string]hall.Metric{"Switch1": hall.MetricOpen}}
		}, "tele/a/SENSOR", `{"Switch1":"ON","SCD40":{"CarbonDioxide":700,"Temperature":21.5},"TempUnit":"F"}`},
		"esphome":   {func() source { return &esphome{"a", map[string]hall.Metric{"sensor/x": hall.MetricCO2}, true} }, "a/sensor/x/state", "812.5"},
		"discovery": {ha, "homeassistant/device/room/config", `{"availability_topic":"x","cmps":{"co2":{"p":"sensor","device_class":"carbon_dioxide","state_topic":"s","value_template":"{{ value_json.co2 }}"}}}`},
		"state":     {ha, "s", `{"co2":812}`},
		"mapping":   {func() source { return &mapped{m: m, topic: "a"} }, "a/state", `{"co2":812,"temp":22.4,"rh":41}`},
	}
}

func sane(t *testing.T, r report) {
	t.Helper()
	if len(r.values) > maxValues {
		t.Fatalf("%d values", len(r.values))
	}
	for _, v := range r.values {
		if v.metric == "" || len(v.part) > 64 || !finite(v.value) || isTruth(v.metric) && v.value != 0 && v.value != 1 {
			t.Fatalf("%+v", v)
		}
	}
}

// TestMutations: any payload gives values that are numbers, or is refused, and the next good one is understood.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	for name, c := range sources() {
		rnd, src, refused := rand.New(rand.NewPCG(3, 3)), c.src(), 0
		for range n {
			b := []byte(c.payload)
			for range 1 + rnd.IntN(4) {
				i := rnd.IntN(len(b))
				switch rnd.IntN(3) {
				case 0:
					b[i] = byte(rnd.Uint32())
				case 1:
					b = append(b[:i], b[i+1:]...)
				case 2:
					b = append(b[:i], append([]byte(`{"`), b[i:]...)...)
				}
				if len(b) == 0 {
					b = []byte{'x'}
				}
			}
			r, err := src.hear(driver.Message{Topic: c.topic, Payload: b})
			if err != nil {
				refused++
			}
			sane(t, r)
			if len(src.filters()) > 2*maxEntities+4 {
				t.Fatalf("%s wants %d topics", name, len(src.filters()))
			}
		}
		if r, err := src.hear(driver.Message{Topic: c.topic, Payload: []byte(c.payload)}); err != nil || refused == 0 || len(r.values) == 0 && name != "discovery" {
			t.Errorf("%s: %d refused, then %+v %v", name, refused, r, err)
		}
	}
}

func FuzzDescription(f *testing.F) {
	for _, c := range sources() {
		f.Add(c.topic, []byte(c.payload))
	}
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		for _, c := range sources() {
			src := c.src()
			for _, at := range []string{c.topic, topic} {
				if r, err := src.hear(driver.Message{Topic: at, Payload: payload}); err == nil {
					sane(t, r)
				}
			}
		}
	})
}

func TestDepthIsBounded(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	if _, err := object([]byte(deep)); !errors.Is(err, errTooDeep) {
		t.Errorf("%v", err)
	}
	if !json.Valid([]byte(deep)) {
		t.Error("the test's own object is wrong")
	}
}
