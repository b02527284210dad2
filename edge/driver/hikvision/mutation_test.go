package hikvision

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"hallpulse/edge/driver/drivertest"
)

// mutate spoils a frame in one to four places.
func mutate(rnd *rand.Rand, frame []byte) []byte {
	p := bytes.Clone(frame)
	for range 1 + rnd.IntN(4) {
		if len(p) == 0 {
			return p
		}
		i := rnd.IntN(len(p))
		switch rnd.IntN(6) {
		case 0:
			p[i] ^= 1 << rnd.IntN(8)
		case 1:
			p[i] = byte(rnd.Uint32())
		case 2: // a piece is lost
			p = append(p[:i], p[min(len(p), i+1+rnd.IntN(40)):]...)
		case 3: // a piece comes twice
			end := min(len(p), i+1+rnd.IntN(40))
			p = append(p[:end:end], p[i:]...)
		case 4: // cut
			p = p[:i]
		case 5: // noise
			p = append(p[:i:i], append([]byte{0, byte(rnd.Uint32()), '\n', '-', '-'}, p[i:]...)...)
		}
	}
	return p
}

func rounds() int {
	if testing.Short() {
		return 10_000
	}
	return 100_000
}

// frames are whole parts of a stream, as devices write them.
func frames() (out [][]byte) {
	for _, text := range goldens() {
		out = append(out, []byte(fmt.Sprintf("--MIME_boundary\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s\r\n", len(text), text)))
	}
	return append(out, []byte("--MIME_boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 64\r\n\r\n\xff\xd8"+strings.Repeat("j", 60)+"\xff\xd9\r\n"))
}

// TestMutations feeds streams and posts of spoiled messages: nothing breaks, memory stays bounded, what is refused is counted
// and the next good message is understood.
func TestMutations(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	n := rounds()
	t.Run("stream", func(t *testing.T) {
		events, refused, most := 0, 0, 0
		s := splitter{refuse: func(string, []byte) { refused++ }}
		var last *Event
		s.text = func(p []byte) {
			e, err := ParseEvent(p)
			if err != nil {
				refused++
				return
			}
			events, last = events+1, e
		}
		list := frames()
		for i := range n {
			s.feed(mutate(rnd, list[i%len(list)]))
			most = max(most, len(s.buf))
		}
		if events < n/10 || refused < n/100 || most > maxText+2*maxHead {
			t.Errorf("%d events, %d refused, %d bytes at most", events, refused, most)
		}
		for range 2000 { // a length that lies may take the first of them with it
			last = nil
			s.feed(list[1])
			if last != nil && last.Counting != nil && last.Counting.Enter == 70 && s.state == seeking {
				return
			}
		}
		t.Error("the stream did not come back")
	})
	t.Run("post", func(t *testing.T) { mutatePosts(t, rnd, n/4) })
	t.Run("answers", func(t *testing.T) {
		for range n / 4 {
			_, _ = parsePage(mutate(rnd, []byte(`{"AcsEvent":{"totalMatches":61,"numOfMatches":1,"responseStatusStrg":"MORE","InfoList":[{"major":5,"minor":75,"time":"2026-10-05T08:58:11+08:00","employeeNoString":"7","serialNo":3}]}}`)))
			_, _ = parseInfo(mutate(rnd, []byte(`<DeviceInfo><model>DS-K1T</model><serialNumber>DS-1</serialNumber></DeviceInfo>`)))
			_, _ = parseClock(mutate(rnd, []byte(`<Time><localTime>2026-10-05T09:00:00+08:00</localTime></Time>`)), cst)
			_, _, _ = parseCount(mutate(rnd, countRaw(place{1, 1}, total{enter: 5, exit: 3, text: "2026-10-05T09:00:00+08:00"}, verdict{in: 1}, 1)))
		}
	})
}

