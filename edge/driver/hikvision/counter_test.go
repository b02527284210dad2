package hikvision

import (
	"errors"
	"testing"
	"time"

	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/hikvision"
	"hallpulse/hall"
)

func counting(m Mode) setup { return setup{mode: m, sim: sim.Options{Kind: sim.Counter}} }

// begun waits until the first report is the base of the differences.
func (x *site) begun() {
	x.t.Helper()
	if x.dev.o.Mode == Stream {
		if err := x.sim.Until(x.t.Context(), func(s sim.Stats) bool { return s.Following > 0 }); err != nil {
			x.t.Fatal(err)
		}
	}
	x.sim.Report()
	x.until("a sign of life", func(h drivertest.Heard) bool { return h.Seen > 0 })
}

func TestDifferences(t *testing.T) {
	modes(t, func(t *testing.T, m Mode) {
		x := open(t, counting(m))
		x.sim.Walk(70, 65) // of this morning: nobody knows when
		x.begun()
		x.sim.Walk(3, 1)
		x.sim.Report()
		x.sim.Walk(0, 2)
		x.passed(3, 3)
		f := x.sink.Heard().Facts[0]
		if err := drivertest.Check(f); err != nil || f.Passage.Zone != "waiting" {
			t.Errorf("%+v, %v", f, err)
		}
	})
}

// TestCounterFaults: whatever a camera does with its messages, each person is counted once.
func TestCounterFaults(t *testing.T) {
	for name, f := range map[string]sim.Faults{
		"pictures": {PictureFirst: true}, "no length": {NoLength: true}, "junk": {Junk: true}, "split": {Split: true}, "text": {TextNumbers: true},
		"ranges": {Ranges: true}, "no offset": {NoOffset: true}, "closes": {CloseAfter: 4},
	} {
		t.Run(name, func(t *testing.T) {
			modes(t, func(t *testing.T, m Mode) {
				x := open(t, counting(m))
				x.begun()
				x.sim.SetFaults(f)
				for range 6 {
					x.sim.Walk(2, 1)
				}
				if f.CloseAfter > 0 && m == Stream { // what a closed stream missed is in the next total
					x.status("reopened", func(s Status) bool { return s.Reopened > 0 })
					if err := x.sim.Until(t.Context(), func(s sim.Stats) bool { return s.Following > 0 }); err != nil {
						t.Fatal(err)
					}
					x.sim.Report()
				}
				x.passed(12, 6)
			})
		})
	}
}

// TestResets: totals that fall began anew, at midnight or by day; what they show has passed since.
func TestResets(t *testing.T) {
	x := open(t, counting(Listen))
	x.sim.Walk(10, 4)
	x.begun()
	x.sim.Reset()
	x.sim.Walk(2, 1)
	x.passed(2, 1)
	x.sim.Reset()
	x.sim.Report()
	x.sim.Walk(1, 0)
	x.passed(3, 1)
	if s := x.dev.Status(); s.Resets != 2 || s.LastReset == "" {
		t.Errorf("%+v", s)
	}
}

// TestReplay: reports of the past mean nothing, whether or not the camera marks them.
func TestReplay(t *testing.T) {
	x := open(t, counting(Listen))
	x.sim.Walk(10, 4)
	x.begun()
	for _, marked := range []bool{true, false} {
		for i := range 5 {
			x.sim.Retransmit(int64(i), int64(i), time.Now().Add(time.Duration(i-60)*time.Minute), marked)
		}
	}
	x.sim.Walk(1, 1)
	x.passed(1, 1)
	if n := x.dev.Status().Late; n != 10 {
		t.Errorf("%d late", n)
	}
}

// TestClockSetBack: a camera whose clock was set back and whose totals began anew is believed again after a while.
func TestClockSetBack(t *testing.T) {
	clk := &clock{t: time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)}
	s := counting(Listen)
	s.server.Now = clk.now
	x := open(t, s)
	x.sim.Walk(10, 4)
	x.begun()
	x.sim.SetFaults(sim.Faults{ClockOff: -24 * time.Hour})
	x.sim.Reset()
	x.sim.Walk(1, 0)
	x.status("late", func(s Status) bool { return s.Late == 1 })
	clk.add(lateTime)
	x.sim.Walk(1, 0)
	x.sim.Walk(2, 0)
	x.passed(2, 0)
}

// TestFlappingTotals: two cameras under one name would count the same people again and again.
func TestFlappingTotals(t *testing.T) {
	x := open(t, counting(Listen))
	now := time.Now()
	x.begun()
	for i := range 10 {
		x.sim.Retransmit(100, 100, now.Add(time.Duration(2*i+1)*time.Second), false)
		x.sim.Retransmit(20, 10, now.Add(time.Duration(2*i+2)*time.Second), false)
	}
	if h := x.degraded(codeResets); !h.Stuck {
		t.Error("not stuck")
	}
}

