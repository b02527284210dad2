package profile

import (
	"os"
	"strings"
	"testing"
)

// The profiles that the package comment shows are right ones.
func TestExamplesOfTheComment(t *testing.T) {
	data, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var examples []string
	inside := false
	for line := range strings.Lines(string(data)) {
		s, ok := strings.CutPrefix(line, "//\t")
		if ok && !inside {
			examples = append(examples, "")
		}
		if inside = ok; ok {
			examples[len(examples)-1] += s
		}
	}
	if len(examples) != 2 {
		t.Fatalf("%d examples", len(examples))
	}
	said(t, parsed(t, examples[0]), hexBytes(t, "AA 55 05 03 02 04 2A 01 2B"), "rating 3 4 10753 answer AA 55 04 03 82 2A 01 AE")
	said(t, parsed(t, examples[1]), []byte("CALL 3 A012\r\nTICKET B1 x 4\nRATE \xBA\xC3 7\n"), "call 3 A012", "ticket B1 x 4", "rating -1 5 7 answer 37 0A")
}
