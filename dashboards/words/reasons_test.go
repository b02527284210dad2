package words

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources is where devices and what is suspected of them get their reasons.
var sources = []string{"driver", "supervise", "compare", "agent", "ratingpage", "localbroker"}

// given are the ways in which the sources write the code of a reason.
var given = []*regexp.Regexp{
	regexp.MustCompile(`\b[cC]ode:\s*"([a-z_]+)"`),                     // hall.Reason{Code: "silent"}
	regexp.MustCompile(`\b[cC]ode[A-Z]\w*\s*=\s*"([a-z_]+)"`),          // codeTamper = "tamper"
	regexp.MustCompile(`\b(?:code|why)(?:, \w+)*\s*:?=\s*"([a-z_]+)"`), // code, stuck := "device_trouble", false
	regexp.MustCompile(`\btell\((?:true|false), "([a-z_]+)"`),          // w.tell(true, "printer_mute", "")
	regexp.MustCompile(`(?m)^\s*\{"([a-z_]+)", (?:func)?\(`),           // tables of a code and when it holds
	regexp.MustCompile(`\bs\.\w+, "([a-z_]+)"\}`),                      // tables of a printer's state and its code
	regexp.MustCompile(`\bRecoverable, "([a-z_]+)"\}`),                 // and the last part of such a condition
	regexp.MustCompile(`(?m)^\s+[A-Z]\w+\s+Check = "([a-z_]+)"`),       // comparisons
}

// computed lists the files that give a reason whose code does not stand where the reason is made, and in how many places. A
// new one must write its codes in one of the given ways; then it is entered here.
var computed = map[string]int{
	"edge/compare/compare.go":             1,
	"edge/driver/camera/look.go":          1,
	"edge/driver/dispenser/watch.go":      1,
	"edge/driver/frigate/watch.go":        5,
	"edge/driver/hikvision/mood.go":       1,
	"edge/driver/modbusdisplay/health.go": 1,
	"edge/driver/mqttdevice/driver.go":    1,
	"edge/driver/onvif/mood.go":           1,
	"edge/driver/thermal/driver.go":       1,
	"edge/driver/tof/driver.go":           1,
	"edge/supervise/unit.go":              1,
}

// found gives the codes in the sources, each with a file that gives it.
func found(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	elsewhere := regexp.MustCompile(`Reason\{Code:\s*[^"\s]`)
	for _, source := range sources {
		root := filepath.Join("..", "..", "edge", source)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			file := filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator)))
			for _, form := range given {
				for _, m := range form.FindAllStringSubmatch(string(text), -1) {
					codes[m[1]] = file
				}
			}
			if n := len(elsewhere.FindAll(text, -1)); n != computed[file] {
				t.Errorf("%s: %d reasons have their codes elsewhere, %d are known: see the table in this test", file, n, computed[file])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return codes
}

// TestEveryReasonHasWords: a page never shows a code where a person expects words.
func TestEveryReasonHasWords(t *testing.T) {
	codes := found(t)
	for _, known := range []string{ // one of each way of writing, so that a way that is read no more is noticed
		"silent", "tamper", "device_trouble", "open_failed", "printer_mute", "display_silent", "display_fault", "paper_end", "printer_error", "printer_hot",
		"display_unchanged", "black", "blinded", "chatter", "wires_swapped", "scene_changed",
	} {
		if codes[known] == "" {
			t.Errorf("%s is not found in the sources any more", known)
		}
	}
	for _, lang := range []string{"zh", "en"} {
		words, err := Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			if words["reason."+code] == "" {
				t.Errorf("%s: no word for reason %s of %s", lang, code, codes[code])
			}
		}
	}
	if testing.Verbose() {
		t.Log(slices.Sorted(maps.Keys(codes)))
	}
}
