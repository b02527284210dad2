package hikvision

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/hikvision"
	"hallpulse/hall"
)

func modes(t *testing.T, test func(t *testing.T, m Mode)) {
	for _, m := range []Mode{Listen, Stream} {
		t.Run(string(m), func(t *testing.T) { test(t, m) })
	}
}

func TestPunch(t *testing.T) {
	modes(t, func(t *testing.T, m Mode) {
		x := open(t, setup{mode: m})
		r := x.sim.Verify("1001", 75, "checkIn")
		x.sim.Door(21)
		x.sim.Verify("1002", 80, "")
		got := x.punched(1)[0]
		at, err := time.Parse(time.RFC3339, r.Time)
		if err != nil {
			t.Fatal(err)
		}
		want := hall.Punch{Serial: "DS-SIM000000001", PIN: "1001", DeviceTime: r.Time, At: at.UTC(), Status: 0, Verify: 75, Skew: got.Skew}
		if got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		x.status("counts", func(s Status) bool {
			return s.Doors == 1 && s.Denied == 1 && s.Heartbeats > 0 && s.Firmware == "V3.2.30"
		})
		if raw := string(x.sink.Heard().Facts[0].Raw); strings.Contains(raw, "张三") || strings.Contains(raw, "0012345678") || !strings.Contains(raw, `"serialNo":1,`) {
			t.Errorf("raw %s", raw)
		}
	})
}

// TestFaultsOfTheField: whatever a terminal does with its messages, each punch comes exactly once.
func TestFaultsOfTheField(t *testing.T) {
	for name, f := range map[string]sim.Faults{
		"none": {}, "pictures": {Picture: true}, "picture first": {PictureFirst: true}, "no names": {NoNames: true}, "no length": {NoLength: true},
		"short length": {LengthOff: -40}, "long length": {LengthOff: 30}, "junk": {Junk: true}, "split": {Split: true, Picture: true},
		"text numbers": {TextNumbers: true}, "no offset": {NoOffset: true}, "lost": {Lose: 5}, "heartbeats only": {HeartbeatsOnly: true},
		"closes": {CloseAfter: 3}, "no search": {NoSearch: true},
	} {
		t.Run(name, func(t *testing.T) {
			modes(t, func(t *testing.T, m Mode) {
				x := open(t, setup{mode: m})
				x.sim.SetFaults(f)
				for i := range 12 {
					x.sim.Verify(fmt.Sprintf("1%03d", i), 75, "checkIn")
				}
				if f.LengthOff < 0 { // the end of each is cut off: the search has them whole
					x.until("refusals", func(h drivertest.Heard) bool { return len(h.Refusals) > 0 })
				}
				if f.HeartbeatsOnly || f.LengthOff < 0 {
					x.dev.kind.reached(false) // sooner than every ten minutes
				}
				x.punched(12)
			})
		})
	}
}

// TestOutage: what happened while the terminal was not reached is searched, page by page, and comes once, whether or not it is
// posted again.
func TestOutage(t *testing.T) {
	modes(t, func(t *testing.T, m Mode) {
		x := open(t, setup{mode: m})
		x.sim.Verify("1001", 1, "")
		x.punched(1)
		x.sim.Offline(true)
		if m == Stream {
			if err := <-x.done; err == nil {
				t.Fatal("the stream did not break")
			}
		} else {
			x.degraded(codeUnreached)
		}
		at := time.Now().Add(-time.Minute)
		var persons []string
		for i := range 70 {
			persons = append(persons, fmt.Sprintf("2%03d", i))
		}
		x.sim.Load(at, 75, persons...)
		x.sim.Verify("3000", 75, "")
		x.sim.Offline(false)
		if m == Stream {
			x.stop()
			x.run()
		} else {
			x.healthy()
			x.dev.kind.reached(false)
		}
		x.punched(72)
		x.sim.Replay()
		x.sim.Verify("4000", 75, "")
		x.punched(73)
		if s := x.dev.Status(); s.Found < 70 {
			t.Errorf("found %+v", s)
		}
	})
}

