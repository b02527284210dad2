package profile

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hallpulse/hall/conf"
)

var update = flag.Bool("update", false, "write the expected messages of the fixtures again")

// Each file testdata/bad/x.yaml has one mistake; x.txt is the message it must give.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := Load(file)
			var problems conf.Errors
			if !errors.As(err, &problems) {
				t.Fatalf("error %v", err)
			}
			got := filepath.ToSlash(problems.Error()) + "\n"
			expected := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(expected, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	_, err := Parse("x.yaml", []byte(`
about: {zh: x}
frame:
  - {part: address}
  - {part: data, kind: xor8}
  - {part: check, kind: sum9}
messages:
  - {kind: call, feilds: []}
`))
	var problems conf.Errors
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("%d problems:\n%v", len(problems), err)
	}
	_, err = Parse("x.yaml", []byte(`
about: {zh: x}
frame:
  - {part: address}
  - {part: data, kind: xor8}
  - {part: check, kind: sum8}
messages:
  - {kind: call}
`))
	if !errors.As(err, &problems) || len(problems) != 5 {
		t.Errorf("%d problems:\n%v", len(problems), err)
	}
}

func TestLoad(t *testing.T) {
	if got := Builtins(); len(got) < 12 || !slices.IsSorted(got) {
		t.Errorf("builtins %s", got)
	}
	p, err := Load("builtin/led-display.yaml")
	if err != nil || p.Name() != "led-display" || p.About().ZH == "" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err = Load("rating-keypad"); err != nil || p.Name() != "rating-keypad" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err = Load("testdata/nowhere.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err = Load("rating-keypda"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "did you mean rating-keypad?") {
		t.Error(err)
	}
}
