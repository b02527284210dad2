package camera

import (
	"strings"
	"testing"
	"time"
)

// flat gives a grid of a pattern around mean; spread is its standard deviation.
func flat(mean, spread float64) *grid {
	g := &grid{}
	for i := range g.cells {
		g.cells[i] = mean + spread*float64(1-2*(i%2))
	}
	g.mean, g.deviation = moments(g.cells[:])
	return g
}

type step struct {
	after time.Duration
	same  bool // the same bytes as before
	g     *grid
	want  string
}

// TestWatch follows pictures through time.
func TestWatch(t *testing.T) {
	const s = time.Second
	tests := map[string][]step{
		"good":            {{0, false, flat(100, 30), ""}, {10 * s, false, flat(101, 30), ""}},
		"black":           {{0, false, flat(3, 1), "black"}, {10 * s, false, flat(100, 30), ""}},
		"covered":         {{0, false, flat(90, 1), "covered"}, {10 * s, false, flat(100, 30), ""}},
		"dusk":            {{0, false, flat(15, 8), "black"}, {10 * s, false, flat(17, 8), "black"}, {10 * s, false, flat(19, 8), ""}, {10 * s, false, flat(17, 8), ""}},
		"black and still": {{0, false, flat(3, 1), "black"}, {90 * s, true, nil, "black"}},
		"same bytes":      {{0, false, flat(100, 30), ""}, {59 * s, true, nil, ""}, {1 * s, true, nil, "frozen"}, {10 * s, true, nil, "frozen"}, {10 * s, false, flat(100.1, 30), ""}},
		"same picture":    {{0, false, flat(100, 30), ""}, {30 * s, false, flat(100.01, 30), ""}, {30 * s, false, flat(100.02, 30), "frozen"}, {10 * s, false, flat(102, 30), ""}},
		"noise only":      {{0, false, flat(100, 30), ""}, {60 * s, false, flat(100.06, 30), ""}, {60 * s, false, flat(100, 30), ""}},
		"slow dawn": {{0, false, flat(100, 30), ""}, {20 * s, false, flat(100.02, 30), ""}, {20 * s, false, flat(100.04, 30), ""},
			{20 * s, false, flat(100.06, 30), ""}, {20 * s, false, flat(100.08, 30), ""}, {20 * s, false, flat(100.10, 30), ""}},
		"one look an hour": {{0, false, flat(100, 30), ""}, {3600 * s, false, flat(120, 30), ""}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			w := watch{black: 16, covered: 4, frozen: 60 * s}
			now := newClock()
			for i, st := range steps {
				now.forth(st.after)
				id := sum([]byte{byte(i)})
				if st.same {
					id = w.bytes
				}
				if w.same(id) != st.same {
					t.Fatalf("step %d: same bytes not known", i)
				}
				if !st.same {
					w.take(id, st.g, now.at)
				}
				got := ""
				if f := w.judge(now.at); f != nil {
					got = f.code
					if f.stuck != (got == "frozen") || f.detail == "" {
						t.Errorf("step %d: %+v", i, f)
					}
				}
				if got != st.want {
					t.Errorf("step %d: %q, want %q", i, got, st.want)
				}
			}
		})
	}
}

// TestEvidence: the detail says what was measured.
func TestEvidence(t *testing.T) {
	w := watch{black: 16, covered: 4, frozen: 60 * time.Second}
	now := newClock()
	want := func(text string) {
		t.Helper()
		f := w.judge(now.at)
		if f == nil || !strings.Contains(f.detail, text) {
			t.Errorf("finding %+v, want %q in it", f, text)
		}
	}
	w.take(sum([]byte{1}), flat(3, 1), now.at)
	want("luminance 3.0, limit 16")
	w.take(sum([]byte{2}), flat(90, 1), now.at)
	want("deviation 1.0, limit 4, luminance 90.0")
	w.take(sum([]byte{3}), flat(100, 30), now.at)
	now.forth(65 * time.Second)
	w.take(sum([]byte{4}), flat(100.01, 30), now.at)
	want("unchanged for 1m5s, difference 0.010, luminance 100.0")
	w.same(w.bytes)
	want("the same bytes 2 times")
}

// TestOff: a limit of zero is not checked.
func TestOff(t *testing.T) {
	var w watch
	now := newClock()
	w.take(sum(nil), flat(0, 0), now.at)
	now.forth(time.Hour)
	if f := w.judge(now.at); f != nil {
		t.Errorf("finding %+v without limits", f)
	}
}
