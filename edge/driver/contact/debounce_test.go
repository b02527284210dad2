package contact

import (
	"math/rand/v2"
	"testing"
	"time"
)

// FuzzBouncer plays levels and times: two moves are never closer than the debounce, and a steady level becomes the state.
func FuzzBouncer(f *testing.F) {
	f.Add([]byte{1, 200, 0, 3, 1, 2, 0, 90})
	f.Fuzz(func(t *testing.T, script []byte) { play(t, script) })
}

const hold = 50 * time.Millisecond

func play(t *testing.T, script []byte) {
	now := time.Unix(0, 0)
	b := newBouncer(hold, false, now)
	last := now
	for i := 0; i+1 < len(script); i += 2 {
		now = now.Add(time.Duration(script[i+1]) * time.Millisecond)
		raw := script[i]&1 != 0
		was := b.state
		moved := b.see(raw, now)
		if moved != (b.state != was) || moved && (b.state != raw || now.Sub(last) < hold) {
			t.Fatalf("step %d: moved %v to %v after %v", i, moved, b.state, now.Sub(last))
		}
		if moved {
			last = now
		}
		if next := b.next(now); next < 0 || next > hold || (next == 0) != (b.raw == b.state) {
			t.Fatalf("step %d: next in %v", i, next)
		}
	}
	b.see(true, now)
	if b.see(true, now.Add(hold)); !b.state {
		t.Fatal("a steady level is not believed after the noise")
	}
}

// TestMutations plays 100,000 levels of a contact that chatters in every way.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range n / 100 {
		script := make([]byte, 200)
		for i := range script {
			script[i] = byte(rnd.Uint32())
		}
		play(t, script)
	}
}
