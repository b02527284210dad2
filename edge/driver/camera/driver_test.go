package camera

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/camera"
	"hallpulse/hall"
)

const secret = "Pa55-w0rd"

// optionsOf suit looks one by one: the interval leaves every answer its time, and the clock is the test's.
func optionsOf(c *sim.Camera, now *clock) Options {
	return Options{RTSP: c.RTSPURL(), Snapshot: c.SnapshotURL(), Interval: longestAsk, Black: 16, Covered: 4, Frozen: time.Minute, Now: now.now}
}

// TestPictures: every state of the picture is named, and the camera is healthy when the picture is.
func TestPictures(t *testing.T) {
	c := simulate(t, sim.Options{Seed: 1})
	now, out := newClock(), newSink()
	e := eyeOf(t, optionsOf(c, now))
	steps := []struct {
		picture sim.Picture
		set     bool
		after   time.Duration
		want    string
		detail  string
	}{
		{sim.Live, false, 0, "", ""},
		{sim.Live, false, 10 * time.Minute, "", ""},
		{sim.Black, true, 10 * time.Second, "black", "luminance"},
		{sim.Covered, true, 10 * time.Second, "covered", "deviation"},
		{sim.Live, true, 10 * time.Second, "", ""},
		{sim.Frozen, true, 10 * time.Second, "", ""},
		{sim.Frozen, false, 59 * time.Second, "", ""},
		{sim.Frozen, false, time.Second, "frozen", "the same bytes 3 times"},
		{sim.Live, true, 10 * time.Second, "", ""},
	}
	for i, st := range steps {
		now.forth(st.after)
		if st.set {
			c.SetPicture(st.picture)
		}
		if err := glance(t, e, out); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if out.why().Code != st.want || !strings.Contains(out.why().Detail, st.detail) || out.Heard().Stuck != (st.want == "frozen") {
			t.Errorf("step %d: %+v stuck %v, want %q", i, out.why(), out.Heard().Stuck, st.want)
		}
	}
	if n := len(steps); out.Heard().Seen != 2*n || len(out.of(hall.MetricLuminance)) != n || len(out.of(hall.MetricReadSeconds)) != n {
		t.Errorf("seen %d times in %d looks, readings %v", out.Heard().Seen, n, out.Heard().Readings)
	}
	if l := out.of(hall.MetricLuminance); l[0] < 100 || l[0] > 180 || l[2] > 10 {
		t.Errorf("luminances %v", l)
	}
}

// TestHalfDead: an address that does not answer is named while the other one does.
func TestHalfDead(t *testing.T) {
	c := simulate(t, sim.Options{Seed: 1})
	now := newClock()
	dead := answer(t, hang)
	tests := map[string]struct {
		change func(*Options)
		want   []string
	}{
		"rtsp dead":           {func(o *Options) { o.RTSP = "rtsp://127.0.0.1:1/stream1?token=" + secret }, []string{"rtsp rtsp://127.0.0.1:1/stream1: ", "refused"}},
		"rtsp hangs":          {func(o *Options) { o.RTSP, o.Interval = "rtsp://"+dead+"/", time.Second }, []string{"rtsp rtsp://" + dead, "no answer within 1s"}},
		"rtsp, no such path":  {func(o *Options) { o.RTSP = strings.Replace(o.RTSP, "stream1", "other", 1) }, []string{"status 404"}},
		"snapshot dead":       {func(o *Options) { o.Snapshot = "http://127.0.0.1:1/s.jpg?pwd=" + secret }, []string{"snapshot http://127.0.0.1:1/s.jpg: ", "refused"}},
		"snapshot hangs":      {func(o *Options) { o.Snapshot, o.Interval = "http://"+dead+"/", time.Second }, []string{"snapshot http://" + dead, "no answer within 1s"}},
		"snapshot, not there": {func(o *Options) { o.Snapshot += "x?pwd=" + secret }, []string{"status 404"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o, out := optionsOf(c, now), newSink()
			tt.change(&o)
			if err := glance(t, eyeOf(t, o), out); err != nil {
				t.Fatal(err)
			}
			if out.why().Code != "unreachable" || out.Heard().Stuck || out.Heard().Seen != 1 {
				t.Errorf("%+v stuck %v, seen %d times", out.why(), out.Heard().Stuck, out.Heard().Seen)
			}
			for _, w := range tt.want {
				if !strings.Contains(out.why().Detail, w) || strings.Contains(out.why().Detail, secret) {
					t.Errorf("detail %q, want %q and no password", out.why().Detail, w)
				}
			}
		})
	}
}

