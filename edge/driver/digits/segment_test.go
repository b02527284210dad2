package digits

import (
	"fmt"
	"testing"
	"unicode/utf8"
)

func TestEncode(t *testing.T) {
	if len(glyphText) != len(glyphBits) {
		t.Fatalf("%d characters, %d patterns", len(glyphText), len(glyphBits))
	}
	for _, c := range []struct {
		text string
		n    int
		want string
		bad  bool
	}{
		{"A012", 4, "77 3F 06 5B", false},
		{"a012", 4, "77 3F 06 5B", false},
		{"", 4, "00 00 00 00", false},
		{"7", 4, "00 00 00 07", false},
		{"8.8.8.8.", 4, "FF FF FF FF", false},
		{".5", 4, "00 00 80 6D", false},
		{"1..2", 4, "00 86 80 5B", false},
		{"K012", 4, "00 3F 06 5B", true},
		{"服12", 4, "00 00 06 5B", true},
		{"AB0123", 4, "3F 06 5B 4F", true},
		{"x", 0, "", true},
	} {
		got, err := Encode(c.text, c.n)
		if s := fmt.Sprintf("% X", got); s != c.want || (err != nil) != c.bad {
			t.Errorf("%q: %s, %v; want %s", c.text, s, err, c.want)
		}
	}
}

func TestMAX7219Order(t *testing.T) {
	want := []byte{0x7E, 0x30, 0x6D, 0x79, 0x33, 0x5B, 0x5F, 0x70, 0x7F, 0x7B} // data sheet table 6
	for i, w := range want {
		s, ok := glyph(rune('0' + i))
		if got := maxOrder(s); !ok || got != w {
			t.Errorf("%d: %02X, want %02X", i, got, w)
		}
	}
	if maxOrder(Dot) != 0x80 {
		t.Error("the dot moves")
	}
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{"A012", "8.8.8.8.", "...", "号12", "\xFF\x00"} {
		f.Add(s, 4)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		n = min(max(n, 0), 16)
		got, err := Encode(text, n)
		if len(got) != n {
			t.Fatalf("%d digits of %d", len(got), n)
		}
		if err == nil && utf8.RuneCountInString(text) > 2*n+1 {
			t.Fatalf("%q fits on %d digits", text, n)
		}
	})
}
