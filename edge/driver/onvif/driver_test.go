package onvif

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/onvif"
	"hallpulse/hall"
)

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		c := simulate(t, sim.Options{Username: "admin", Password: secret})
		c.SetCount("enter", 10)
		c.Offline(true)
		o := optionsOf(c)
		o.coolDown = 50 * time.Millisecond
		return &drivertest.Rig{Driver: New(o),
			Plug: func(in bool) error { c.Offline(!in); return nil },
			Event: func() error {
				c.SetFaults(sim.Faults{})
				pulling(t, c, c.Stats().Synchronized)
				c.Count("enter", 1)
				return nil
			},
			Babble: func() (int, error) {
				pulling(t, c, c.Stats().Synchronized)
				c.SetFaults(sim.Faults{Babble: true})
				return 500, nil
			},
		}
	}})
}

func TestLogins(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"none": {}, "token": {Username: "admin", Password: secret}, "digest": {Username: "admin", Password: secret, Login: sim.Digest},
		"both": {Username: "admin", Password: secret, Login: sim.Both},
	} {
		for _, off := range []time.Duration{0, -40 * 365 * 24 * time.Hour, time.Hour} {
			t.Run(name+" "+off.String(), func(t *testing.T) {
				c := simulate(t, o)
				c.SetFaults(sim.Faults{ClockOff: off})
				d := New(optionsOf(c))
				x := run(t, d)
				x.opened()
				if off != 0 {
					c.Motion(false)
					x.wrong(codeClock)
				}
				if i := d.Info(); i.Model != "SIM-1" || i.Serial != "SIM0001" {
					t.Errorf("info %+v", i)
				}
				if err := x.stop(); err != nil {
					t.Error(err)
				}
				if s := c.Stats(); s.Open != 0 || s.Unsubscribed != 1 || s.Logins != 0 {
					t.Errorf("left behind: %+v", s)
				}
			})
		}
	}
}

// TestClockIsSet: a camera whose clock is set while it is read refuses the next token; nobody is locked out.
func TestClockIsSet(t *testing.T) {
	c := simulate(t, sim.Options{Username: "admin", Password: secret})
	c.SetFaults(sim.Faults{ClockOff: -time.Hour})
	x := run(t, New(optionsOf(c)))
	x.opened()
	c.SetFaults(sim.Faults{})
	pulling(t, c, c.Stats().Pulls+1)
	c.Motion(true)
	x.reading(hall.MetricMotion, "door", 1)
}

func TestWrongPassword(t *testing.T) {
	for _, l := range []sim.Login{sim.Token, sim.Digest, sim.Both} {
		c := simulate(t, sim.Options{Username: "admin", Password: "right", Login: l})
		o := optionsOf(c)
		now := time.Now()
		o.Now = func() time.Time { return now }
		d := New(o)
		for range 3 {
			if err := d.Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, ErrLogin) || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v", err)
			}
		}
		if n := c.Stats().Logins; n != 1 {
			t.Errorf("%d logins tried", n)
		}
		now = now.Add(LoginPause)
		if err := d.Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, ErrLogin) || c.Stats().Logins != 2 {
			t.Errorf("got %v after %d logins", err, c.Stats().Logins)
		}
	}
}

