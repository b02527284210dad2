package clock

import (
	"testing"
	"time"

	"hallpulse/hall"
)

var (
	day  = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	zero = time.Unix(0, 0).UTC()
)

// fake is a system whose clocks the test moves.
type fake struct {
	wall time.Time
	mono time.Duration
}

func (f *fake) pass(d time.Duration) { f.wall, f.mono = f.wall.Add(d), f.mono+d }

func with(wall time.Time) (*fake, *Clock) {
	f := &fake{wall: wall}
	return f, New(Options{Boot: 7, Wall: func() time.Time { return f.wall }, Mono: func() time.Duration { return f.mono }})
}

func TestStamp(t *testing.T) {
	f, c := with(day.Add(1500 * time.Nanosecond))
	f.pass(time.Second)
	s := c.Now()
	if want := (hall.Stamp{Wall: day.Add(time.Second + time.Microsecond), Boot: 7, Mono: time.Second}); s != want {
		t.Fatalf("%+v, want %+v", s, want)
	}
	_, c = with(zero)
	if s := c.Now(); s.Mark != hall.Unsure {
		t.Fatalf("%+v", s)
	}
}

func TestObserve(t *testing.T) {
	for _, x := range []struct {
		name       string
		start, hub time.Time
		rtt        time.Duration
		delta      time.Duration // 0: no step
	}{
		{"right", day, day.Add(time.Second), 0, 0},
		{"just off", day, day.Add(2 * time.Second), 0, 0},
		{"behind", day, day.Add(3 * time.Second), 0, 3 * time.Second},
		{"ahead", day, day.Add(-time.Hour), 0, -time.Hour},
		{"1970", zero, day, 0, day.Sub(zero)},
		{"half the way is the answer's", day, day.Add(10 * time.Second), 2 * time.Second, 11 * time.Second},
		{"the way explains it", day, day.Add(-3 * time.Second), 8 * time.Second, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			f, c := with(x.start)
			step := c.Observe(x.hub, x.rtt)
			if !c.Anchored() {
				t.Error("not anchored")
			}
			if x.delta == 0 {
				if step != nil {
					t.Fatalf("%+v", step.Clock)
				}
				return
			}
			if step == nil || step.Clock.Delta != x.delta || step.Clock.Source != SourceHub || step.Kind != hall.KindClock {
				t.Fatalf("%+v", step)
			}
			if want := x.start.Add(x.delta); !step.At.Wall.Equal(want) || step.At.Mark != hall.Sure {
				t.Fatalf("%+v, want %v", step.At, want)
			}
			f.pass(time.Minute)
			if s := c.Now(); !s.Wall.Equal(x.start.Add(x.delta+time.Minute)) || s.Mark != hall.Sure {
				t.Fatalf("%+v", s)
			}
			if again := c.Observe(x.hub.Add(time.Minute+x.rtt/2), 0); again != nil {
				t.Fatalf("%+v", again)
			}
		})
	}
}

func TestHubInThePastIsIgnored(t *testing.T) {
	_, c := with(day)
	if step := c.Observe(zero, 0); step != nil || c.Anchored() {
		t.Fatal(step, c.Anchored())
	}
}

// A stamp belongs to one side of a step, even within the same microsecond.
func TestStepPartsTheStamps(t *testing.T) {
	_, c := with(zero)
	before := c.Now()
	step := c.Observe(day, 0)
	after := c.Now()
	if before.Mono >= step.At.Mono || after.Mono < step.At.Mono {
		t.Fatal(before, step.At, after)
	}
}

func TestSystemStep(t *testing.T) {
	f, c := with(zero)
	f.pass(10 * time.Second)
	early := c.Now()
	f.wall = day // NTP came
	if steps := c.Check(); len(steps) != 1 || steps[0].Clock.Source != SourceSystem || steps[0].Clock.Delta != day.Sub(zero.Add(10*time.Second)) || steps[0].At.Mono <= early.Mono {
		t.Fatalf("%+v", steps)
	}
	if steps := c.Check(); len(steps) != 0 {
		t.Fatalf("%+v", steps)
	}
	if s := c.Now(); !s.Wall.Equal(day) || s.Mark != hall.Sure {
		t.Fatalf("%+v", s)
	}
	f.pass(time.Second)
	f.wall = f.wall.Add(400 * time.Millisecond) // slewing is not a step
	if steps := c.Check(); len(steps) != 0 {
		t.Fatalf("%+v", steps)
	}
	if step := c.Observe(f.wall, 0); step != nil {
		t.Fatalf("%+v", step)
	}
	f.wall = f.wall.Add(-time.Hour) // somebody sets the clock by hand, after the county confirmed it
	if s := c.Now(); !s.Wall.Equal(day.Add(1400 * time.Millisecond)) {
		t.Fatalf("%+v", s)
	}
	if steps := c.Check(); len(steps) != 0 {
		t.Fatalf("%+v", steps)
	}
}

