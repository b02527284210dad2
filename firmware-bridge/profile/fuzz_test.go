package profile

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// same checks that every byte is heard once, in its order, and that what is said does not depend on how bytes are cut.
func same(t *testing.T, p *Profile, stream []byte, piece int) {
	t.Helper()
	if len(stream) == 0 {
		return
	}
	want := play(p, stream, len(stream))
	if !bytes.Equal(want.raw, stream) {
		t.Fatalf("%s: % X\nis not what was heard: % X", p.Name(), want.raw, stream)
	}
	for _, n := range []int{1, max(1, piece)} {
		got := play(p, stream, n)
		if !slices.Equal(got.said, want.said) || !bytes.Equal(got.raw, want.raw) {
			t.Fatalf("%s: in pieces of %d bytes\n%s\nat once\n%s", p.Name(), n, strings.Join(got.said, "\n"), strings.Join(want.said, "\n"))
		}
	}
	if n := cap(want.d.buf); n > MaxKept && len(stream) < MaxKept/2 {
		t.Fatalf("%d bytes are kept", n)
	}
}

func FuzzDecoder(f *testing.F) {
	var profiles []*Profile
	for _, name := range Builtins() {
		p, err := Load(name)
		if err != nil {
			f.Fatal(err)
		}
		profiles = append(profiles, p)
		c := readCaptures(f, name)
		f.Add(slices.Concat(c.heard...), uint8(7))
		for _, heard := range c.heard {
			f.Add(heard, uint8(2))
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		stream = stream[:min(len(stream), 4000)]
		for _, p := range profiles {
			same(t, p, stream, int(piece))
		}
	})
}

func FuzzParseProfile(f *testing.F) {
	for _, pattern := range []string{"builtin/*.yaml", "testdata/*.yaml", "testdata/bad/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, []byte("\xAA\x55\x05\x01\x02\x05\x00\x02\x01"))
			f.Add(data, []byte("$001,A012#"))
		}
	}
	f.Fuzz(func(t *testing.T, data, stream []byte) {
		p, err := Parse("x.yaml", data)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a text")
			}
			return
		}
		stream = append(slices.Concat(stream, p.bodies[0].frame.header), stream...)
		same(t, p, stream[:min(len(stream), 2000)], 3)
	})
}