// TestErrata: what cameras do differently changes nothing.
func TestErrata(t *testing.T) {
	for name, f := range map[string]sim.Faults{
		"inner address": {InnerAddress: true}, "no initial": {NoInitial: true}, "zero time": {ZeroTime: true}, "trailing": {TrailingTopic: true},
		"parameters": {NeedParameters: true, InnerAddress: true}, "action": {NeedAction: true}, "one subscription": {MaxOpen: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := simulate(t, sim.Options{})
			c.SetFaults(f)
			d := New(optionsOf(c))
			for range 3 {
				x := run(t, d)
				x.opened()
				pulling(t, c, 0)
				c.Motion(true)
				x.reading(hall.MetricMotion, "door", 1)
				c.Motion(false)
				x.reading(hall.MetricMotion, "door", 0)
				if err := x.stop(); err != nil {
					t.Fatal(err)
				}
			}
			if s := c.Stats(); s.Open != 0 || s.Subscribed != 3 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestTroubles(t *testing.T) {
	c := simulate(t, sim.Options{})
	o := optionsOf(c)
	o.Ignore = []string{CodeDark}
	c.Trouble(sim.TopicTamper, true)
	x := run(t, New(o))
	x.wrong(CodeTamper) // initial states count as states
	c.Trouble(sim.TopicScene, true)
	c.Trouble(sim.TopicTamper, false)
	x.wrong(CodeScene)
	c.Trouble(sim.TopicScene, false)
	x.wrong("")
	c.Trouble(sim.TopicDark, true)
	c.Input("DI1", true)
	x.reading(hall.MetricOpen, "DI1", 1)
	x.wrong("")
	c.SetFaults(sim.Faults{NeverClear: true})
	c.Trouble(sim.TopicBlurry, true)
	x.wrong(CodeBlurry)
	c.Trouble(sim.TopicBlurry, false)
	c.Tell(sim.TopicInput, "perhaps")
	x.until("a refusal", func(h drivertest.Heard) bool { return len(h.Refusals) == 1 })
	x.wrong(CodeBlurry)
	if h := x.sink.Heard(); len(h.Facts) != 0 {
		t.Errorf("facts %+v", h.Facts)
	}
}

// TestPulseEnds: a trouble that is no property and has no end does not stay for ever.
func TestPulseEnds(t *testing.T) {
	c := simulate(t, sim.Options{})
	o := optionsOf(c)
	o.Pull = 50 * time.Millisecond
	start := time.Now()
	later := make(chan time.Duration, 1)
	later <- 0
	o.Now = func() time.Time { d := <-later; later <- d; return start.Add(d) }
	x := run(t, New(o))
	x.opened()
	c.Tell(sim.TopicScene, "true")
	x.wrong(CodeScene)
	<-later
	later <- pulseTime
	x.wrong("")
}

func TestCounters(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.SetCount("enter", 100)
	d := New(optionsOf(c))
	x := run(t, d)
	pulling(t, c, 1)
	c.Count("enter", 3)
	c.Count("enter", 0)
	c.Count("leave", 1) // its first report: how many they were before is not known
	c.Count("leave", 2)
	c.Count("other", 5)
	count := func(n int) drivertest.Heard {
		return x.until("passages", func(h drivertest.Heard) bool { return len(h.Facts) >= n })
	}
	h := count(5)
	c.SetCount("enter", 2) // midnight
	h = count(7)
	if err := x.stop(); err != nil {
		t.Fatal(err)
	}
	for i, f := range h.Facts {
		want := hall.In
		if i == 3 || i == 4 {
			want = hall.Out
		}
		if f.Passage.Direction != want || f.Passage.Zone != "door" || !bytes.Contains(f.Raw, []byte("Count=")) {
			t.Errorf("%d: %+v %s", i, f.Passage, f.Raw)
		}
	}
	c.Count("enter", 4) // while nobody listened
	x = run(t, d)
	count(4)
	c.Count("enter", maxStep+1)
	x.wrong(CodeCounter)
	c.Count("enter", 1)
	if h = count(5); len(h.Facts) != 5 || len(h.Refusals) != 1 {
		t.Errorf("%d passages, %d refusals", len(h.Facts), len(h.Refusals))
	}
}

// TestFactsFail: what the sink did not take is told once, after the next connect.
func TestFactsFail(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.SetCount("enter", 1)
	d := New(optionsOf(c))
	x := run(t, d)
	pulling(t, c, 1)
	x.sink.Fail(errors.New("disk"))
	c.Count("enter", 2)
	if err := <-x.done; err == nil || !strings.Contains(err.Error(), "disk") {
		t.Errorf("got %v", err)
	}
	x.done <- nil
	x = run(t, d)
	pulling(t, c, c.Stats().Pulls)
	x.until("passages", func(h drivertest.Heard) bool { return len(h.Facts) == 2 })
}

func TestSubscriptionExpires(t *testing.T) {
	c := simulate(t, sim.Options{})
	x := run(t, New(optionsOf(c)))
	x.opened()
	pulling(t, c, 0)
	c.Expire()
	err := <-x.done
	x.done <- nil
	var f *Fault
	if !errors.As(err, &f) || f.Code != "InvalidArgVal" {
		t.Errorf("got %v", err)
	}
}

// TestCutWhenIdle: a closed connection is normal while the camera answers otherwise, and not for ever.
func TestCutWhenIdle(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.SetFaults(sim.Faults{CutIdle: true})
	o := optionsOf(c)
	o.Pull = 20 * time.Millisecond
	x := run(t, New(o))
	x.opened()
	pulling(t, c, 2)
	c.Motion(true)
	x.reading(hall.MetricMotion, "door", 1)
	err := <-x.done
	x.done <- nil
	if broken := (*cut)(nil); !errors.As(err, &broken) {
		t.Errorf("got %v", err)
	}
}

func TestSilentButAlive(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.SetFaults(sim.Faults{Empty: true})
	o := optionsOf(c)
	o.Pull = 10 * time.Millisecond
	x := run(t, New(o))
	pulling(t, c, 20)
	h := x.until("life", func(h drivertest.Heard) bool { return h.Seen > 20 })
	if h.Degraded != nil || len(h.Facts)+len(h.Refusals) > 0 {
		t.Errorf("heard %+v", h)
	}
}

func TestNoEvents(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.SetFaults(sim.Faults{NoEvents: true})
	x := run(t, New(optionsOf(c)))
	x.opened()
	x.wrong(CodeNoEvent)
}

func TestBabble(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.SetFaults(sim.Faults{Babble: true})
	x := run(t, New(optionsOf(c)))
	err := <-x.done
	x.done <- nil
	if h := x.sink.Heard(); !errors.Is(err, ErrAnswer) || len(h.Refusals) != maxBreaks || !bytes.Contains(h.Refusals[0].Raw, []byte("<html>")) {
		t.Errorf("%v, %+v", err, h.Refusals)
	}
}

func TestWrongOptions(t *testing.T) {
	for _, o := range []Options{{}, {URL: "ftp://h"}, {URL: "http://u:" + secret + "@h"}, {URL: "http://:80"}, {URL: "http://h/%zz?" + secret}} {
		if err := New(o).Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, driver.ErrPermanent) || strings.Contains(err.Error(), secret) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