func fact(boot uint32, wall time.Time, mono time.Duration, mark hall.Mark) hall.Fact {
	return hall.Fact{Kind: hall.KindCall, At: hall.Stamp{Wall: wall, Boot: boot, Mono: mono, Mark: mark}, Call: &hall.Call{Number: "A1", Window: "1"}}
}

func stepFact(boot uint32, wall time.Time, mono, delta time.Duration) hall.Fact {
	return hall.Fact{Kind: hall.KindClock, At: hall.Stamp{Wall: wall, Boot: boot, Mono: mono}, Clock: &hall.ClockStep{Delta: delta, Source: SourceHub}}
}

func TestCorrect(t *testing.T) {
	const s = time.Second
	shift := day.Sub(zero)
	unsure := func(boot uint32, at time.Duration) hall.Fact { return fact(boot, zero.Add(at), at, hall.Unsure) }
	for _, x := range []struct {
		name    string
		journal []hall.Fact
		rec     hall.Fact
		wall    time.Time
		mark    hall.Mark
	}{
		{"sure", nil, fact(1, day, 0, hall.Sure), day, hall.Sure},
		{"sure, with a later boot", []hall.Fact{fact(2, day.Add(s), 0, hall.Sure)}, fact(1, day, 0, hall.Sure), day, hall.Sure},
		{"before a step", []hall.Fact{unsure(1, s), stepFact(1, day.Add(5*s), 5*s, shift)}, unsure(1, 3*s), day.Add(3 * s), hall.Corrected},
		{"a step is not before itself", []hall.Fact{stepFact(1, day.Add(5*s), 5*s, shift)}, stepFact(1, day.Add(5*s), 5*s, shift), day.Add(5 * s), hall.Sure},
		{"after a step", []hall.Fact{stepFact(1, day.Add(5*s), 5*s, shift)}, fact(1, day.Add(6*s), 6*s, hall.Sure), day.Add(6 * s), hall.Sure},
		{"before two steps", []hall.Fact{stepFact(1, day, 5*s, shift), stepFact(1, day, 9*s, -3*s)}, unsure(1, 2*s), day.Add(-s), hall.Corrected},
		{"between two steps", []hall.Fact{stepFact(1, day, 5*s, shift), stepFact(1, day, 9*s, -3*s)}, fact(1, day.Add(7*s), 7*s, hall.Sure), day.Add(4 * s), hall.Corrected},
		{"the journal read twice", []hall.Fact{stepFact(1, day, 5*s, shift), stepFact(1, day, 5*s, shift)}, unsure(1, 2*s), day.Add(2 * s), hall.Corrected},
		{"a step of another boot", []hall.Fact{stepFact(2, day, 5*s, shift)}, fact(1, day, s, hall.Sure), day, hall.Sure},
		{"nothing known", nil, unsure(1, s), zero.Add(s), hall.Unsure},
		{"estimated", []hall.Fact{unsure(1, 20*s), fact(2, day.Add(4*s), 4*s, hall.Sure)}, unsure(1, 15*s), day.Add(-5 * s), hall.Estimated},
		{"estimated from a corrected boot", []hall.Fact{unsure(1, 20*s), unsure(2, 2*s), stepFact(2, day.Add(4*s), 4*s, shift)}, unsure(1, 15*s), day.Add(-5 * s), hall.Estimated},
		{"two boots without a clock", []hall.Fact{unsure(1, 20*s), unsure(2, 30*s), fact(3, day, 0, hall.Sure)}, unsure(1, 15*s), day.Add(-35 * s), hall.Estimated},
		{"a boot without facts between", []hall.Fact{unsure(1, 20*s), fact(3, day, 0, hall.Sure)}, unsure(1, 15*s), day.Add(-5 * s), hall.Estimated},
		{"later than all that is known", []hall.Fact{unsure(1, 20*s), fact(2, day, 0, hall.Sure)}, unsure(1, 25*s), day, hall.Estimated},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := NewCorrector(time.Time{})
			for i := range x.journal {
				c.Note(&x.journal[i])
			}
			c.Correct(&x.rec)
			if !x.rec.At.Wall.Equal(x.wall) || x.rec.At.Mark != x.mark {
				t.Fatalf("%v %d, want %v %d", x.rec.At.Wall, x.rec.At.Mark, x.wall, x.mark)
			}
		})
	}
}

