package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/driver"
	"hallpulse/edge/journal"
	"hallpulse/edge/simulator/beam"
	"hallpulse/edge/simulator/terminal"
	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

const testConfig = `
hall: {id: jiangkou, name: {zh: 江口镇便民服务中心}, township: {zh: 江口镇}}
panel: {listen: "127.0.0.1:0"}
attendance: {listen: "127.0.0.1:0"}
zones: [{id: waiting, name: {zh: 等候区}, role: waiting}]
windows: [{id: w1, name: {zh: 1号窗口}}]
categories: [{id: social, name: {zh: 社保}, prefix: A}]
devices:
  - {id: door, driver: beam-pair, zone: waiting, beam: {outer: OUT, inner: IN}}
  - {id: terminal, driver: zkteco-push, zkteco: {serial: CEXA000000001}}
`

// configured gives the test's hall with its data in dir.
func configured(t testing.TB, dir, more string) *config.Config {
	t.Helper()
	c, err := config.Parse("hall.yaml", []byte(testConfig+more))
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir = dir
	return c
}

// made gives an agent that is closed at the end of the test.
func made(t testing.TB, o Options) *Agent {
	t.Helper()
	if o.Version == "" {
		o.Version = "test"
	}
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// running runs an agent; the returned function stops it as a signal would and waits.
func running(t testing.TB, a *Agent) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("Run: %v", err)
				}
			case <-time.After(patience):
				t.Error("Run does not end")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// eventually polls until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late, tick := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("%s: not within %v", what, patience)
		case <-tick.C:
		}
	}
}

