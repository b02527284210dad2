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

// computed lists the files that give a reason whose code does not stand where the reason is made. Such a file must write its codes in
// one of the given ways; then it is entered here.
var computed = []string{
	"edge/compare/compare.go", "edge/driver/camera/look.go", "edge/driver/dispenser/watch.go", "edge/driver/frigate/watch.go",
	"edge/driver/hikvision/mood.go", "edge/driver/modbusdisplay/health.go", "edge/driver/mqttdevice/driver.go", "edge/driver/onvif/mood.go",
	"edge/driver/thermal/watch.go", "edge/driver/tof/watch.go", "edge/supervise/unit.go",
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
			if elsewhere.Match(text) && !slices.Contains(computed, file) {
				t.Errorf("%s gives a reason whose code is written elsewhere: see computed in this test", file)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return codes
}

// TestEveryReasonHasWords: a page never shows a code where a person expects words, and the guides explain each.
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
	for _, guide := range []string{"devices.md", "devices.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", guide))
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			if !strings.Contains(string(text), "| `"+code+"` |") {
				t.Errorf("docs/%s does not explain reason %s of %s", guide, code, codes[code])
			}
		}
	}
}