func TestCorrectTouchesWhatDependsOnTheClock(t *testing.T) {
	shift := day.Sub(zero)
	c := NewCorrector(time.Time{})
	st := stepFact(1, day, time.Minute, shift)
	c.Note(&st)
	gap := hall.Gap{From: zero, To: zero.Add(time.Second), Reason: "restart"}
	f := hall.Fact{Kind: hall.KindGap, At: hall.Stamp{Wall: zero.Add(time.Second), Boot: 1, Mono: time.Second, Mark: hall.Unsure}, Gap: &gap}
	c.Correct(&f)
	if !f.Gap.From.Equal(day) || !f.Gap.To.Equal(day.Add(time.Second)) || !gap.From.Equal(zero) {
		t.Fatalf("%+v, original %+v", f.Gap, gap)
	}
	card := hall.Fact{Kind: hall.KindPunch, At: hall.Stamp{Wall: zero, Boot: 1}, Punch: &hall.Punch{At: zero.Add(time.Second), DeviceTime: "x"}}
	was := *card.Punch
	c.Correct(&card)
	if !card.Punch.At.Equal(card.At.Wall.Add(time.Second)) || card.Punch.At.Equal(was.At) || card.Punch.DeviceTime != "x" {
		t.Errorf("a reader without a clock has the gateway's: %+v", card)
	}
	punch := hall.Punch{At: day.Add(time.Hour), Skew: shift + 3*time.Second, DeviceTime: "2026-05-04 10:00:00"}
	f = hall.Fact{Kind: hall.KindPunch, At: hall.Stamp{Wall: zero, Boot: 1}, Punch: &punch}
	c.Correct(&f)
	if !f.Punch.At.Equal(punch.At) || f.Punch.Skew != 3*time.Second || punch.Skew == f.Punch.Skew {
		t.Fatalf("%+v", f.Punch)
	}
	r := hall.Reading{At: zero.Add(2 * time.Second), Boot: 1, Mono: 2 * time.Second}
	c.CorrectReading(&r)
	if !r.At.Equal(day.Add(2 * time.Second)) {
		t.Fatal(r.At)
	}
}

func TestEstimateUsesTheAliveMark(t *testing.T) {
	c := NewCorrector(time.Time{})
	first := fact(1, zero, 0, hall.Unsure)
	next := fact(2, day, 0, hall.Sure)
	c.Note(&first)
	c.Alive(1, zero.Add(time.Hour), time.Hour)
	c.Note(&next)
	c.Correct(&first)
	if !first.At.Wall.Equal(day.Add(-time.Hour)) || first.At.Mark != hall.Estimated {
		t.Fatalf("%+v", first.At)
	}
	r := hall.Reading{At: zero.Add(time.Minute), Boot: 1, Mono: time.Minute}
	c.CorrectReading(&r)
	if !r.At.Equal(day.Add(-59 * time.Minute)) {
		t.Fatal(r.At)
	}
}

// The whole way: a gateway starts in 1970, is told the time, and every record comes out right.
func TestClockAndCorrectorTogether(t *testing.T) {
	f, c := with(zero)
	var journal []hall.Fact
	var truth []time.Time
	real := day
	pass := func(d time.Duration) { f.pass(d); real = real.Add(d) }
	note := func() {
		at := c.Now()
		journal = append(journal, hall.Fact{Kind: hall.KindCall, At: at, Call: &hall.Call{}})
		truth = append(truth, real)
	}
	keep := func(step hall.Fact) { journal = append(journal, step); truth = append(truth, real) }
	note()
	pass(3 * time.Second)
	note()
	f.wall = f.wall.Add(40 * 24 * time.Hour) // a step of the system, still wrong
	note()
	for _, s := range c.Check() {
		keep(s)
	}
	pass(time.Minute)
	note()
	if s := c.Observe(real, 0); s != nil {
		keep(*s)
	}
	note()
	f.wall = f.wall.Add(-time.Hour) // absorbed
	pass(time.Second)
	note()
	fix := NewCorrector(time.Time{})
	for i := range journal {
		fix.Note(&journal[i])
	}
	for i := range journal {
		fix.Correct(&journal[i])
		if !journal[i].At.Wall.Equal(truth[i]) || journal[i].At.Mark == hall.Unsure {
			t.Errorf("%d: %v (%d), want %v", i, journal[i].At.Wall, journal[i].At.Mark, truth[i])
		}
	}
}
