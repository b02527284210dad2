package control

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var golden = []string{
	`{"do":"terminals"}`, `{"do":"relays"}`, `{"do":"acknowledge","serial":"CEXA000000001"}`, `{"do":"switch","device":"lights","on":false}`,
	`{"do":"order","serial":"CEXA000000001","kind":"info"}`, `{"do":"order","serial":"CEXA000000001","kind":"query","from":"2026-11-01","to":"2026-11-02 08:30"}`,
}

func TestDecodeRequest(t *testing.T) {
	for _, line := range golden {
		r, err := DecodeRequest([]byte(line + "\n"))
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if again, err := json.Marshal(r); err != nil || string(again) != line {
			t.Errorf("%s became %s", line, again)
		}
	}
}

func TestParseTime(t *testing.T) {
	loc := time.FixedZone("UTC+8", 8*3600)
	for text, want := range map[string]string{
		"2026-11-24": "2026-11-24T00:00:00+08:00", "2026-11-24 08:30": "2026-11-24T08:30:00+08:00", "2026-11-24T08:30:15": "2026-11-24T08:30:15+08:00",
		"2026-11-24T00:30:00Z": "2026-11-24T08:30:00+08:00",
	} {
		if at, err := ParseTime(text, loc, false); err != nil || at.Format(time.RFC3339) != want {
			t.Errorf("%s: %v %v", text, at, err)
		}
	}
	if at, err := ParseTime("2026-11-24", loc, true); err != nil || at.Format(time.RFC3339) != "2026-11-24T23:59:59+08:00" {
		t.Errorf("the end of a day: %v %v", at, err)
	}
	for _, bad := range []string{"", "yesterday", "24.11.2026", "2026-02-30", "1999-12-31", "2100-01-01", "2026-11-24 25:00"} {
		if at, err := ParseTime(bad, loc, false); err == nil {
			t.Errorf("%s: %v", bad, at)
		}
	}
}

// TestMutations: whatever comes, the answer is a request that is whole or an error, and the next caller is served.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for i := range n {
		line := mutated(rnd, golden[i%len(golden)])
		r, err := DecodeRequest(line)
		if err != nil {
			refused++
			if len(err.Error()) > 1024 || r != (Request{}) {
				t.Fatalf("%q: %d bytes of error, request %+v", line, len(err.Error()), r)
			}
			continue
		}
		if err := r.check(); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	if refused < n/4 || refused == n {
		t.Errorf("%d of %d refused", refused, n)
	}
	dir, g := shelf(t), &gateway{}
	running(t, served(dir, g, io.Discard))
	for i := range n / 100 { // and on the wire
		line := mutated(rnd, golden[i%len(golden)])
		first, _, _ := strings.Cut(string(line), "\n")
		if a := raw(t, dir, line); a == nil && first != "" {
			t.Fatalf("%q has no answer", line)
		}
	}
	if _, err := NewClient(dir).Do(t.Context(), Request{Do: ListRelays}); err != nil {
		t.Error(err)
	}
}

func mutated(rnd *rand.Rand, line string) []byte {
	b := []byte(line + "\n")
	for range 1 + rnd.IntN(3) {
		at := rnd.IntN(len(b))
		switch rnd.IntN(5) {
		case 0:
			b[at] ^= 1 << rnd.IntN(8)
		case 1:
			b = b[:at+1]
		case 2:
			b = append(b[:at:at], b[at+1:]...)
		case 3:
			b = append(b[:at:at], append([]byte(strings.Repeat(string(rune(rnd.IntN(256))), rnd.IntN(6000))), b[at:]...)...)
		case 4:
			b = append(b, golden[rnd.IntN(len(golden))]...)
		}
		if len(b) == 0 {
			b = []byte{'\n'}
		}
	}
	return b
}

func FuzzRequest(f *testing.F) {
	for _, line := range golden {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if r, err := DecodeRequest(line); err == nil && r.check() != nil {
			t.Errorf("%q gives %+v", line, r)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"as_of":"2026-11-24T08:30:00+08:00","terminals":[{"serial":"A","users":-1,"skew_seconds":-3.5,"results":[{"id":"1"}]}]}`))
	f.Add([]byte(`{"problem":{"code":"unknown","message":{"zh":"没有"}}}`))
	f.Fuzz(func(t *testing.T, line []byte) { _, _ = decodeAnswer(line) })
}

func FuzzParseTime(f *testing.F) {
	f.Add("2026-11-24 08:30", true)
	f.Fuzz(func(t *testing.T, text string, end bool) {
		if at, err := ParseTime(text, time.UTC, end); err == nil && (at.Year() < 2000 || at.Year() > 2099) {
			t.Errorf("%q gives %v", text, at)
		}
	})
}