// TestRestart: a gateway that starts again knows what its journal holds, searches from there and takes nothing twice.
func TestRestart(t *testing.T) {
	modes(t, func(t *testing.T, m Mode) {
		x := open(t, setup{mode: m})
		for i := range 5 {
			x.sim.Verify(fmt.Sprint(i), 75, "checkOut")
		}
		x.punched(5)
		kept := x.sink.Heard().Facts
		x.stop()
		y := build(t, setup{mode: m, restore: kept})
		y.sim.Load(time.Now().Add(-time.Minute), 75, "new")
		for _, f := range kept { // the same events, numbers and all
			at, _ := time.Parse(time.RFC3339, f.Punch.DeviceTime)
			y.sim.Load(at, 75, string(f.Punch.PIN))
		}
		y.run()
		y.punched(1)
		y.sim.Replay()
		y.status("repetitions", func(s Status) bool { return m == Stream || s.Repeated >= 6 })
		y.punched(1)
	})
}

func TestNumbersBeginAnew(t *testing.T) {
	x := open(t, setup{mode: Listen})
	x.sim.Verify("1", 75, "")
	x.sim.Verify("2", 75, "")
	x.punched(2)
	x.sim.ClearLog()
	x.sim.Verify("3", 75, "")
	x.sim.Verify("4", 75, "")
	x.punched(4)
	if g := x.dev.Status().Gaps; g != 0 {
		t.Errorf("%d gaps", g)
	}
}

// TestNotDurableIsNotAcknowledged: a post is answered once its punch is stored; until then it comes again.
func TestNotDurableIsNotAcknowledged(t *testing.T) {
	x := open(t, setup{mode: Listen, noURL: true})
	x.sink.Fail(errors.New("disk full"))
	x.sim.Verify("1", 75, "")
	x.until("three tries", func(h drivertest.Heard) bool { return h.Tried >= 3 })
	if s := x.sim.Stats(); s.Refused < 2 || len(x.sink.Heard().Facts) > 0 {
		t.Errorf("%+v", s)
	}
	x.sink.Fail(nil)
	x.punched(1)
	if err := x.sim.Drained(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.punched(1)
}

// TestPoisonIsPassedOver: an event that no record can hold is set aside, and those behind it come.
func TestPoisonIsPassedOver(t *testing.T) {
	x := open(t, setup{mode: Listen, noURL: true})
	x.sink.Fail(fmt.Errorf("too long: %w", driver.ErrPermanent))
	x.sim.Verify("1", 75, "")
	x.until("a refusal", func(h drivertest.Heard) bool { return len(h.Refusals) == 1 })
	x.sink.Fail(nil)
	x.sim.Say("application/json", []byte(`{"eventType":"AccessControllerEvent","dateTime":"2026-02-31T08:00:00+08:00","AccessControllerEvent":{"majorEventType":5,"subEventType":75,"employeeNoString":"9"}}`))
	x.sim.Say("application/json", []byte(`{"eventType":`))
	x.sim.Verify("2", 75, "")
	x.punched(1)
	h := x.sink.Heard()
	if len(h.Refusals) != 3 {
		t.Errorf("refused %+v", h.Refusals)
	}
}

// TestWrongPasswordAsksOnce: accounts lock, so one refused login is the last for a while, whatever the supervisor does.
func TestWrongPasswordAsksOnce(t *testing.T) {
	clk := &clock{t: time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)}
	x := build(t, setup{mode: Stream, password: "wrong", server: ServerOptions{Now: clk.now}})
	for range 20 {
		if err := x.drv.Run(t.Context(), x.sink); !errors.Is(err, errLogin) {
			t.Fatalf("got %v", err)
		}
	}
	if n := x.sim.Stats().Logins; n != 1 {
		t.Errorf("%d logins tried", n)
	}
	clk.add(LoginPause)
	if err := x.drv.Run(t.Context(), x.sink); !errors.Is(err, errLogin) || x.sim.Stats().Logins != 2 {
		t.Errorf("after the pause: %v, %+v", err, x.sim.Stats())
	}
}

