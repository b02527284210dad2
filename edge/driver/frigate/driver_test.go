package frigate

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/broker"
	sim "hallpulse/edge/simulator/frigate"
	"hallpulse/hall"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func optionsOf(b driver.Broker) Options {
	return Options{Broker: b, Camera: "hall_cam", Area: "waiting_area", Zone: "waiting"}
}

// recorder starts a Frigate; stop ends it in good order.
func recorder(t *testing.T, b *broker.Broker, o sim.Options) (f *sim.Frigate, stop func()) {
	t.Helper()
	o.Broker = b
	f = sim.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f.Run(ctx); err != nil && !errors.Is(err, broker.ErrLost) {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return f, stop
}

// running is a driver that runs beside a Frigate.
type running struct {
	t    *testing.T
	sink *drivertest.Sink
	done chan error
}

func run(t *testing.T, b *broker.Broker) *running {
	ctx, cancel := context.WithCancel(context.Background())
	x := &running{t, &drivertest.Sink{}, make(chan error, 1)}
	var wg sync.WaitGroup
	wg.Go(func() { x.done <- New(optionsOf(b)).Run(ctx, x.sink) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return x
}

func counts(h drivertest.Heard) (out []float64) {
	for _, r := range h.Readings {
		if r.Metric == hall.MetricCounted && r.Part == "waiting" {
			out = append(out, r.Value)
		}
	}
	return out
}

func (x *running) counted(n float64) {
	x.t.Helper()
	x.sink.Until(x.t, "the count", func(h drivertest.Heard) bool { c := counts(h); return len(c) > 0 && c[len(c)-1] == n })
}

func (x *running) wrong(code string) {
	x.t.Helper()
	x.sink.Until(x.t, "trouble "+code, func(h drivertest.Heard) bool {
		return code == "" && h.Degraded == nil || h.Degraded != nil && h.Degraded.Code == code
	})
}

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		b := broker.New()
		b.Offline(true)
		say := func(s string) error { return b.Publish(t.Context(), "frigate/waiting_area/person", []byte(s), false) }
		return &drivertest.Rig{Driver: New(optionsOf(b)), Says: drivertest.Readings,
			Plug: func(in bool) error { b.Offline(!in); return nil }, Event: func() error { return say("7") },
			Babble: func() (int, error) { s := strings.Repeat("?", 300); return len(s), say(s) }}
	}})
}

func TestCounts(t *testing.T) {
	b := broker.New()
	f, _ := recorder(t, b, sim.Options{Cameras: []string{"hall_cam", "door_cam"}})
	must(t, b.Subscribers(t.Context(), 1))
	must(t, f.Enter(t.Context(), "hall_cam", "waiting_area", 3)) // before anybody listens
	must(t, f.Enter(t.Context(), "hall_cam", "elsewhere", 2))
	must(t, f.Enter(t.Context(), "door_cam", "waiting_area", 1)) // the zone's other camera
	x := run(t, b)
	x.counted(4)
	must(t, f.Leave(t.Context(), "hall_cam", "waiting_area", 1))
	x.counted(3)
	f.Restart() // without a word
	must(t, f.Stats(t.Context()))
	x.counted(0)
	must(t, f.Motion(t.Context(), "hall_cam", true))
	h := x.sink.Until(t, "motion", func(h drivertest.Heard) bool { return h.Readings[len(h.Readings)-1].Metric == hall.MetricMotion })
	if h.Degraded != nil || len(h.Refusals) > 0 || h.Readings[len(h.Readings)-1].Value != 1 {
		t.Errorf("%+v", h)
	}
}

// TestUnknown: what the broker kept is no count, and without an answer nothing is told until it changes.
func TestUnknown(t *testing.T) {
	b := broker.New()
	f, _ := recorder(t, b, sim.Options{})
	must(t, b.Subscribers(t.Context(), 1))
	f.SetFaults(sim.Faults{RetainCounts: true, NoActivity: true, MissingEnd: true})
	must(t, f.Enter(t.Context(), "hall_cam", "waiting_area", 9))
	x := run(t, b)
	x.sink.Until(t, "a refusal", func(h drivertest.Heard) bool { return len(h.Refusals) == 1 })
	must(t, f.Stats(t.Context()))
	if h := x.sink.Until(t, "life", func(h drivertest.Heard) bool { return h.Seen > 0 }); len(h.Readings) > 0 {
		t.Errorf("an old count was told: %+v", h.Readings)
	}
	must(t, f.Leave(t.Context(), "hall_cam", "waiting_area", 1))
	x.counted(8)
}

func TestAway(t *testing.T) {
	b := broker.New()
	f, stop := recorder(t, b, sim.Options{})
	must(t, b.Subscribers(t.Context(), 1))
	x := run(t, b)
	x.counted(0)
	must(t, f.Offline(t.Context()))
	if err := <-x.done; !errors.Is(err, ErrAway) {
		t.Errorf("got %v", err)
	}
	stop()
	y := run(t, b) // the broker has kept that it stopped
	if err := <-y.done; !errors.Is(err, ErrAway) || !strings.Contains(err.Error(), "stopped") || len(counts(y.sink.Heard())) > 0 {
		t.Errorf("got %v", err)
	}
	z := run(t, broker.New()) // a broker without any Frigate
	h := z.sink.Until(t, "open", func(h drivertest.Heard) bool { return h.Opened > 0 })
	if h.Seen > 0 || len(h.Readings) > 0 {
		t.Errorf("%+v", h)
	}
}

