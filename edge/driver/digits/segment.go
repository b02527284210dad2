package digits

import (
	"fmt"
	"strings"
)

// Segments are the lit ones of a digit: bit 0 is A (top), then clockwise B to F, bit 6 is G (middle), bit 7 is the dot.
type Segments = byte

// Dot is the dot of a digit.
const Dot Segments = 0x80

// glyphs are the letters that seven segments can show; 0 to 9 and A to F are those of the TM1637 data sheet.
const (
	glyphText = " 0123456789ABCDEFGHIJLNOPQRSTUYZ-_"
	glyphBits = "\x00\x3F\x06\x5B\x4F\x66\x6D\x7D\x07\x7F\x6F\x77\x7C\x39\x5E\x79\x71\x3D\x76\x30\x1E\x38\x54\x5C\x73\x67\x50\x6D\x78\x3E\x6E\x5B\x40\x08"
)

// glyph gives the segments of a character, small or large.
func glyph(c rune) (Segments, bool) {
	if c > 0x7F {
		return 0, false
	}
	i := strings.IndexByte(glyphText, strings.ToUpper(string(c))[0])
	if i < 0 {
		return 0, false
	}
	return glyphBits[i], true
}

// Encode gives the segments of exactly n digits that show a text, right-aligned. A dot joins the digit before it. The error says
// what could not be shown: a character becomes a blank, and of a text that is too long the end is shown, where the number is.
func Encode(text string, n int) ([]Segments, error) {
	var out []Segments
	var bad error
	joined := true // a dot with no digit to join stands alone
	for _, c := range text {
		if c == '.' && !joined {
			out[len(out)-1] |= Dot
			joined = true
			continue
		}
		s, ok := glyph(c)
		if c == '.' {
			s, ok = Dot, true
		}
		if !ok && bad == nil {
			bad = fmt.Errorf("no seven segments for %q", c)
		}
		joined = c == '.'
		out = append(out, s)
	}
	if len(out) > n {
		if bad == nil {
			bad = fmt.Errorf("%d characters on %d digits", len(out), n)
		}
		return out[len(out)-n:], bad
	}
	return append(make([]Segments, n-len(out)), out...), bad
}