// TestPushesGoOnWithAWrongPassword: the punches come, the login is named.
func TestPushesGoOnWithAWrongPassword(t *testing.T) {
	x := build(t, setup{mode: Listen, password: "wrong"})
	x.dev.mu.Lock()
	x.dev.status.Serial = "DS-SIM000000001"
	x.dev.mu.Unlock()
	x.run()
	x.degraded(codeLogin)
	x.sim.Verify("1", 75, "")
	x.punched(1)
	if n := x.sim.Stats().Logins; n != 1 {
		t.Errorf("%d logins tried", n)
	}
}

func TestClockSkew(t *testing.T) {
	x := open(t, setup{mode: Stream})
	x.sim.SetFaults(sim.Faults{ClockOff: time.Hour})
	if h := x.degraded(codeClock); h.Stuck {
		t.Error("stuck")
	}
	x.sim.Verify("1", 75, "")
	if p := x.punched(1)[0]; (p.Skew - time.Hour).Abs() > 5*time.Second {
		t.Errorf("skew %v", p.Skew)
	}
	x.sim.SetFaults(sim.Faults{})
	x.healthy()
}

func TestTamper(t *testing.T) {
	x := open(t, setup{mode: Listen})
	x.sim.Tamper(true)
	x.degraded(codeTamper)
	x.sim.Verify("1", 75, "")
	x.punched(1)
	if x.sink.Heard().Degraded == nil {
		t.Error("a punch made it forgotten")
	}
	x.sim.Tamper(false)
	x.healthy()
}

// TestPushMissing: a terminal that lives and posts nothing is named, and its punches are not lost.
func TestPushMissing(t *testing.T) {
	clk := &clock{t: time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)}
	x := open(t, setup{mode: Listen, server: ServerOptions{Now: clk.now}})
	x.status("the first search", func(s Status) bool { return s.Searches > 0 })
	x.sim.SetTarget("")
	x.sim.Verify("1", 75, "")
	clk.add(searchEvery)
	x.degraded(codePush)
	x.punched(1)
	x.sim.SetTarget("http://" + x.srv.Addr().String() + PathPrefix + token)
	x.sim.Verify("2", 75, "")
	x.punched(2)
	x.healthy()
}

func TestSilentStream(t *testing.T) {
	x := open(t, setup{mode: Stream, beat: 60 * time.Millisecond})
	x.until("a sign of life", func(h drivertest.Heard) bool { return h.Seen > 2 })
	x.sim.SetFaults(sim.Faults{Silent: true})
	if err := <-x.done; !errors.Is(err, errSilent) {
		t.Errorf("got %v", err)
	}
}

func TestFurtherCodes(t *testing.T) {
	x := open(t, setup{mode: Listen, granted: []int{199}})
	x.sim.Verify("1", 198, "")
	x.until("a refusal", func(h drivertest.Heard) bool { return len(h.Refusals) == 1 })
	x.sim.Verify("2", 199, "")
	x.punched(1)
}

func TestOptionsAreChecked(t *testing.T) {
	s := NewServer(ServerOptions{})
	for name, o := range map[string]DeviceOptions{
		"no mode": {URL: "http://192.0.2.1"}, "stream without address": {Mode: Stream}, "listen without secret": {Mode: Listen, Serial: "x"},
		"no serial": {Mode: Listen, Token: token}, "user in address": {Mode: Stream, URL: "http://a:b@192.0.2.1"}, "scheme": {Mode: Stream, URL: "ftp://x"},
	} {
		if err := s.Terminal(TerminalOptions{DeviceOptions: o}).Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, driver.ErrPermanent) || strings.Contains(err.Error(), "a:b") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
