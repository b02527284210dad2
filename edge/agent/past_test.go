package agent

import (
	"testing"
	"time"

	"hallpulse/hall"
)

// TestPressedBeforeTheEnd: the last minutes before the end count, by the clock that runs whatever the wall clock does.
func TestPressedBeforeTheEnd(t *testing.T) {
	var p past
	rated := func(boot uint32, wall time.Time, mono time.Duration, seq uint32) {
		p.note(&hall.Fact{Kind: hall.KindRating, Device: "k", At: hall.Stamp{Wall: wall, Boot: boot, Mono: mono}, Rating: &hall.Rating{Window: "w1", Level: 5, Seq: seq}})
	}
	rated(1, day, time.Hour, 1)
	rated(1, day.Add(54*time.Minute), 2*time.Hour, 2)
	rated(2, bootAt, time.Minute, 3) // before its clock was set
	rated(2, day.Add(time.Hour), 2*time.Minute, 4)
	p.note(&hall.Fact{Kind: hall.KindInvite, At: hall.Stamp{Wall: day.Add(61 * time.Minute), Boot: 2, Mono: 3 * time.Minute}})
	got := p.pressed("k")
	if len(got) != 3 || got[0].Seq != 2 || got[1].Seq != 3 || got[2].Seq != 4 || len(p.pressed("other")) != 0 {
		t.Errorf("got %+v", got)
	}
}
