package hallpulse_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"hallpulse/edge/agent"
	"hallpulse/edge/config"
	"hallpulse/edge/driver/mqttdevice"
	"hallpulse/firmware-bridge/profile"
)

var (
	fenced = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	named  = regexp.MustCompile(`^# ([a-z0-9-]+\.yaml)\n`)
	secret = regexp.MustCompile(`\{file: ([A-Za-z0-9.-]+)\}`)
)

// blocks gives the YAML blocks of a guide.
func blocks(t *testing.T, file string) (out []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	return out
}

// guideHall is the hall in which the blocks of the guides stand.
const guideHall = `hall: {id: guide, name: {zh: 厅}, township: {zh: 镇}}
`

// guideRest is what a list of devices needs beside itself.
const guideRest = `zones:
  - {id: waiting, name: {zh: 等候区}, role: waiting}
  - {id: counters, name: {zh: 窗口区}, role: windows}
  - {id: office, name: {zh: 办公区}, role: office}
windows: [{id: w1, name: {zh: 1号窗口}}, {id: w2, name: {zh: 2号窗口}}, {id: w3, name: {zh: 3号窗口}}]
broker: {address: "mqtt://192.0.2.10:1883"}
rating: {url: "http://192.0.2.5:8390"}
devices:
`

// TestGuidesBlocks reads every YAML block of the guides as what it is: devices, a part of hall.yaml, a serial profile or a mapping.
// The devices page shows every driver, in both languages.
func TestGuidesBlocks(t *testing.T) {
	for _, file := range guides(t) {
		dir := t.TempDir()
		shown := map[config.Driver]bool{}
		for _, b := range blocks(t, file) {
			if m := named.FindStringSubmatch(b); m != nil {
				named := filepath.Join(dir, m[1])
				if err := os.WriteFile(named, []byte(b), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := description(named, b); err != nil {
					t.Errorf("%s: %v", file, err)
				}
				continue
			}
			for _, d := range part(t, file, dir, b) {
				shown[d.Driver] = true
			}
		}
		if !strings.HasPrefix(filepath.Base(file), "devices") {
			continue
		}
		for d := range config.Drivers() {
			if !shown[d] {
				t.Errorf("%s has no block of driver %s", file, d)
			}
		}
	}
}

// description reads a serial profile or a mapping.
func description(file, text string) error {
	if strings.Contains(text, "\nvalues:") {
		_, err := mqttdevice.ParseMapping(file, []byte(text))
		return err
	}
	_, err := profile.Parse(file, []byte(text))
	return err
}

// part reads a block as a part of hall.yaml, as check-config does, and gives its devices.
func part(t *testing.T, file, dir, block string) []config.Device {
	t.Helper()
	for _, m := range secret.FindAllStringSubmatch(block, -1) {
		if err := os.WriteFile(filepath.Join(dir, m[1]), []byte("secret-of-the-guide\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := guideHall
	if strings.HasPrefix(block, "- ") {
		text += guideRest
	}
	c, err := config.Parse(filepath.Join(dir, "hall.yaml"), []byte(text+block))
	if err == nil {
		err = agent.Check(c)
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", file, err, block)
		return nil
	}
	return c.Devices
}

// TestGuidesAnchors: every place in a guide that a guide links to is there, by the names that code hosts give to headings.
func TestGuidesAnchors(t *testing.T) {
	headings := map[string]map[string]bool{}
	for _, file := range guides(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		headings[file] = map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(text), -1) {
			headings[file][anchor(m[1])] = true
		}
	}
	for file := range headings {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^):#]*)#([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
			target := file
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(file), m[1])
			}
			if there, known := headings[target]; known && !there[m[2]] {
				t.Errorf("%s: %s has no heading #%s", file, target, m[2])
			}
		}
	}
}

// anchor names a heading: small letters, digits and dashes; blanks become dashes, punctuation goes.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
