package technician

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var header = Header{Date: time.Date(2026, 11, 24, 9, 30, 0, 0, time.FixedZone("", 8*3600)), Port: "/dev/ttyUSB0\n# x", Settings: "9600 8N1", Profile: "led-display"}

func written(t *testing.T, limit int, chunks ...Chunk) (string, error) {
	t.Helper()
	var b strings.Builder
	w, err := NewWriter(&b, header, limit)
	for _, c := range chunks {
		if err == nil {
			err = w.Write(c)
		}
	}
	return b.String(), err
}

func chunkAt(us int64, data string) Chunk {
	return Chunk{At: time.Duration(us) * time.Microsecond, Data: []byte(data)}
}

func TestCaptureIsReadBack(t *testing.T) {
	long := strings.Repeat("x", MaxChunk+5)
	text, err := written(t, 0, chunkAt(0, "$001,"), Chunk{At: time.Second, Sent: true, Data: []byte("OK")}, chunkAt(2_000_001, long))
	if err != nil {
		t.Fatal(err)
	}
	want := "# hallpulse capture 1\n# date: 2026-11-24T09:30:00+08:00\n# port: /dev/ttyUSB0 # x\n# settings: 9600 8N1\n# profile: led-display\n0 < 24 30 30 31 2C\n1000000 > 4F 4B\n"
	if !strings.HasPrefix(text, want) {
		t.Errorf("got\n%s", text[:len(want)])
	}
	c, err := Read(strings.NewReader(text))
	if err != nil || c.Torn || len(c.Chunks) != 4 || c.Bytes() != 5+len(long) || !c.Chunks[1].Sent || c.Chunks[3].At != 2_000_001*time.Microsecond {
		t.Errorf("%v, %+v", err, c)
	}
	if !c.Header.Date.Equal(header.Date) || c.Header.Settings != "9600 8N1" || c.Header.Profile != "led-display" {
		t.Errorf("%+v", c.Header)
	}
}

// Wherever a program was killed: what was written before is read, and of the torn line its whole bytes.
func TestTornCapture(t *testing.T) {
	text, err := written(t, 0, chunkAt(0, "$001"), chunkAt(1520, "A012#"))
	if err != nil {
		t.Fatal(err)
	}
	all := []byte("$001A012#")
	for cut := len(magic); cut < len(text); cut++ {
		c, err := Read(strings.NewReader(text[:cut]))
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		var got []byte
		for _, k := range c.Chunks {
			got = append(got, k.Data...)
		}
		if !bytes.HasPrefix(all, got) || c.Torn == strings.HasSuffix(text[:cut], "\n") {
			t.Errorf("cut at %d: %q, torn %v", cut, got, c.Torn)
		}
		if cut == len(text)-1 && len(got) != len(all) {
			t.Errorf("without the last line's end: %q", got)
		}
	}
}

func TestWrongCaptures(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "no recording",
		"# hallpulse capture 2\n":         "no recording",
		magic + "\nx < 00\n":              "line 2",
		magic + "\n-1 < 00\n":             "line 2",
		magic + "\n99999999999999 < 00\n": "line 2",
		magic + "\n1 ? 00\n":              "line 2",
		magic + "\n1 < 0\n":               "line 2",
		magic + "\n1 < 00 000\n":          "line 2",
		magic + "\n# date: today\n":       "line 2: not a date",
		magic + "\n" + strings.Repeat("#", maxLine+1):                                      "longer than",
		magic + "\n1 < " + strings.Repeat("00 ", MaxChunk+1) + "\n":                        "line 2",
		magic + "\n" + strings.Repeat("#"+strings.Repeat(" ", 1000)+"\n", MaxCapture/1000): "larger than",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "technician: ") {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

func TestCaptureIsBounded(t *testing.T) {
	text, err := written(t, 200, chunkAt(0, "12345678"), chunkAt(1, strings.Repeat("x", 100)))
	if !errors.Is(err, ErrFull) || len(text) > 200 || !strings.HasSuffix(text, "\n") {
		t.Errorf("%v, %d bytes", err, len(text))
	}
	if _, err := written(t, 10); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
}

func FuzzCapture(f *testing.F) {
	f.Add([]byte(magic + "\n# date: 2026-11-24T09:30:00+08:00\n0 < 24 30\n5 > 41\n"))
	f.Add([]byte(magic + "\n0 < 24 3"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		var b strings.Builder
		w, err := NewWriter(&b, c.Header, MaxCapture)
		for _, k := range c.Chunks {
			if err == nil && len(k.Data) > 0 {
				err = w.Write(k)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(strings.NewReader(b.String()))
		if err != nil || again.Bytes() != c.Bytes() {
			t.Fatalf("%v: %d bytes of %d", err, again.Bytes(), c.Bytes())
		}
	})
}

// TestMutations: 100,000 damaged recordings are read or refused, and the good one after them is read.
func TestMutations(t *testing.T) {
	count := 100_000
	if testing.Short() {
		count = 10_000
	}
	good, err := written(t, 0, chunkAt(0, "$001,A012#"), Chunk{At: 1, Sent: true, Data: []byte("OK")}, chunkAt(5, "$002,A013#"))
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	refused := 0
	for range count {
		text := []byte(good)
		for range 1 + rnd.IntN(3) {
			i := rnd.IntN(len(text))
			switch rnd.IntN(4) {
			case 0:
				text[i] ^= 1 << rnd.IntN(8)
			case 1:
				text = slices.Delete(text, i, min(len(text), i+1+rnd.IntN(5)))
			case 2:
				text = slices.Insert(text, i, byte(rnd.Uint32()))
			default:
				text = fmt.Appendf(nil, "%s%s", text[:i], text)
			}
		}
		if c, err := Read(bytes.NewReader(text)); err != nil {
			refused++
		} else if c.Bytes() > len(text) {
			t.Fatalf("%d bytes of %d", c.Bytes(), len(text))
		}
	}
	if c, err := Read(strings.NewReader(good)); err != nil || c.Bytes() != 20 || refused == 0 {
		t.Errorf("%v, %d refused", err, refused)
	}
}
