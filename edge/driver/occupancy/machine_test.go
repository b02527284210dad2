package occupancy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

var zero = time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)

// play feeds "100 O" (outer breaks at 100 ms), "200 o" (it clears), I, i, "5000 ." (a tick) and spells the events.
func play(m *Machine, script string) string {
	var out []string
	for word := range strings.SplitSeq(script, ",") {
		var ms float64
		var what string
		if _, err := fmt.Sscan(word, &ms, &what); err != nil {
			panic(err)
		}
		at := zero.Add(time.Duration(ms * float64(time.Millisecond)))
		var ev []Event
		switch what {
		case ".":
			ev = m.Tick(at)
		case "O", "o":
			ev = m.Edge(Outer, what == "O", at)
		case "I", "i":
			ev = m.Edge(Inner, what == "I", at)
		}
		for _, e := range ev {
			out = append(out, map[EventKind]string{Passed: map[hall.Direction]string{hall.In: "in", hall.Out: "out", hall.Ambiguous: "?"}[e.Direction],
				Short: "short", Stuck: "stuck " + e.Beam.String(), Freed: "freed"}[e.Kind])
		}
	}
	return strings.Join(out, " ")
}

func TestMachine(t *testing.T) {
	for name, tt := range map[string]struct{ script, want string }{
		"in":                  {"0 O,60 I,180 o,240 i", "in"},
		"out":                 {"0 I,60 O,180 i,240 o", "out"},
		"turned back":         {"0 O,200 o", ""},
		"turned back late":    {"0 O,60 I,180 i,240 o", ""},
		"turned back later":   {"0 O,60 I,180 o,240 O,300 i,400 o", ""},
		"to and fro, then in": {"0 O,60 I,180 i,240 I,300 o,400 O,500 o,600 i", "in"},
		"at once":             {"0 O,1 I,200 o,210 i", "?"},
		"at once, inner":      {"0 I,1.9 O,200 o,210 i", "?"},
		"not quite at once":   {"0 O,2 I,200 o,210 i", "in"},
		"too short":           {"0 O,20 I,40 o,79 i", "short"},
		"just long enough":    {"0 O,20 I,40 o,80 i", "in"},
		"insect":              {"0 O,30 o", "short"},
		"two people":          {"0 O,60 I,180 o,240 i,500 I,560 O,680 i,740 o", "in out"},
		"bounce":              {"0 O,1 o,2 O,60 I,61 i,63 I,180 o,181 O,182 o,240 i,242 I,243 i", "in"},
		"bounce read late":    {"0 O,1 o,10 .,12 .", "short"},
		"level told again":    {"0 O,60 I,100 O,100 I,180 o,200 o,240 i,300 i", "in"},
		"time-out":            {"0 O,60 I,5060 o,5100 i", ""},
		"slow but moving":     {"0 O,4900 I,9800 o,14000 i", "in"},
		"stuck":               {"0 O,9999 .,10000 .,20000 .,30000 o", "stuck outer freed"},
		"stuck, person by it": {"0 O,10000 .,11000 I,11200 i,20000 o,20100 I,20200 O,20300 i,20400 o", "stuck outer freed out"},
		"lamp lost":           {"0 O,0 I,10000 .,60000 .,60001 o,60001 i", "stuck outer freed"},
		"after a time-out":    {"0 O,6000 .,7000 o,8000 I,8060 O,8180 i,8240 o", "out"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := play(NewMachine(Times{}), tt.script); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.script, got, tt.want)
			}
		})
	}
}

func TestMachineStartsInsideAPassage(t *testing.T) {
	m := NewMachine(Times{})
	m.Start(true, true, zero)
	if got := play(m, "100 o,200 i,1000 O,1060 I,1180 o,1240 i"); got != "in" {
		t.Errorf("got %q", got)
	}
}

// TestMachineHoldsItsRules plays random edges: a passage is never shorter than the minimum, freed follows stuck, and a
// quiet pair comes to rest.
func TestMachineHoldsItsRules(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		m := NewMachine(Times{})
		at, last, stuck := zero, zero.Add(-time.Hour), false
		for range 2000 {
			at = at.Add(time.Duration(rnd.ExpFloat64() * float64(60*time.Millisecond)))
			if rnd.IntN(200) == 0 {
				at = at.Add(12 * time.Second)
			}
			for _, e := range m.Edge(Beam(rnd.IntN(2)), rnd.IntN(2) == 0, at) {
				switch e.Kind {
				case Passed:
					if e.At.Sub(last) < 80*time.Millisecond {
						t.Fatalf("seed %d: two people within %v", seed, e.At.Sub(last))
					}
					last = e.At
				case Stuck, Freed:
					if stuck == (e.Kind == Stuck) {
						t.Fatalf("seed %d: stuck or freed twice", seed)
					}
					stuck = e.Kind == Stuck
				}
			}
		}
		m.Edge(Outer, false, at.Add(time.Second))
		m.Edge(Inner, false, at.Add(2*time.Second))
		if _, ok := m.Next(); ok || m.state != idle || m.stuck {
			t.Fatalf("seed %d: not at rest: state %d", seed, m.state)
		}
	}
}
