package driver

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkKeys feeds what may be anything and checks what holds for all: a press and its release take turns, and what is kept is
// less than one event.
func checkKeys(t *testing.T, d *KeyDecoder, p []byte) (refused bool) {
	t.Helper()
	down := d.down
	refused = d.Feed(p) != nil
	if len(d.rest) >= d.size {
		t.Fatalf("%d bytes are kept", len(d.rest))
	}
	for e, err, ok := d.Take(); ok; e, err, ok = d.Take() {
		if err != nil {
			continue
		}
		if e.Code > maxKey || e.Value < KeyUp || e.Value > KeyRepeat || e.At < 0 || e.Value != KeyRepeat && down.Has(e.Code) == (e.Value == KeyDown) {
			t.Fatalf("%+v of %x", e, p)
		}
		down.Set(e.Code, e.Value != KeyUp)
	}
	if down != d.down {
		t.Fatalf("what is down differs after %x", p)
	}
	return refused
}

func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	each(t, func(t *testing.T, size int) {
		rnd := rand.New(rand.NewPCG(1, uint64(size)))
		golden := slices.Concat(packet(size, 79, KeyDown), packet(size, 79, KeyRepeat), dropped(size), packet(size, 79, KeyUp), packet(size, 80, KeyDown))
		h := &holder{}
		d, refused := decoder(t, size, h), 0
		for range n {
			p := bytes.Clone(golden)
			for range 1 + rnd.IntN(4) {
				p[rnd.IntN(len(p))] = byte(rnd.Uint32())
			}
			h.set.Set(uint16(rnd.IntN(maxKey+1)), rnd.IntN(2) == 0)
			if checkKeys(t, d, p[:len(p)-rnd.IntN(4)/3*rnd.IntN(len(p))]) {
				refused++
				d = decoder(t, size, h) // as a driver opens the device anew
			} else if len(d.rest) > 0 {
				d.rest = nil // the kernel gives whole events; bytes that are missing are missing for good
			}
		}
		if refused == 0 || refused == n {
			t.Errorf("%d of %d were refused", refused, n)
		}
		h.set = d.down
		feed(t, d, encode(size, InputEvent{}), packet(size, 79, KeyUp)) // ends what was dropped
		if got := feed(t, d, packet(size, 79, KeyDown), packet(size, 79, KeyUp)); got != "79+ 79-" {
			t.Errorf("after the noise: %q", got)
		}
	})
}

func FuzzInputEvents(f *testing.F) {
	for _, size := range []int{InputEventSize32, InputEventSize64} {
		f.Add(slices.Concat(packet(size, 79, KeyDown), dropped(size), packet(size, 79, KeyUp)), size == InputEventSize64, uint16(79), uint8(7))
	}
	f.Add([]byte{1, 2, 3}, true, uint16(0xFFFF), uint8(0))
	f.Fuzz(func(t *testing.T, p []byte, long bool, held uint16, cut uint8) {
		size := InputEventSize32
		if long {
			size = InputEventSize64
		}
		h := &holder{}
		d := decoder(t, size, h)
		h.set.Set(held, true)
		at := min(int(cut), len(p))
		if checkKeys(t, d, p[:at]) {
			return
		}
		checkKeys(t, d, p[at:])
	})
}
