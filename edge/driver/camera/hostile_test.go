package camera

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/camera"
)

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		c := simulate(t, sim.Options{Username: "admin", Password: secret})
		o := optionsOf(c, newClock())
		o.Username, o.Password = "admin", secret
		if err := glance(t, eyeOf(t, o), newSink()); err != nil { // all of it runs
			t.Fatal(err)
		}
		c.Offline(true)
		d := New(Options{RTSP: c.RTSPURL(), Snapshot: c.SnapshotURL(), Username: "admin", Password: secret, Interval: 400 * time.Millisecond,
			Black: 16, Covered: 4, Frozen: time.Hour, Defocused: 0.4, Moved: 0.4, Frames: true})
		return &drivertest.Rig{Driver: d, Says: drivertest.Life, Asked: true,
			Plug:   func(in bool) error { c.Offline(!in); return nil },
			Event:  func() error { c.NotJPEG(false); return nil },
			Babble: func() (int, error) { c.NotJPEG(true); return 1000, nil },
		}
	}})
}

// spoil changes a picture in one to four places.
func spoil(rnd *rand.Rand, picture []byte) []byte {
	p := bytes.Clone(picture)
	for range 1 + rnd.IntN(4) {
		if len(p) == 0 {
			return p
		}
		switch i := rnd.IntN(len(p)); rnd.IntN(4) {
		case 0:
			p[i] ^= 1 << rnd.IntN(8)
		case 1:
			p[i] = byte(rnd.Uint32())
		case 2: // a piece is lost
			p = append(p[:i], p[min(len(p), i+1+rnd.IntN(40)):]...)
		case 3: // cut
			p = p[:i]
		}
	}
	return p
}

// TestMutations: whatever comes instead of a picture, it is refused or judged, in bounded memory, and the next good picture is
// understood.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	good := asJPEG(t, draw(64, 36, 80))
	golden := [][]byte{good, asPNG(t, draw(40, 24, 80)), asJPEG(t, coloured(draw(48, 32, 60), false)), []byte("<html>login</html>")}
	w := watch{black: 16, covered: 4, frozen: time.Minute, learned: newMemory(0.4, 0.4, time.Hour)}
	now, refused, judged := newClock(), 0, 0
	for i := range n {
		now.forth(10 * time.Second)
		var l look
		if l.judge(t.Context(), &w, spoil(rnd, golden[i%len(golden)]), now.at) != nil {
			refused++
			continue
		}
		judged++
		if l.luminance < 0 || l.luminance > 255 {
			t.Fatalf("luminance %v", l.luminance)
		}
	}
	if refused < n/4 || judged < n/20 {
		t.Errorf("%d refused, %d judged of %d", refused, judged, n)
	}
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	if mem.HeapAlloc > 64<<20 {
		t.Errorf("%d bytes in use", mem.HeapAlloc)
	}
	var l look
	if err := l.judge(t.Context(), &w, good, now.at); err != nil || !l.seen {
		t.Errorf("a good picture after the noise: %v", err)
	}
}