func TestTroubles(t *testing.T) {
	b := broker.New()
	f, _ := recorder(t, b, sim.Options{})
	must(t, b.Subscribers(t.Context(), 1))
	x := run(t, b)
	x.counted(0)
	f.SetFPS("hall_cam", 0)
	must(t, f.Stats(t.Context()))
	x.wrong(CodeNoFrames)
	before := len(counts(x.sink.Heard()))
	must(t, f.Enter(t.Context(), "hall_cam", "waiting_area", 2))
	must(t, f.Status(t.Context(), "hall_cam", "offline"))
	x.wrong("unreachable")
	if n := len(counts(x.sink.Heard())); n != before {
		t.Error("a count of a camera without pictures was told")
	}
	f.SetFPS("hall_cam", 5)
	must(t, f.Stats(t.Context()))
	must(t, f.Status(t.Context(), "hall_cam", "disabled"))
	x.wrong(CodeDetectOff)
	must(t, f.Status(t.Context(), "hall_cam", "online"))
	x.wrong("")
	x.counted(2)
	f.SetFaults(sim.Faults{UnknownCamera: true})
	must(t, f.Stats(t.Context()))
	x.wrong(CodeNoCamera)
}

func TestTooFast(t *testing.T) {
	b := &flood{}
	err := New(optionsOf(b)).Run(t.Context(), &drivertest.Sink{})
	if !errors.Is(err, errSlow) {
		t.Errorf("got %v", err)
	}
	if err := New(Options{}).Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("got %v", err)
	}
}

// flood is a broker that gives more messages than anybody reads.
type flood struct{}

func (flood) Subscribe(ctx context.Context, _ []string, _ func(), handle func(driver.Message)) error {
	for ctx.Err() == nil {
		for range 100 * maxWaiting {
			handle(driver.Message{Topic: "frigate/waiting_area/person", Payload: []byte("1")})
		}
	}
	return nil
}

func (flood) Publish(context.Context, string, []byte, bool) error { return nil }

func TestStale(t *testing.T) {
	now := time.Now()
	out := &drivertest.Sink{}
	d := New(Options{Broker: broker.New(), Camera: "c", Now: func() time.Time { return now }})
	w := &watch{o: &d.o, out: out, topics: d.topics(), since: d.o.Now()}
	must(t, w.hear(t.Context(), driver.Message{Topic: "frigate/c/person", Payload: []byte("2")}))
	must(t, w.again(t.Context()))
	now = now.Add(3 * d.o.Stats)
	must(t, w.again(t.Context()))
	if h := out.Heard(); len(h.Readings) != 2 {
		t.Errorf("readings %+v", h.Readings)
	}
}

const (
	goldenActivity = `{"hall_cam":{"motion":true,"objects":[{"id":"1","label":"person","current_zones":["waiting_area"]},{"label":"person-verified","current_zones":["waiting_area","door"]},{"label":"car","current_zones":[]}]}}`
	goldenStats    = `{"cameras":{"hall_cam":{"camera_fps":5.1,"process_fps":5.0,"detection_enabled":true,"pid":311}},"service":{"uptime":88,"version":"0.16.2"}}`
)

func TestActivity(t *testing.T) {
	all, err := parseActivity([]byte(goldenActivity))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		camera, zone string
		n            int
		ok           bool
	}{{"hall_cam", "waiting_area", 2, true}, {"hall_cam", "", 2, true}, {"hall_cam", "door", 1, true}, {"other", "", 0, false}} {
		if n, ok := count(all, c.camera, c.zone, "person"); n != c.n || ok != c.ok {
			t.Errorf("%+v: %d %v", c, n, ok)
		}
	}
	for _, s := range []string{`{"hall_cam":{}}`, `{"hall_cam":{"objects":[{"label":"person"}]}}`} {
		all, err := parseActivity([]byte(s))
		if _, ok := count(all, "hall_cam", "waiting_area", "person"); err != nil || ok {
			t.Errorf("%s was believed, %v", s, err)
		}
	}
}

// chew feeds a message of every kind and gives whether it was refused.
func chew(t *testing.T, b []byte) bool {
	out := &drivertest.Sink{}
	d := New(optionsOf(broker.New()))
	w := &watch{o: &d.o, out: out, topics: d.topics(), since: d.o.Now()}
	for topic, k := range w.topics {
		if k != available {
			if err := w.hear(t.Context(), driver.Message{Topic: topic, Payload: b}); err != nil {
				t.Fatal(err)
			}
		}
	}
	h := out.Heard()
	for _, r := range h.Readings {
		if r.Value < 0 || r.Value > maxPeople {
			t.Errorf("%s gives %+v", b, r)
		}
	}
	return len(h.Refusals) > 0
}

func FuzzMessage(f *testing.F) {
	for _, s := range []string{goldenActivity, goldenStats, "7", "ON", "online", "", "-1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { chew(t, b) })
}

func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	seeds := []string{goldenActivity, goldenStats, "17", "OFF", "disabled"}
	refused := 0
	for i := range n {
		b := []byte(seeds[i%len(seeds)])
		for range 1 + rnd.IntN(3) {
			if len(b) == 0 {
				break
			}
			at := rnd.IntN(len(b))
			if rnd.IntN(2) == 0 {
				b[at] = byte(rnd.Uint32())
			} else {
				b = append(b[:at], b[min(len(b), at+rnd.IntN(8)):]...)
			}
		}
		if chew(t, b) {
			refused++
		}
	}
	if refused < n/2 {
		t.Errorf("%d of %d refused", refused, n)
	}
	if n, err := parseCount([]byte("7")); n != 7 || err != nil {
		t.Error("a good count is refused after the noise")
	}
}
