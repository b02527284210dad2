package profile

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// capture is what was heard on a line and what it must give.
type capture struct {
	heard [][]byte
	want  []string
}

// readCaptures joins the captures of a profile: every file testdata/captures/<profile>/*.hex. The golden one, which begins with a good
// frame, comes first; the others were recorded in halls.
func readCaptures(t testing.TB, name string) (c capture) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "captures", name, "*.hex"))
	if err != nil || len(files) == 0 {
		t.Fatalf("profile %s has no captures in testdata/captures/%s: %v", name, name, err)
	}
	slices.SortStableFunc(files, func(a, b string) int { return strings.Compare(golden(a), golden(b)) })
	for _, file := range files {
		one := readCapture(t, file)
		c.heard, c.want = append(c.heard, one.heard...), append(c.want, one.want...)
	}
	return c
}

// golden gives what a file is sorted by.
func golden(file string) string {
	if name := filepath.Base(file); name != "golden.hex" {
		return name
	}
	return ""
}

func readCapture(t testing.TB, file string) (c capture) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch heard, ok := strings.CutPrefix(line, "> "); {
		case ok:
			c.heard = append(c.heard, hexBytes(t, heard))
		case line != "" && line[0] != '#':
			c.want = append(c.want, line)
		}
	}
	return c
}

// hexBytes reads bytes as profiles write them, of any length.
func hexBytes(t testing.TB, s string) (out []byte) {
	t.Helper()
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		item, rest, err := nextBytes(s)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		out, s = append(out, item...), rest
	}
	return out
}

// player feeds a decoder and writes down what it says.
type player struct {
	d    *Decoder
	said []string
	raw  []byte // of everything said, joined
}

func (p *player) event(ev Event) {
	p.raw = append(p.raw, ev.Raw...)
	p.said = append(p.said, ev.Line())
}

func (p *player) refused(reason string, raw []byte) {
	p.raw = append(p.raw, raw...)
	p.said = append(p.said, "refused "+reason)
}

// play feeds stream in pieces of n bytes.
func play(p *Profile, stream []byte, n int) *player {
	out := &player{d: p.NewDecoder()}
	for chunk := range slices.Chunk(stream, n) {
		out.d.Feed(chunk, out.event, out.refused)
	}
	out.d.Flush(out.refused)
	return out
}

func TestCaptures(t *testing.T) {
	for _, name := range Builtins() {
		t.Run(name, func(t *testing.T) {
			p, err := Load(name)
			if err != nil {
				t.Fatal(err)
			}
			c := readCaptures(t, name)
			stream := slices.Concat(c.heard...)
			for n := 1; n <= len(stream); n += 1 + n*len(stream)/20000 { // every size, but for long recordings
				got := play(p, stream, n)
				if !slices.Equal(got.said, c.want) {
					t.Fatalf("in pieces of %d bytes: got\n%s\nwant\n%s", n, strings.Join(got.said, "\n"), strings.Join(c.want, "\n"))
				}
				if !bytes.Equal(got.raw, stream) {
					t.Fatalf("in pieces of %d bytes: % X\nis not what was heard: % X", n, got.raw, stream)
				}
			}
		})
	}
}

// A decoder that starts in the middle loses the frame it started in, and no other.
func TestStartAnywhere(t *testing.T) {
	for _, name := range Builtins() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		c := readCaptures(t, name)
		first, want := c.heard[0], play(p, slices.Concat(c.heard[1:]...), 1)
		for cut := range first[1:] {
			got := play(p, slices.Concat(first[cut+1:], slices.Concat(c.heard[1:]...)), 7)
			if len(got.said) != len(want.said)+1 || !slices.Equal(got.said[1:], want.said) {
				t.Errorf("%s from byte %d:\n%s", name, cut+1, strings.Join(got.said, "\n"))
			}
		}
	}
}

// Any one byte of any good frame damaged: no event may come of it that was not sent, but for profiles without a check, and
// the frame after it is understood.
func TestDamage(t *testing.T) {
	for _, name := range Builtins() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		c := readCaptures(t, name)
		frame := c.heard[0]
		good := play(p, frame, len(frame)).said[0]
		for i := range frame {
			for _, flip := range []byte{1, 0x20, 0x80, 0xFF} {
				bad := slices.Clone(frame)
				bad[i] ^= flip
				got := play(p, slices.Concat(bad, frame, frame), 3).said
				n := len(got)
				if p.bodies[0].frame.lines { // without its end a line takes the next one with it
					if n < 2 || got[n-1] != good {
						t.Errorf("%s byte %d ^ %02X: %q", name, i, flip, got)
					}
					continue
				}
				if n < 3 || got[n-1] != good || got[n-2] != good {
					t.Errorf("%s byte %d ^ %02X: %q", name, i, flip, got)
				}
				if p.bodies[0].frame.checked && !strings.HasPrefix(got[0], "refused") {
					t.Errorf("%s byte %d ^ %02X was believed: %q", name, i, flip, got)
				}
			}
		}
	}
}
