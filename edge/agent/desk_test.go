package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/simulator/display"
	"hallpulse/edge/simulator/keypad"
	"hallpulse/edge/simulator/line"
	"hallpulse/edge/simulator/printer"
	"hallpulse/hall"
)

// desk is a window's equipment on simulated wires. It outlives the gateway, as real equipment does.
type desk struct {
	dir     string
	bus     *display.Bus
	keypad  *keypad.Keypad
	printer *printer.Printer
	wires   []*line.Line
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	c := &desk{dir: t.TempDir()}
	wire := func(name string) *line.Line {
		l, err := line.Open(filepath.Join(c.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		c.wires = append(c.wires, l)
		return l
	}
	c.bus = display.New(display.Options{Line: wire("display"), Addresses: map[hall.WindowID]int{"w1": 1}, Refresh: 200 * time.Millisecond})
	c.keypad = keypad.New(keypad.Options{Line: wire("keypad"), Address: 1, Heartbeat: 200 * time.Millisecond, Resend: 200 * time.Millisecond})
	c.printer = printer.New(printer.Options{Line: wire("printer"), Hall: "江口镇便民服务中心"})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { c.bus.Run(ctx) })
	wg.Go(func() { c.keypad.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return c
}

func (c *desk) config(t testing.TB, dir string) *config.Config {
	return configured(t, dir, fmt.Sprintf(`
  - {id: dispenser, driver: escpos-serial, serial: {port: %[1]s/printer}}
  - {id: display, driver: serial-display, window: w1, addresses: {1: w1}, profile: led-display, serial: {port: %[1]s/display}}
  - {id: keypad, driver: serial-keypad, window: w1, profile: rating-keypad, serial: {port: %[1]s/keypad}}
`, c.dir))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// From the printed ticket to the rating, with a gateway that is killed in between.
func TestAVisit(t *testing.T) {
	c, dir := newDesk(t), t.TempDir()
	a := made(t, Options{Config: c.config(t, dir)})
	stop := running(t, a)
	awaitReady(t, a)
	must(t, c.printer.Print("A001", "社保", 0))
	must(t, c.printer.Print("A002", "社保", 1))
	eventually(t, "two tickets", func() bool { return a.State().Queue.Issued == 2 })
	must(t, c.bus.Call("w1", "A001"))
	eventually(t, "the call", func() bool { w := a.State().Queue.Windows[0]; return w.Serving == "A001" && w.Open })
	dir = copied(t, dir)
	stop()

	_, err := c.keypad.Press(5) // nobody reads: the keypad says it again
	must(t, err)
	b := made(t, Options{Config: c.config(t, dir)})
	running(t, b)
	awaitReady(t, b)
	eventually(t, "the rating", func() bool { return b.State().Ratings.Total() == 1 })
	must(t, c.keypad.Drained(t.Context()))
	s := b.State()
	if s.Ratings.Counts[4] != 1 || s.Queue.Served != 1 || s.Queue.Waiting != 1 || s.Queue.WaitCount != 1 {
		t.Errorf("%+v %+v", s.Ratings, s.Queue)
	}
	must(t, c.bus.Call("w1", "A002"))
	eventually(t, "the next call", func() bool { return b.State().Queue.Windows[0].Serving == "A002" })
	if calls := facts(t, b, hall.KindCall); len(calls) != 2 {
		t.Errorf("%d calls: a display that shows its number again is no call", len(calls))
	}
	if ratings := facts(t, b, hall.KindRating); len(ratings) != 1 || ratings[0].At.Boot != 2 {
		t.Errorf("%+v", ratings)
	}
}

// A keypad that is pulled out is named at once and found again; the display beside it goes on.
func TestAKeypadIsUnplugged(t *testing.T) {
	c := newDesk(t)
	a := made(t, Options{Config: c.config(t, t.TempDir())})
	running(t, a)
	health := func(id hall.DeviceID) hall.Health { return device(a.State(), id).Health }
	must(t, c.bus.Call("w1", "A001"))
	eventually(t, "both are well", func() bool { return health("keypad") == hall.HealthOK && health("display") == hall.HealthOK })
	must(t, c.wires[1].Unplug(true))
	begin := time.Now()
	eventually(t, "the keypad is down", func() bool { return health("keypad") == hall.HealthDown })
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("named after %v", took)
	}
	must(t, c.bus.Call("w1", "A002"))
	eventually(t, "the display goes on", func() bool { return a.State().Queue.Windows[0].Serving == "A002" })
	must(t, c.wires[1].Unplug(false))
	eventually(t, "the keypad is back", func() bool { return health("keypad") == hall.HealthOK })
}
