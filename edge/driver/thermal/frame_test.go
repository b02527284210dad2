package thermal

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/thermal"
	"hallpulse/hall"
)

func TestPixel(t *testing.T) {
	for raw, want := range map[string]float64{"\x58\x00": 22, "\xF8\x0F": -2, "\x00\x00": 0, "\xFF\x07": 511.75} {
		if got := pixel([]byte(raw)); got != want {
			t.Errorf("%x: %v", raw, got)
		}
	}
}

func TestBlobs(t *testing.T) {
	var mask [pixels]bool
	for _, i := range []int{0, 1, 9, 30, 62, 63} { // three pixels, one alone, two
		mask[i] = true
	}
	if got := blobs(mask); len(got) != 2 || got[0].size != 3 || got[1].size != 2 || got[1].x != 6.5 || got[1].y != 7 {
		t.Errorf("%+v", got)
	}
	for i := range 4 * side {
		mask[i] = true
	}
	if got := blobs(mask); len(got) != 3 {
		t.Errorf("a spot of half the picture is two people: %+v", got)
	}
}

// TestMutations: any pictures give people or none, and who walks across afterwards is counted.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	rnd := rand.New(rand.NewPCG(5, 5))
	out, refused := &drivertest.Sink{}, 0
	w := &watcher{o: Options{Zone: "hall", Passages: true}, out: nothing{out, &refused}}
	chip := sim.New(1)
	raw := make([]byte, 2*pixels)
	now := time.Now()
	for range n {
		if err := chip.Tx([]byte{0x80}, raw); err != nil {
			t.Fatal(err)
		}
		for range 1 + rnd.IntN(8) {
			raw[rnd.IntN(len(raw))] = byte(rnd.Uint32())
		}
		now = now.Add(100 * time.Millisecond)
		_ = w.take(t.Context(), raw, now)
		if len(w.track.walkers) > pixels {
			t.Fatal("grew")
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
	w.out, w.track = out, tracker{}
	for i := range 30 {
		leave := chip.Stand(sim.Person{X: 3, Y: float64(i)/2 - 3})
		if err := chip.Tx([]byte{0x80}, raw); err != nil {
			t.Fatal(err)
		}
		leave()
		if err := w.take(t.Context(), raw, now); err != nil {
			t.Fatal(err)
		}
	}
	if h := out.Heard(); len(h.Facts) != 1 || h.Facts[0].Passage.Direction != hall.In {
		t.Errorf("%+v", h.Facts)
	}
}

// nothing counts what noise makes, and keeps none of it.
type nothing struct {
	driver.Sink
	refused *int
}

func (nothing) Later(context.Context, hall.Fact, func()) error { return nil }
func (n nothing) Refused(string, []byte)                       { *n.refused++ }

// Somebody sits below the sensor for half an hour, and then the sun comes in.
func TestWhoSitsIsNoFloor(t *testing.T) {
	chip, raw := sim.New(2), make([]byte, 2*pixels)
	var g background
	taken := 0
	look := func(room float64, pictures int) (people int) {
		chip.SetFaults(sim.Faults{Room: room})
		for range pictures {
			taken++
			if err := chip.Tx([]byte{regPixels}, raw); err != nil {
				t.Fatal(err)
			}
			f, err := decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			people = len(blobs(g.learn(&f, taken)))
		}
		return people
	}
	look(22, 2*fastFrames)
	chip.Stand(sim.Person{X: 3.5, Y: 3.5})
	if got := look(22, 18_000); got != 1 {
		t.Errorf("after half an hour there are %d", got)
	}
	if got := look(25, 600); got > 1 {
		t.Errorf("the sun is %d people", got)
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(make([]byte, 2*pixels))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decode(b)
		var g background
		g.learn(&p, 0)
		list := blobs(g.learn(&p, 1))
		if err == nil && len(list) > pixels {
			t.Errorf("%d people", len(list))
		}
	})
}
