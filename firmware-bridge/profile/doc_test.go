package profile

import (
	"os"
	"strings"
	"testing"
)

// The profile that the package comment shows is a right one.
func TestExampleOfTheComment(t *testing.T) {
	data, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	for line := range strings.Lines(string(data)) {
		if s, ok := strings.CutPrefix(line, "//\t"); ok {
			example.WriteString(s)
		}
	}
	p, err := Parse("example.yaml", []byte(example.String()))
	if err != nil {
		t.Fatal(err)
	}
	got := play(p, hexBytes(t, "AA 55 05 03 02 04 2A 01 2B"), 1).said
	if len(got) != 1 || got[0] != "rating 3 4 10753 answer AA 55 04 03 82 2A 01 AE" {
		t.Errorf("got %q", got)
	}
}
