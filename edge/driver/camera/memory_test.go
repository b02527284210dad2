package camera

import (
	"image"
	"testing"
	"time"

	sim "hallpulse/edge/simulator/camera"
)

// TestLearned follows a simulated hall through days, people, a turned lens and a turned camera.
func TestLearned(t *testing.T) {
	c := simulate(t, sim.Options{Seed: 3})
	now, out := newClock(), newSink()
	o := optionsOf(c, now)
	o.RTSP, o.Defocused, o.Moved, o.Relearn = "", 0.4, 0.4, time.Hour
	d := New(o)
	e, err := d.eye()
	if err != nil {
		t.Fatal(err)
	}
	const every = 10 * time.Second
	const enough = int(wrongFor/every) + 1
	see := func(p sim.Picture, light float64, n int, want string) {
		t.Helper()
		c.SetPicture(p)
		c.SetLight(light)
		for range n {
			now.forth(every)
			if err := glance(t, e, out); err != nil {
				t.Fatal(err)
			}
		}
		if out.why().Code != want {
			t.Errorf("%v by light %v: %+v, want %q", p, light, out.why(), want)
		}
	}
	see(sim.Live, 1, learnPictures+2, "")
	see(sim.Live, 0.6, 10, "") // clouds
	see(sim.Live, 0.3, learnPictures+2, "")
	see(sim.Live, 1, 5, "")
	see(sim.Defocused, 1, enough-1, "")
	see(sim.Live, 1, 1, "")
	see(sim.Defocused, 1, enough, "defocused")
	see(sim.Defocused, 0.3, 5, "defocused")
	see(sim.Live, 1, rightPictures, "")
	see(sim.Moved, 1, enough-1, "")
	see(sim.Moved, 1, 1, "moved")
	see(sim.Black, 1, 1, "black")
	if e, err = d.eye(); err != nil { // the camera was away
		t.Fatal(err)
	}
	see(sim.Moved, 0.3, 1, "moved")
	now.forth(time.Hour)
	see(sim.Moved, 1, learnPictures+5, "") // somebody wanted it so
	see(sim.Live, 1, enough, "moved")
}

// TestEdges: the same hall by less light has as many edges beside its contrast, a flat picture none.
func TestEdges(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 640, 360))
	if g := reduce(img); g.sharp != 0 {
		t.Errorf("flat: %v", g.sharp)
	}
	for i := range img.Pix {
		img.Pix[i] = byte(40 + 160*(i/30%2))
	}
	day := reduce(img)
	for i := range img.Pix {
		img.Pix[i] /= 2
	}
	if night := reduce(img); day.sharp <= 0 || night.sharp < 0.9*day.sharp || night.sharp > 1.1*day.sharp {
		t.Errorf("day %v, night %v", day.sharp, night.sharp)
	}
	a, b := day.gradients(), reduce(img).gradients()
	if s := a.within(&b); s < 0.95 {
		t.Errorf("%v of the edges by half the light", s)
	}
}
