package ratingpage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/hall"
)

type rater struct {
	mu   sync.Mutex
	got  []string
	fail error
}

func (r *rater) Rate(_ context.Context, level int, serial string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail == nil {
		r.got = append(r.got, fmt.Sprint(level))
	}
	return r.fail
}

type bench struct {
	*Server
	rater *rater
	now   time.Time
	h     http.Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{rater: &rater{}, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	var err error
	b.Server, err = New(Options{Hall: hall.Text{ZH: "江口镇", EN: "Jiangkou"}, Now: func() time.Time { return b.now },
		Points: []Point{{Key: "w1", Window: hall.Text{ZH: "1 号窗口"}, Rater: b.rater}, {Key: "w2", Window: hall.Text{ZH: "2 号窗口"}, Rater: &rater{}}}})
	if err != nil {
		t.Fatal(err)
	}
	b.h = b.routes()
	return b
}

func (b *bench) do(r *http.Request) (int, string) {
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (b *bench) slip(t *testing.T) string {
	t.Helper()
	code, body := b.do(httptest.NewRequest(http.MethodGet, "/w1", nil))
	m := regexp.MustCompile(`name="slip" value="([^"]+)"`).FindStringSubmatch(body)
	if code != http.StatusOK || m == nil || !strings.Contains(body, "非常满意") {
		t.Fatalf("%d %s", code, body)
	}
	return m[1]
}

func (b *bench) press(from, key, slip, level string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/"+key, strings.NewReader(url.Values{"slip": {slip}, "level": {level}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":4000"
	return b.do(r)
}

func TestOnePressIsOneRating(t *testing.T) {
	b := newBench(t)
	slip := b.slip(t)
	if code, body := b.press("10.0.0.9", "w1", slip, "5"); code != http.StatusOK || !strings.Contains(body, "评价已记录") {
		t.Errorf("%d %s", code, body)
	}
	if code, body := b.press("10.0.0.9", "w1", slip, "1"); code != http.StatusOK || !strings.Contains(body, "无需重复") {
		t.Errorf("%d %s", code, body)
	}
	if fmt.Sprint(b.rater.got) != "[5]" {
		t.Errorf("rated %v", b.rater.got)
	}
}

func TestWhatIsRefused(t *testing.T) {
	b := newBench(t)
	slip := b.slip(t)
	for what, c := range map[string]struct {
		key, slip, level string
		want             int
	}{
		"no level":        {"w1", slip, "", 400},
		"level 6":         {"w1", slip, "6", 400},
		"no slip":         {"w1", "", "5", 410},
		"invented":        {"w1", strings.Repeat("A", 43), "5", 410},
		"another window":  {"w2", slip, "5", 410},
		"no such window":  {"w9", slip, "5", 404},
		"an endless form": {"w1", strings.Repeat("x", 1<<20), "5", 400},
	} {
		if code, body := b.press("10.0.0.9", c.key, c.slip, c.level); code != c.want {
			t.Errorf("%s: %d %s", what, code, body)
		}
	}
	b.now = b.now.Add(SlipTime + time.Second)
	if code, _ := b.press("10.0.0.9", "w1", slip, "5"); code != http.StatusGone {
		t.Errorf("an old page: %d", code)
	}
	if len(b.rater.got) > 0 {
		t.Errorf("rated %v", b.rater.got)
	}
}

func TestARatingThatFailedMayBePressedAgain(t *testing.T) {
	b := newBench(t)
	slip := b.slip(t)
	b.rater.fail = errors.New("disk full")
	if code, body := b.press("10.0.0.9", "w1", slip, "2"); code != http.StatusServiceUnavailable || !strings.Contains(body, "暂时无法记录") {
		t.Errorf("%d %s", code, body)
	}
	b.rater.fail = nil
	if code, _ := b.press("10.0.0.9", "w1", slip, "2"); code != http.StatusOK || len(b.rater.got) != 1 {
		t.Errorf("%d %v", code, b.rater.got)
	}
}

func TestPace(t *testing.T) {
	b := newBench(t)
	codes := map[int]int{}
	for range 20 {
		code, _ := b.press("10.0.0.9", "w1", b.slip(t), "5")
		codes[code]++
	}
	if codes[200] != burst || codes[429] != 20-burst {
		t.Errorf("%v", codes)
	}
	if code, _ := b.press("10.0.0.10", "w1", b.slip(t), "5"); code != http.StatusOK {
		t.Errorf("another telephone: %d", code)
	}
	b.now = b.now.Add(refill)
	if code, _ := b.press("10.0.0.9", "w1", b.slip(t), "5"); code != http.StatusOK {
		t.Errorf("after a while: %d", code)
	}
	p := newPace()
	for i := range 2 * maxPacing {
		p.allows(fmt.Sprint(i), b.now)
	}
	if len(p.from) > maxPacing {
		t.Errorf("%d addresses remembered", len(p.from))
	}
}

func TestUsedSlipsAreBounded(t *testing.T) {
	b := newBench(t)
	for range maxUsed + 10 {
		if _, fresh, err := b.slips.read(b.slips.issue("w1", b.now), "w1", b.now); err != nil || !fresh {
			t.Fatal(fresh, err)
		}
	}
	if len(b.slips.used) > maxUsed {
		t.Errorf("%d", len(b.slips.used))
	}
}

func TestServesAndStops(t *testing.T) {
	b := newBench(t)
	srv := httptest.NewUnstartedServer(nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.serve(ctx, srv.Listener) }()
	res, err := http.Get("http://" + srv.Listener.Addr().String() + "/w2?lang=en")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestCode(t *testing.T) {
	data, err := Code("http://192.0.2.5:8390", "w1")
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil || img.Bounds().Dx() < 160 {
		t.Errorf("%v, %v", img, err)
	}
	if _, err := Code(strings.Repeat("x", 9000), "w1"); err == nil {
		t.Error("no code can hold that")
	}
}

func TestMessagesInBothLanguages(t *testing.T) {
	b := newBench(t)
	for k := range b.messages["zh"] {
		if b.messages["en"][k] == "" {
			t.Errorf("%s is missing", k)
		}
	}
}
