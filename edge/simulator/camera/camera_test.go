package camera

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a camera until the test ends.
func start(t *testing.T, o Options) *Camera {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// get fetches an address on a connection of its own.
func get(t *testing.T, address, user, password string) (status int, body []byte, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// snap fetches a picture and gives its mean luminance.
func snap(t *testing.T, c *Camera) (body []byte, mean float64) {
	t.Helper()
	status, body, err := get(t, c.SnapshotURL(), "", "")
	if err != nil || status != http.StatusOK {
		t.Fatalf("status %d, error %v", status, err)
	}
	img, err := jpeg.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	m, ok := img.(*image.YCbCr)
	if !ok || m.Rect.Dx() != width || m.Rect.Dy() != height {
		t.Fatalf("%T of %v", img, img.Bounds())
	}
	sum := 0
	for _, l := range m.Y {
		sum += int(l)
	}
	return body, float64(sum) / float64(len(m.Y))
}

// TestPictures: what the camera sees is what was set.
func TestPictures(t *testing.T) {
	c := start(t, Options{Seed: 7})
	first, light := snap(t, c)
	if second, _ := snap(t, c); bytes.Equal(first, second) {
		t.Error("a live picture came twice")
	}
	if light < 100 || light > 180 {
		t.Errorf("live luminance %.1f", light)
	}
	c.SetPicture(Frozen)
	first, light = snap(t, c)
	if second, _ := snap(t, c); !bytes.Equal(first, second) || light < 100 {
		t.Errorf("not frozen, or not at a live picture (%.1f)", light)
	}
	c.SetPicture(Black)
	if _, light = snap(t, c); light > 8 {
		t.Errorf("black luminance %.1f", light)
	}
	c.SetPicture(Covered)
	if _, light = snap(t, c); light < 80 || light > 100 {
		t.Errorf("covered luminance %.1f", light)
	}
	c.NotJPEG(true)
	if _, body, err := get(t, c.SnapshotURL(), "", ""); err != nil || !strings.HasPrefix(string(body), "<html>") {
		t.Errorf("a web page is %.20q, error %v", body, err)
	}
}

// TestSeed: two cameras with the same seed see the same.
func TestSeed(t *testing.T) {
	var got [3]bytes.Buffer
	for i, seed := range []uint64{1, 1, 2} {
		if err := newScene(seed).encode(&got[i], Live); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got[0].Bytes(), got[1].Bytes()) || bytes.Equal(got[0].Bytes(), got[2].Bytes()) {
		t.Error("the seed does not decide the picture")
	}
}

// describeAs asks for the stream.
func describeAs(t *testing.T, c *Camera, login string) (video bool, err error) {
	t.Helper()
	u, err := base.ParseURL(strings.Replace(c.RTSPURL(), "://", "://"+login, 1))
	if err != nil {
		t.Fatal(err)
	}
	client := &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, ReadTimeout: 5 * time.Second}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	d, _, err := client.Describe(u)
	if err != nil {
		return false, err
	}
	var h264 *format.H264
	return d.FindFormat(&h264) != nil, nil
}

// TestLogin: both servers want the login.
func TestLogin(t *testing.T) {
	open, locked := start(t, Options{}), start(t, Options{Username: "admin", Password: "secret"})
	if video, err := describeAs(t, open, ""); err != nil || !video {
		t.Errorf("open: video %v, error %v", video, err)
	}
	if video, err := describeAs(t, locked, "admin:secret@"); err != nil || !video {
		t.Errorf("right login: video %v, error %v", video, err)
	}
	for _, login := range []string{"", "admin:wrong@"} {
		if _, err := describeAs(t, locked, login); err == nil || !strings.Contains(err.Error(), "401") {
			t.Errorf("login %q: error %v", login, err)
		}
	}
	for password, want := range map[string]int{"secret": 200, "wrong": 401} {
		if status, _, err := get(t, locked.SnapshotURL(), "admin", password); err != nil || status != want {
			t.Errorf("password %s: status %d, error %v", password, status, err)
		}
	}
	if status, _, err := get(t, open.SnapshotURL()+"x", "", ""); err != nil || status != http.StatusNotFound {
		t.Errorf("another path: status %d, error %v", status, err)
	}
}

// TestOffline: connections break, new ones are reset, and the camera comes back on the same ports.
func TestOffline(t *testing.T) {
	c := start(t, Options{})
	held, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(c.RTSPURL(), "rtsp://"), rtspPath))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	snap(t, c) // both servers run
	c.Offline(true)
	if _, err := held.Read(make([]byte, 1)); err == nil {
		t.Error("an old connection lives on")
	}
	if _, _, err := get(t, c.SnapshotURL(), "", ""); err == nil {
		t.Error("a new connection was answered")
	}
	if _, err := describeAs(t, c, ""); err == nil {
		t.Error("a new connection was answered")
	}
	c.Offline(false)
	snap(t, c)
}

// TestSlow: an answer waits until the camera is prompt again, and the end does not wait for it.
func TestSlow(t *testing.T) {
	c := start(t, Options{})
	c.Slow(true)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.SnapshotURL(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	ask := func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		answered <- err
	}
	go ask()
	select {
	case err := <-answered:
		t.Errorf("answered at once, error %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	c.Slow(false)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	c.Slow(true)
	go ask()
	begin := time.Now()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if <-answered == nil || time.Since(begin) > 5*time.Second {
		t.Errorf("the end came after %v", time.Since(begin))
	}
}

// TestUnrun: a camera that never ran is closed, and does not run any more.
func TestUnrun(t *testing.T) {
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{HTTPAddr: strings.TrimSuffix(strings.TrimPrefix(c.SnapshotURL(), "http://"), snapshotPath)}); err == nil {
		t.Error("a taken port was opened")
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := c.Run(t.Context()); err == nil {
		t.Error("a closed camera runs")
	}
}

// BenchmarkSnapshot is the work for one request.
func BenchmarkSnapshot(b *testing.B) {
	s := newScene(1)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.encode(io.Discard, Live); err != nil {
			b.Fatal(err)
		}
	}
}