func get(t testing.TB, a *Agent, path string) (int, string) {
	t.Helper()
	res, err := http.Get("http://" + a.PanelAddr() + path)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func awaitReady(t testing.TB, a *Agent) {
	t.Helper()
	eventually(t, "ready", func() bool { code, _ := get(t, a, "/readyz"); return code == http.StatusOK })
}

func device(s hall.State, id hall.DeviceID) hall.DeviceState {
	i := slices.IndexFunc(s.Devices.Devices, func(d hall.DeviceState) bool { return d.ID == id })
	return s.Devices.Devices[i]
}

// facts gives the facts of a kind that an agent's journal holds.
func facts(t testing.TB, a *Agent, kind hall.FactKind) (out []hall.Fact) {
	t.Helper()
	_, err := readFacts(a.journal, func(f hall.Fact) {
		if f.Kind == kind {
			out = append(out, f)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// door is a simulated door with its beams.
func door(t testing.TB) (*beam.Server, driver.Pins) {
	t.Helper()
	dir, err := os.MkdirTemp("", "hp") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	s := beam.NewServer(beam.Options{Socket: filepath.Join(dir, "s"), Pins: []string{"OUT", "IN"}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return s, beam.NewClient(filepath.Join(dir, "s"))
}

// The example hall has every driver; none of its devices is here, and neither is its county.
func TestStartWithEverythingUnplugged(t *testing.T) {
	c, err := config.Load("../../deploy/examples/hall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir, c.Panel.Listen, c.Attendance.Listen, c.Hub.Broker = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", "mqtt://127.0.0.1:1"
	for i := range c.Devices {
		if cam := c.Devices[i].Camera; cam != nil {
			cam.RTSP, cam.Snapshot = "rtsp://127.0.0.1:1/", "http://127.0.0.1:1/"
		}
	}
	a := made(t, Options{Config: c})
	stop := running(t, a)
	awaitReady(t, a)
	var s hall.State
	eventually(t, "every device is named", func() bool {
		s = hall.State{}
		_, body := get(t, a, "/state.json")
		if err := json.Unmarshal([]byte(body), &s); err != nil {
			t.Fatal(err)
		}
		down := 0
		for _, d := range s.Devices.Devices {
			if d.Health == hall.HealthDown {
				down++
			}
		}
		return down == len(c.Devices)-len(callers(c))
	})
	if d := device(s, "keypad-1"); d.Reason.Code != "open_failed" {
		t.Errorf("%+v", d)
	}
	if d := device(s, "terminal"); d.Health != hall.HealthUnknown {
		t.Errorf("%+v", d)
	}
	if s.Gateway.Boot != 1 || s.Gateway.FactsPending == 0 || s.Gateway.DiskFull || s.Gateway.Version != "test" {
		t.Errorf("%+v", s.Gateway)
	}
	if len(facts(t, a, hall.KindGap)) != 0 {
		t.Error("a gap at the very first start")
	}
	_, metrics := get(t, a, "/metrics")
	for _, name := range []string{
		`hallpulse_driver_run_seconds_count{device="door",success="false"}`, `hallpulse_device_health{device="door"} 4`, `hallpulse_facts_total{kind="device"}`,
		`hallpulse_journal_pending_records{lane="facts"}`, `hallpulse_uplink_connected 0`, `hallpulse_disk_full 0`,
		`hallpulse_driver_queued_facts{device="door"} 0`,
	} {
		if !strings.Contains(metrics, name) {
			t.Errorf("no metric %s", name)
		}
	}
	begin := time.Now()
	stop()
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("the stop took %v", took)
	}
}

// callers are the devices that call the gateway: their silence shows after a while, and no open of theirs fails.
func callers(c *config.Config) []hall.DeviceID {
	var ids []hall.DeviceID
	for _, d := range c.Devices {
		switch d.Driver {
		case "zkteco-push", "rating-page", "frigate-camera", "mqtt-device":
			ids = append(ids, d.ID)
		case "hikvision-counter":
			if d.Hikvision.Mode == "listen" {
				ids = append(ids, d.ID)
			}
		}
	}
	return ids
}

func TestWrongConfiguration(t *testing.T) {
	c := configured(t, t.TempDir(), `
  - {id: a, driver: serial-keypad, window: w1, profile: no-such-keypad, serial: {port: /dev/a}}
  - {id: b, driver: serial-display, window: w1, profile: no-such-display, serial: {port: /dev/b}}
hub: {broker: "mqtts://hub.example", credential: secret, ca_file: /nowhere/ca.pem}
`)
	_, err := New(Options{Config: c})
	var problems conf.Errors
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("%v", err)
	}
	for i, path := range []string{"devices[2].profile", "devices[3].profile", "hub.ca_file"} {
		if problems[i].Path != path {
			t.Errorf("%v", problems[i])
		}
	}
	if files, err := os.ReadDir(c.DataDir); err != nil || len(files) != 0 {
		t.Errorf("something was opened: %v %v", files, err)
	}
}

func TestPortOfThePageInUse(t *testing.T) {
	a := made(t, Options{Config: configured(t, t.TempDir(), "")})
	c := configured(t, t.TempDir(), "")
	c.Panel.Listen = a.PanelAddr()
	if _, err := New(Options{Config: c}); err == nil {
		t.Fatal("no error")
	}
}

func TestDataInUse(t *testing.T) {
	dir := t.TempDir()
	a := made(t, Options{Config: configured(t, dir, "")})
	if _, err := New(Options{Config: configured(t, dir, "")}); !errors.Is(err, journal.ErrLocked) {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	made(t, Options{Config: configured(t, dir, "")})
}

// copied gives what a killed gateway leaves behind, but for its socket: sockets cannot be copied.
func copied(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, withoutSockets{os.DirFS(dir)}); err != nil {
		t.Fatal(err)
	}
	return to
}

// withoutSockets is a folder that shows its folders and ordinary files.
type withoutSockets struct{ fs.FS }

func (w withoutSockets) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(w.FS, name)
	return slices.DeleteFunc(list, func(e fs.DirEntry) bool { return e.Type() == fs.ModeSocket }), err
}

func TestKilledAndStartedAgain(t *testing.T) {
	sim, pins := door(t)
	dir := t.TempDir()
	a := made(t, Options{Config: configured(t, dir, ""), GPIO: pins})
	stop := running(t, a)
	awaitReady(t, a)
	for _, d := range []hall.Direction{hall.In, hall.In, hall.Out} {
		if err := sim.Passage(t.Context(), "OUT", "IN", d); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "three passages", func() bool { z := a.State().Zones.Zones; return len(z) == 1 && z[0].In == 2 && z[0].Out == 1 })
	eventually(t, "the door is well", func() bool { return device(a.State(), "door").Health == hall.HealthOK })
	killed := time.Now()
	dir = copied(t, dir)
	stop()

	b := made(t, Options{Config: configured(t, dir, ""), GPIO: pins})
	if z := b.State().Zones.Zones[0]; z.In != 2 || z.Out != 1 || z.People != 1 {
		t.Errorf("after the restart: %+v", z)
	}
	if d := device(b.State(), "door"); d.Health != hall.HealthUnknown {
		t.Errorf("what the run before knew is shown as now: %+v", d)
	}
	again := time.Now()
	running(t, b)
	awaitReady(t, b)
	ready := time.Now()
	gaps := facts(t, b, hall.KindGap)
	if len(gaps) != 1 {
		t.Fatalf("%d gaps", len(gaps))
	}
	g := gaps[0].Gap
	if g.From.After(killed) || killed.Sub(g.From) > time.Second || g.To.Before(again) || g.To.After(ready) || g.To.Sub(g.From) > again.Sub(killed)+2*time.Second {
		t.Errorf("killed %v, started %v, ready %v; the gap is from %v to %v", killed, again, ready, g.From, g.To)
	}
	if s := b.State(); len(s.Queue.Gaps) != 1 || !s.Zones.Zones[0].Estimated || s.Gateway.Boot != 2 {
		t.Errorf("the state does not show the gap: %+v", s.Queue)
	}
	eventually(t, "the door is seen", func() bool { d := device(b.State(), "door"); return time.Since(d.LastSeen) < time.Minute })
}

// A terminal tells its punches again after the gateway was killed before it kept the stamp; none is journalled twice.
func TestPunchesToldAgain(t *testing.T) {
	dir := t.TempDir()
	a := made(t, Options{Config: configured(t, dir, "")})
	stop := running(t, a)
	eventually(t, "terminals can push", func() bool { return a.AttendanceAddr() != "" })
	told := func(a *Agent, term *terminal.Terminal, n int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- term.Run(ctx) }()
		if err := term.Drained(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		<-done
		if got := facts(t, a, hall.KindPunch); len(got) != n {
			t.Fatalf("%d punches journalled", len(got))
		}
	}
	open := func(a *Agent) *terminal.Terminal {
		return terminal.New(terminal.Options{Serial: "CEXA000000001", Server: "http://" + a.AttendanceAddr(), Retry: 100 * time.Millisecond, Poll: 100 * time.Millisecond})
	}
	term := open(a)
	var memory []terminal.Record
	for n := range 30 {
		memory = append(memory, term.Punch(fmt.Sprint(n), 0, 1))
	}
	told(a, term, 30)
	if s := a.State().Staff; s.Punches != 30 {
		t.Errorf("%+v", s)
	}
	stop()
	if err := os.Remove(filepath.Join(dir, stampsFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	b := made(t, Options{Config: configured(t, dir, "")})
	running(t, b)
	eventually(t, "terminals can push", func() bool { return b.AttendanceAddr() != "" })
	term = open(b)
	term.Load(memory...)
	told(b, term, 30)
}