// TestHalfDeadBlack: what is wrong with the picture is still said when the stream is gone.
func TestHalfDeadBlack(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.SetPicture(sim.Black)
	o, out := optionsOf(c, newClock()), newSink()
	o.RTSP = "rtsp://127.0.0.1:1/"
	if err := glance(t, eyeOf(t, o), out); err != nil {
		t.Fatal(err)
	}
	if out.why().Code != "unreachable" || !strings.Contains(out.why().Detail, "picture black: luminance") {
		t.Errorf("%+v", out.why())
	}
}

// TestRight: a camera with a login is healthy for who knows it.
func TestRight(t *testing.T) {
	c := simulate(t, sim.Options{Username: "admin", Password: secret})
	o, out := optionsOf(c, newClock()), newSink()
	o.Username, o.Password = "admin", secret
	if err := glance(t, eyeOf(t, o), out); err != nil || out.why().Code != "" {
		t.Errorf("error %v, %+v", err, out.why())
	}
}

// TestWrongPassword: the refusal is named, without the password, and the account is left alone for a while.
func TestWrongPassword(t *testing.T) {
	c := simulate(t, sim.Options{Username: "admin", Password: "right"})
	now := newClock()
	o := optionsOf(c, now)
	o.Username, o.Password = "admin", secret
	d := New(o)
	for _, after := range []time.Duration{0, loginPause - time.Second, 2 * time.Second} {
		now.forth(after)
		err := d.Run(t.Context(), newSink())
		if err == nil || strings.Count(err.Error(), "login refused (401)") != 2 || strings.Contains(err.Error(), secret) {
			t.Errorf("error %v, want two refusals and no password", err)
		}
		if !strings.HasPrefix(err.Error(), "camera: rtsp "+c.RTSPURL()) {
			t.Errorf("error %v does not name the address", err)
		}
	}
	if !d.rtsp.until.Equal(now.at.Add(loginPause)) || !d.snapshot.until.Equal(now.at.Add(loginPause)) {
		t.Error("the third run did not ask again")
	}
	o.Username = ""
	if err := New(o).Run(t.Context(), newSink()); err == nil || strings.Count(err.Error(), "none is configured") != 2 {
		t.Errorf("error %v without a login", err)
	}
}

// TestNotJPEG: what is not a picture is refused and kept, and the camera is not called dead.
func TestNotJPEG(t *testing.T) {
	c := simulate(t, sim.Options{})
	c.NotJPEG(true)
	out := newSink()
	e := eyeOf(t, optionsOf(c, newClock()))
	if err := glance(t, e, out); err != nil {
		t.Fatal(err)
	}
	if out.why().Code != "read_failed" || len(out.Heard().Refusals) != 1 || !strings.HasPrefix(string(out.raw()), "<html>") || out.Heard().Seen != 2 {
		t.Errorf("%+v, heard %+v", out.why(), out.Heard())
	}
	c.NotJPEG(false)
	if err := glance(t, e, out); err != nil || out.why().Code != "" {
		t.Errorf("error %v, %+v", err, out.why())
	}
}

// TestOneAddress: either address alone will do.
func TestOneAddress(t *testing.T) {
	c := simulate(t, sim.Options{})
	for _, drop := range []func(*Options){func(o *Options) { o.RTSP = "" }, func(o *Options) { o.Snapshot = "" }} {
		o, out := optionsOf(c, newClock()), newSink()
		drop(&o)
		if err := glance(t, eyeOf(t, o), out); err != nil || out.why().Code != "" || out.Heard().Seen != 1 {
			t.Errorf("error %v, %+v", err, out.why())
		}
	}
}

// TestWrongOptions: what running again cannot mend is permanent, and no address is repeated.
func TestWrongOptions(t *testing.T) {
	for _, o := range []Options{
		{},
		{RTSP: "http://10.0.0.1/"},
		{RTSP: "rtsp://admin:" + secret + "@10.0.0.1/"},
		{RTSP: "rtsp://10.0.0.1:" + secret + "/"},
		{RTSP: "rtsp:opaque"},
		{Snapshot: "ftp://10.0.0.1/"},
		{Snapshot: "http:///s.jpg"},
		{Snapshot: "http://admin:" + secret + "@10.0.0.1/"},
	} {
		err := New(o).Run(t.Context(), newSink())
		if !errors.Is(err, driver.ErrPermanent) || strings.Contains(err.Error(), secret) || !strings.HasPrefix(err.Error(), "camera: ") {
			t.Errorf("%+v: error %v", o, err)
		}
	}
}