func mutatePosts(t *testing.T, rnd *rand.Rand, n int) {
	srv := NewServer(ServerOptions{})
	terminal := srv.Terminal(TerminalOptions{DeviceOptions: DeviceOptions{ID: "t", Mode: Listen, Token: token, Serial: "DS-1"}})
	camera := srv.Counter(CounterOptions{DeviceOptions: DeviceOptions{ID: "c", Mode: Listen, Token: token + "c"}, Zone: "z"})
	out := &deafSink{}
	for _, d := range []*device{terminal.device, camera.device} {
		if err := d.attach(t.Context(), out); err != nil {
			t.Fatal(err)
		}
	}
	post := func(secret string, body []byte) int {
		r := httptest.NewRequest(http.MethodPost, PathPrefix+secret, bytes.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=MIME_boundary")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		return w.Code
	}
	list := append(frames(), []byte(goldenPost), []byte(goldenAccess))
	for i := range n {
		secret := token
		if i%3 == 0 {
			secret += "c"
		}
		if code := post(secret, mutate(rnd, list[i%len(list)])); code != http.StatusOK {
			t.Fatalf("answered %d: it would come again for ever", code)
		}
	}
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	if mem.HeapAlloc > 256<<20 {
		t.Errorf("%d bytes in use", mem.HeapAlloc)
	}
	st := terminal.Status()
	if st.Refused == 0 || st.Punches == 0 || out.refused < st.Refused {
		t.Errorf("%+v, %d refused", st, out.refused)
	}
	if post(token, []byte(strings.Replace(goldenPost, "1001", "after", 1))) != http.StatusOK || terminal.Status().Punches != st.Punches+1 {
		t.Error("a good post was not understood")
	}
}

// deafSink is a sink that keeps nothing.
type deafSink struct {
	drivertest.Sink
	refused int
}

func (s *deafSink) Refused(string, []byte) { s.refused++ }

func FuzzEvent(f *testing.F) {
	for _, g := range goldens() {
		f.Add([]byte(g))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ParseEvent(text)
		if err != nil {
			return
		}
		if e.Type == "" || len(e.Time) > maxDeviceTxt {
			t.Errorf("%+v", e)
		}
		if a := e.Access; a != nil && (len(a.Person) > maxPerson || len(a.raw()) > 1<<10) {
			t.Errorf("%+v", a)
		}
		_ = private(text)
	})
}

func FuzzSplit(f *testing.F) {
	for _, p := range frames() {
		f.Add(p, 7)
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		piece = 1 + int(uint(piece)%4096)
		s := splitter{text: func(p []byte) {
			if len(p) > maxText {
				t.Errorf("a text of %d bytes", len(p))
			}
		}, refuse: func(string, []byte) {}}
		for len(stream) > 0 {
			n := min(piece, len(stream))
			s.feed(bytes.Clone(stream[:n]))
			stream = stream[n:]
			if len(s.buf) > maxText+2*maxHead+piece {
				t.Fatalf("%d bytes kept", len(s.buf))
			}
		}
		s.end()
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"AcsEvent":{"InfoList":[{"major":5}]}}`))
	f.Add([]byte(`<DeviceInfo><serialNumber>x</serialNumber></DeviceInfo>`))
	f.Add([]byte(`<Time><localTime>2026-10-05T09:00:00</localTime></Time>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := parsePage(text); err == nil && p.count < 0 {
			t.Errorf("%+v", p)
		}
		if i, err := parseInfo(text); err == nil && (i.Serial == "" || len(i.Serial) > maxDeviceTxt) {
			t.Errorf("%+v", i)
		}
		_, _ = parseClock(text, cst)
		_, _, _ = parseCount(text)
	})
}

func FuzzPost(f *testing.F) {
	f.Add([]byte(goldenPost), "multipart/form-data; boundary=MIME_boundary")
	f.Add([]byte(goldenAccess), "application/json")
	srv := NewServer(ServerOptions{})
	t1 := srv.Terminal(TerminalOptions{DeviceOptions: DeviceOptions{ID: "t", Mode: Listen, Token: token, Serial: "DS-1"}})
	if err := t1.attach(context.Background(), &deafSink{}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		r := httptest.NewRequest(http.MethodPost, PathPrefix+token, bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("answered %d", w.Code)
		}
	})
}
