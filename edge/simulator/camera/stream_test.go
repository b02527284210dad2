package camera

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"
)

// play plays the stream and gives its timestamps.
func play(t *testing.T, c *Camera, login string) (stamps chan uint32, stop func(), err error) {
	t.Helper()
	u, err := base.ParseURL(strings.Replace(c.RTSPURL(), "://", "://"+login, 1))
	if err != nil {
		t.Fatal(err)
	}
	tcp := gortsplib.ProtocolTCP
	client := &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Protocol: &tcp, ReadTimeout: 5 * time.Second}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	d, _, err := client.Describe(u)
	if err == nil {
		_, err = client.Setup(d.BaseURL, d.Medias[0], 0, 0)
	}
	if err != nil {
		client.Close()
		return nil, nil, err
	}
	stamps = make(chan uint32, 64)
	client.OnPacketRTPAny(func(_ *description.Media, _ format.Format, p *rtp.Packet) {
		select {
		case stamps <- p.Timestamp:
		default:
		}
	})
	if _, err := client.Play(nil); err != nil {
		client.Close()
		return nil, nil, err
	}
	return stamps, client.Close, nil
}

// TestStream: a stream that is played flows, stands still or is not given, as was set.
func TestStream(t *testing.T) {
	c := start(t, Options{Username: "admin", Password: "secret"})
	stamps, stop, err := play(t, c, "admin:secret@")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := <-stamps, <-stamps; b-a != frameTicks {
		t.Errorf("%d, then %d", a, b)
	}
	c.SetStream(Standing)
	last := <-stamps
	for same := 0; same < 3; {
		if s := <-stamps; s == last {
			same++
		} else {
			last = s
		}
	}
	c.SetStream(Busy)
	if _, _, err := play(t, c, "admin:secret@"); err == nil || !strings.Contains(err.Error(), "453") {
		t.Errorf("a busy camera: %v", err)
	}
	stop()
	tick, late := time.NewTicker(time.Millisecond), time.After(5*time.Second)
	defer tick.Stop()
	for c.Playing() > 0 {
		select {
		case <-late:
			t.Fatal("the session is still there")
		case <-tick.C:
		}
	}
	c.SetStream(Silent)
	stamps, stop, err = play(t, c, "admin:secret@")
	if err != nil || c.Plays() != 2 || c.Playing() != 1 {
		t.Fatalf("%d plays, %v", c.Plays(), err)
	}
	defer stop()
	c.SetStream(Flowing)
	<-stamps
	if _, _, err := play(t, c, "admin:wrong@"); err == nil {
		t.Error("played with the wrong password")
	}
}

// decode gives the luminance of the next picture.
func decode(t *testing.T, c *Camera) *image.YCbCr {
	t.Helper()
	body, _ := snap(t, c)
	img, err := jpeg.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.YCbCr)
}

// unlike gives the mean difference of two pictures.
func unlike(a, b *image.YCbCr) (sum float64) {
	for i := range a.Y {
		sum += math.Abs(float64(a.Y[i]) - float64(b.Y[i]))
	}
	return sum / float64(len(a.Y))
}

// edges gives the strongest step between two neighbours.
func edges(a *image.YCbCr) (most float64) {
	for i := 1; i < len(a.Y); i++ {
		if i%a.YStride != 0 {
			most = max(most, math.Abs(float64(a.Y[i])-float64(a.Y[i-1])))
		}
	}
	return most
}

// TestViews: a lens out of focus shows the same hall without edges, a turned camera another part of it.
func TestViews(t *testing.T) {
	c := start(t, Options{Seed: 2})
	live := decode(t, c)
	c.SetPicture(Defocused)
	soft := decode(t, c)
	c.SetPicture(Moved)
	other := decode(t, c)
	if e, f := edges(live), edges(soft); f > e/2 {
		t.Errorf("edges of %v, then %v", e, f)
	}
	if a, b := unlike(live, soft), unlike(live, other); a > b/2 {
		t.Errorf("the soft picture differs by %v, the other one by %v", a, b)
	}
	c.SetPicture(Live)
	_, day := snap(t, c)
	c.SetLight(0.3)
	if _, night := snap(t, c); night > day/2 {
		t.Errorf("luminance %v by day, %v by night", day, night)
	}
}
