package camera

import (
	"strings"
	"testing"
	"time"

	sim "hallpulse/edge/simulator/camera"
)

// TestFrames: a stream whose pictures do not come is named after the second probe, and no stream is played more often than
// once a minute, nor by two sessions at once.
func TestFrames(t *testing.T) {
	c := simulate(t, sim.Options{Username: "admin", Password: secret})
	now, out := newClock(), newSink()
	o := optionsOf(c, now)
	o.Username, o.Password, o.Snapshot, o.Frames = "admin", secret, "", true
	d := New(o)
	if f := d.frames.first; f < 0 || f >= framesEvery {
		t.Errorf("the first probe comes after %v", f)
	}
	d.frames.limit, d.frames.first = 500*time.Millisecond, 0
	e, err := d.eye()
	if err != nil {
		t.Fatal(err)
	}
	plays := 0
	probe := func(s sim.Stream, want, detail string) {
		t.Helper()
		c.SetStream(s)
		for range 6 {
			if err := glance(t, e, out); err != nil {
				t.Fatal(err)
			}
			now.forth(10 * time.Second)
		}
		if s != sim.Busy {
			plays++
		}
		if out.why().Code != want || !strings.Contains(out.why().Detail, detail) || out.Heard().Stuck != (want != "" && s != sim.Busy) {
			t.Errorf("%+v stuck %v, want %q", out.why(), out.Heard().Stuck, want)
		}
		if n := c.Plays(); n != plays {
			t.Errorf("played %d times, want %d", n, plays)
		}
	}
	probe(sim.Flowing, "", "")
	probe(sim.Silent, "", "") // it may be a short trouble
	probe(sim.Silent, "no_frames", "no RTP packet within 500ms")
	probe(sim.Standing, "no_frames", "all of one time")
	if e, err = d.eye(); err != nil { // the next Run
		t.Fatal(err)
	}
	probe(sim.Flowing, "", "")
	probe(sim.Busy, "", "")
	probe(sim.Busy, "no_frames", "stream not played: status 453")
	probe(sim.Flowing, "", "")
	noneLeft(t)
}

// TestFramesOfTheDead: a camera that does not answer is not asked for its pictures beside.
func TestFramesOfTheDead(t *testing.T) {
	o := Options{RTSP: "rtsp://127.0.0.1:1/", Frames: true, Now: newClock().now}
	d := New(o)
	e, err := d.eye()
	if err != nil {
		t.Fatal(err)
	}
	d.frames.first = 0
	for range framesWrong + 1 {
		if l := e.look(t.Context()); l.dead() == nil || l.stalled != nil {
			t.Errorf("%+v", l)
		}
		d.frames.next = time.Time{}
	}
	if New(Options{Snapshot: "http://127.0.0.1/", Frames: true}).frames != nil {
		t.Error("frames without a stream")
	}
}

// TestFlow: timestamps wrap, and those of bidirectional pictures go to and fro.
func TestFlow(t *testing.T) {
	for name, tt := range map[string]struct {
		stamps []uint32
		want   string
	}{
		"none":       {nil, "no RTP packet"},
		"one":        {[]uint32{7}, "1 RTP packets"},
		"standing":   {[]uint32{7, 7, 7, 7}, "4 RTP packets"},
		"backwards":  {[]uint32{9000, 6000, 3000}, "3 RTP packets"},
		"one step":   {[]uint32{7, 8}, ""},
		"wraps":      {[]uint32{1<<32 - 3000, 0, 3000}, ""},
		"to and fro": {[]uint32{0, 9000, 3000, 6000, 18000, 12000, 15000, 27000, 21000, 36000}, ""},
	} {
		f := newFlow(time.Second)
		for _, s := range tt.stamps {
			f.take(s)
		}
		got := ""
		if x := f.judge(); x != nil {
			got = x.detail
		}
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestFramesClock: a clock that is set back does not end the probes.
func TestFramesClock(t *testing.T) {
	now := newClock()
	f := &frames{limit: time.Second, first: 30 * time.Second}
	for i, step := range []struct {
		by   time.Duration
		want bool
	}{{0, false}, {30 * time.Second, true}, {59 * time.Second, false}, {time.Second, true}, {-24 * time.Hour, true}, {0, false}} {
		now.forth(step.by)
		if got := f.due(now.at) != nil; got != step.want {
			t.Errorf("step %d: due %v", i, got)
		}
	}
	if (*frames)(nil).due(now.at) != nil || (*frames)(nil).judge() != nil {
		t.Error("a camera without frames has some")
	}
}
