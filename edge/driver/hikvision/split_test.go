package hikvision

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// split gives the texts of a stream that comes in pieces, and the reasons of refusals.
func split(stream string, piece int) (texts, refused []string) {
	s := splitter{text: func(p []byte) { texts = append(texts, string(p)) }, refuse: func(r string, _ []byte) { refused = append(refused, r) }}
	for rest := []byte(stream); len(rest) > 0; {
		n := min(piece, len(rest))
		s.feed(bytes.Clone(rest[:n]))
		rest = rest[n:]
	}
	s.end()
	return texts, refused
}

func partOf(text string, off int) string {
	return fmt.Sprintf("--B\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s\r\n", len(text)+off, text)
}

func TestSplitter(t *testing.T) {
	a, b := `{"a":1}`, `<b>2</b>`
	jpeg := "\xff\xd8\xff" + strings.Repeat("x\n--B?\n{", 50) + "\xff\xd9"
	for name, c := range map[string]struct {
		stream  string
		want    []string
		refused int
	}{
		"two":           {partOf(a, 0) + partOf(b, 0), []string{a, b}, 0},
		"end":           {partOf(a, 0) + "--B--\r\n", []string{a}, 0},
		"no last CRLF":  {strings.TrimSuffix(partOf(a, 0), "\r\n"), []string{a}, 0},
		"picture":       {partOf(jpeg, 0) + partOf(a, 0), []string{a}, 0},
		"no length":     {"--B\r\n\r\n" + a + "\r\n--B\r\nContent-Type: x\r\n\r\n" + b, []string{a, b}, 0},
		"no header":     {"--B\n" + a + "\n--B\n" + b + "\n--B--\n", []string{a, b}, 0},
		"too long":      {partOf(a, 20) + partOf(b, 0), []string{a, b}, 0},
		"stray":         {"HTTP/1.1 200\x00\r\n" + partOf(a, 0) + "junk\r\nmore\r\n" + partOf(b, 0), []string{a, b}, 2},
		"empty part":    {"--B\r\nContent-Length: 0\r\n\r\n" + partOf(a, 0), []string{a}, 0},
		"part of part":  {"--B\r\nContent-Type: x\r\n" + partOf(a, 0), []string{a}, 0},
		"large":         {partOf("{"+strings.Repeat(" ", maxText)+"}", 0) + partOf(a, 0), []string{a}, 1},
		"header flood":  {"--B\r\n" + strings.Repeat("h", maxHead+1) + "\r\n" + partOf(a, 0), []string{a}, -1},
		"other one":     {strings.Repeat("x", maxJunk) + "\r\n" + strings.Repeat("y\r\n", 20) + partOf(a, 0), []string{a}, 1},
		"beside a part": {partOf(a+"\r\n--Bnot", 0), []string{a + "\r\n--Bnot"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, piece := range []int{1, 3, 1000, 1 << 20} {
				texts, refused := split(c.stream, piece)
				if !slices.Equal(texts, c.want) || c.refused >= 0 && len(refused) != c.refused {
					t.Errorf("in pieces of %d: %.80q, refused %q", piece, texts, refused)
				}
			}
		})
	}
}

// TestEventIsKnownAtOnce: a stream's event is not kept back until the next one comes.
func TestEventIsKnownAtOnce(t *testing.T) {
	n := 0
	s := splitter{text: func([]byte) { n++ }, refuse: func(string, []byte) {}}
	s.feed([]byte("--B\r\nContent-Length: 7\r\n\r\n{\"a\":1}"))
	if n != 1 {
		t.Error("kept back")
	}
}

// TestAnnouncedBoundary: the announced one is known among lines of the form, and another than announced is learned.
func TestAnnouncedBoundary(t *testing.T) {
	for _, want := range []string{"--B", "--other"} {
		var texts []string
		s := splitter{want: []byte(want), text: func(p []byte) { texts = append(texts, string(p)) }, refuse: func(string, []byte) {}}
		s.feed([]byte(partOf("{}", 0)))
		if len(texts) != 1 {
			t.Errorf("%s: %q", want, texts)
		}
	}
	if got := boundary(`multipart/mixed; boundary="MIME_boundary"`); string(got) != "--MIME_boundary" {
		t.Errorf("got %q", got)
	}
}

func TestEvents(t *testing.T) {
	plain := "application/json"
	for name, c := range map[string]struct {
		body, contentType string
		want              int
		refused           int
	}{
		"golden": {goldenPost, "multipart/form-data; boundary=MIME_boundary", 1, 0},
		"plain":  {goldenAccess, plain, 1, 0}, "XML": {"\r\n" + goldenCount, "application/xml", 1, 0},
		"wrong type": {goldenPost, plain, 1, 0}, "no type": {goldenPost, "", 1, 0}, "plain as parts": {goldenAccess, "multipart/form-data; boundary=x", 1, 0},
		"nothing": {"", plain, 0, 1}, "noise": {"\x00\x01\x02", plain, 0, 1}, "many": {strings.Repeat(partOf("{}", 0), maxEvents+9), "", maxEvents, 0},
	} {
		t.Run(name, func(t *testing.T) {
			refused := 0
			texts, err := events(strings.NewReader(c.body), c.contentType, func(string, []byte) { refused++ })
			if err != nil || len(texts) != c.want || refused != c.refused {
				t.Errorf("%d events, %d refused, %v", len(texts), refused, err)
			}
		})
	}
	if _, err := events(strings.NewReader(strings.Repeat("x", MaxBody+1)), "", func(string, []byte) {}); err != errLarge {
		t.Errorf("got %v", err)
	}
}