func TestJump(t *testing.T) {
	x := open(t, counting(Listen))
	x.begun()
	x.sim.Walk(maxStep+1, 0)
	x.until("a refusal", func(h drivertest.Heard) bool { return len(h.Refusals) == 1 })
	x.sim.Walk(1, 1)
	x.passed(1, 1)
}

// TestHalfDurable: when the disk fails in the middle of a report, the rest is told when it is posted again.
func TestHalfDurable(t *testing.T) {
	x := open(t, counting(Listen))
	x.begun()
	x.sink.Fail(errors.New("disk full"))
	x.sim.Walk(3, 2)
	x.until("two tries", func(h drivertest.Heard) bool { return h.Tried >= 2 })
	x.sink.Fail(nil)
	x.passed(3, 2)
}

// TestCounterRestart: a gateway that starts again on the same day goes on where its journal ended, even in the middle of a
// report; on another day it begins anew unless the totals did.
func TestCounterRestart(t *testing.T) {
	x := open(t, counting(Listen))
	x.begun()
	x.sim.Walk(5, 3)
	x.passed(5, 3)
	all := x.sink.Heard().Facts
	for i := range all {
		all[i].Device = "dev"
	}
	x.stop()
	for kept, want := range map[int][2]int{8: {1, 1}, 6: {1, 3}, 2: {4, 4}} {
		s := counting(Listen)
		s.restore = all[:kept]
		y := open(t, s)
		y.sim.Walk(6, 4)
		y.passed(want[0], want[1])
	}
	old := all[7]
	old.Raw = countRaw(place{1, 1}, total{enter: 5, exit: 3, text: "2026-10-04T17:00:00+08:00"}, verdict{in: 1}, 1)
	for walked, want := range map[int]int{9: 0, 2: 2} {
		s := counting(Listen)
		s.restore = []hall.Fact{old}
		y := open(t, s)
		y.sim.Walk(walked, 4)
		y.status("a report", func(Status) bool { return y.sim.Stats().Posted > 0 })
		if err := y.sim.Drained(t.Context()); err != nil {
			t.Fatal(err)
		}
		if in, _ := people(y.sink.Heard()); in != want {
			t.Errorf("%d walked over night: %d counted, want %d", walked, in, want)
		}
	}
}

func TestLine(t *testing.T) {
	s := counting(Stream)
	s.counter.Lines = true
	x := open(t, s)
	x.begun()
	x.sim.Walk(3, 0)
	x.sim.Line(7)
	h := x.until("a reading", func(h drivertest.Heard) bool {
		return len(h.Readings) > 0 && h.Readings[len(h.Readings)-1].Metric == hall.MetricQueueLength
	})
	if r := h.Readings[len(h.Readings)-1]; r != (drivertest.Reading{Metric: hall.MetricQueueLength, Part: "waiting", Value: 7}) || len(h.Facts) > 0 {
		t.Errorf("%+v, %d facts", r, len(h.Facts))
	}
}

func TestVideoLoss(t *testing.T) {
	s := counting(Stream)
	s.sim.Heartbeat = time.Hour // an inactive videoloss is one
	s.beat = time.Hour
	x := open(t, s)
	x.begun()
	x.sim.VideoLoss(true)
	if h := x.degraded(codeVideoLoss); !h.Stuck {
		t.Error("not stuck")
	}
	x.sim.VideoLoss(false)
	x.healthy()
}

func TestReversedAndChosen(t *testing.T) {
	s := counting(Listen)
	s.counter.Reversed, s.counter.Region = true, 1
	x := open(t, s)
	x.begun()
	x.sim.Walk(2, 1)
	x.passed(1, 2)
	s.counter.Region = 2
	y := open(t, s)
	y.begun()
	y.sim.Walk(2, 1)
	y.status("ignored", func(s Status) bool { return s.Ignored >= 2 })
	y.passed(0, 0)
}

func TestCountRaw(t *testing.T) {
	at, is, v := place{2, 1}, total{enter: 72, exit: 66, text: "2026-10-05T09:15:00+08:00"}, verdict{in: 2, out: 1}
	for k, want := range [][2]int64{{71, 65}, {72, 65}, {72, 66}} {
		raw := countRaw(at, is, v, int64(k+1))
		got, t2, ok := parseCount(raw)
		if !ok || got != at || t2.enter != want[0] || t2.exit != want[1] || t2.text != is.text {
			t.Errorf("%s: %+v %v", raw, t2, ok)
		}
	}
	for _, bad := range []string{"", "PeopleCounting", "PeopleCounting realTime x channel=1 region=1 enter=1 exit=1 taken=2,0 number=1", "E"} {
		if _, _, ok := parseCount([]byte(bad)); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}