// TestExpect: the supervisor waits for three looks.
func TestExpect(t *testing.T) {
	for interval, want := range map[time.Duration]time.Duration{0: 30 * time.Second, time.Second: 30 * time.Second, time.Minute: 3 * time.Minute} {
		if got := New(Options{Interval: interval}).Expect().Silence; got != want {
			t.Errorf("interval %v: silence %v, want %v", interval, got, want)
		}
	}
}

// TestPause: looks keep their interval, whatever they take, with jitter.
func TestPause(t *testing.T) {
	d := New(Options{Interval: 10 * time.Second})
	for range 100 {
		if p := d.pause(2 * time.Second); p < 7*time.Second || p > 9*time.Second {
			t.Fatalf("pause %v after a look of 2s", p)
		}
		if p := d.pause(time.Minute); p != time.Second {
			t.Fatalf("pause %v after a look of a minute", p)
		}
	}
}

// TestRun: the camera lives, goes dark, recovers, and is lost with a reason.
func TestRun(t *testing.T) {
	c := simulate(t, sim.Options{Username: "admin", Password: secret})
	out := newSink()
	ended := make(chan error, 1)
	d := New(Options{RTSP: c.RTSPURL(), Snapshot: c.SnapshotURL(), Username: "admin", Password: secret,
		Interval: 400 * time.Millisecond, Black: 16, Covered: 4, Frozen: time.Hour})
	go func() { ended <- d.Run(t.Context(), out) }()
	out.Until(t, "healthy", func(h drivertest.Heard) bool { return h.Seen >= 2 && h.Opened == 1 && h.Degraded == nil })
	c.SetPicture(sim.Black)
	out.Until(t, "black", func(drivertest.Heard) bool { return out.why().Code == "black" })
	c.SetPicture(sim.Live)
	out.Until(t, "healthy again", func(drivertest.Heard) bool { return out.why().Code == "" })
	c.Offline(true)
	err := <-ended
	for _, want := range []string{"camera: rtsp " + c.RTSPURL(), "snapshot " + c.SnapshotURL()} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("error %v, want %q and no password", err, want)
		}
	}
	c.Offline(false)
	go func() { ended <- d.Run(t.Context(), out) }()
	out.Until(t, "open again", func(h drivertest.Heard) bool { return h.Opened == 2 })
	c.Slow(true)
	if err := <-ended; err == nil || strings.Count(err.Error(), "no answer within 400ms") != 2 {
		t.Errorf("error %v, want two time limits", err)
	}
	noneLeft(t)
}

// TestClose: a Run ends within a second, whatever it waits for, and leaves nothing behind.
func TestClose(t *testing.T) {
	c := simulate(t, sim.Options{})
	reached := make(chan struct{}, 8)
	silent := answer(t, func(c net.Conn) { reached <- struct{}{}; hang(c) })
	tests := map[string]Options{
		"between looks": {RTSP: c.RTSPURL(), Snapshot: c.SnapshotURL(), Interval: time.Hour},
		"rtsp":          {RTSP: "rtsp://" + silent + "/", Interval: time.Hour},
		"snapshot":      {Snapshot: "http://" + silent + "/", Interval: time.Hour},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			out, ended := newSink(), make(chan error, 1)
			go func() { ended <- New(o).Run(ctx, out) }()
			if name == "between looks" {
				out.Until(t, "open", func(h drivertest.Heard) bool { return h.Seen == 2 })
			} else {
				<-reached
			}
			begin := time.Now()
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("error %v at the end", err)
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("the end took %v", took)
			}
			noneLeft(t)
		})
	}
}

// TestShow: a query is not shown.
func TestShow(t *testing.T) {
	u, err := url.Parse("http://u:" + secret + "@10.0.0.1:80/cgi bin/s.cgi?pwd=" + secret)
	if err != nil {
		t.Fatal(err)
	}
	if got := show(u); got != "http://10.0.0.1:80/cgi%20bin/s.cgi" {
		t.Errorf("shown as %s", got)
	}
}
