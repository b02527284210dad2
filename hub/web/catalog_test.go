package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hallpulse/dashboards"
	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
	"hallpulse/hub/web/present"
)

func catalog(t *testing.T) *present.Catalog {
	t.Helper()
	c, err := present.LoadCatalog(dashboards.Messages())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLanguagesHaveTheSameKeys(t *testing.T) {
	c := catalog(t)
	zh, en := c.Keys(present.Chinese), c.Keys(present.English)
	for _, k := range zh {
		if !slices.Contains(en, k) {
			t.Errorf("%s is missing in English", k)
		}
	}
	for _, k := range en {
		if !slices.Contains(zh, k) {
			t.Errorf("%s is missing in Chinese", k)
		}
	}
	hole := regexp.MustCompile(`\{\d\}`)
	for _, k := range zh {
		a, b := hole.FindAllString(c.T("zh", k), -1), hole.FindAllString(c.T("en", k), -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s takes other arguments in English: %v, %v", k, a, b)
		}
	}
}

// TestEveryUsedKeyExists reads the keys that templates and code name, and the families that are put together.
func TestEveryUsedKeyExists(t *testing.T) {
	keys := catalog(t).Keys(present.Chinese)
	used := usedKeys(t)
	for _, l := range []present.Level{present.OK, present.Unknown, present.Attention, present.Act} {
		used["level."+string(l)] = true
	}
	for h := hall.HealthUnknown; h <= hall.HealthDown; h++ {
		used["health."+h.String()] = true
	}
	for _, f := range hall.Families() {
		used["family."+string(f)] = true
	}
	for _, r := range []alert.Rule{alert.QueueTooLong, alert.WaitTooLong, alert.DeviceDown, alert.GatewayLost} {
		used["rule."+string(r)] = true
	}
	for _, r := range roles() {
		used["role."+string(r)] = true
	}
	for _, l := range []live.Link{live.LinkLate, live.LinkLost, live.LinkNever, live.LinkRetired} {
		used["hall.link."+string(l)] = true
	}
	for k := range used {
		if !slices.Contains(keys, k) {
			t.Errorf("%s is used and not in the catalogue", k)
		}
	}
	families := regexp.MustCompile(`^(reason|gap|error|refused|refusal|weekday|filter|rating|role|metric|metric_unit|truth)\.|\.one$`)
	for _, k := range keys {
		if !used[k] && !families.MatchString(k) {
			t.Errorf("%s is in the catalogue and never used", k)
		}
	}
}

func usedKeys(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	collect := func(text string, res ...string) {
		for _, re := range res {
			for _, m := range regexp.MustCompile(re).FindAllStringSubmatch(text, -1) {
				used[m[1]] = true
			}
		}
	}
	err := fs.WalkDir(dashboards.Templates(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(dashboards.Templates(), name)
		collect(string(data), `\bt "([^"]+)"`, `\btn "([^"]+)"`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{".", "present"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			collect(string(data), `cat\.T\(lang, "([^"]+)"`, `f\.Error(?:, f\.Wait)? = "([^"]+)"`, `"(rating\.\d)"`)
		}
	}
	return used
}

func TestVendoredFilesAreNamedWithTheirSums(t *testing.T) {
	text, err := fs.ReadFile(dashboards.Static(), "vendor/VENDORED.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"htmx/htmx.min.js", "echarts/echarts.common.min.js"} {
		data, err := fs.ReadFile(dashboards.Static(), "vendor/"+name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), sum(data)) || !strings.Contains(string(text), name) {
			t.Errorf("VENDORED.md does not name %s with %s", name, sum(data))
		}
	}
}

// TestNothingComesFromAnotherHost: the county's network is closed.
func TestNothingComesFromAnotherHost(t *testing.T) {
	away := regexp.MustCompile(`(src|href|url\(|action)=?["'(]?(https?:)?//`)
	for _, dir := range []fs.FS{dashboards.Templates(), dashboards.Static()} {
		err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(name, "vendor/") {
				return err
			}
			data, err := fs.ReadFile(dir, name)
			if m := away.Find(data); m != nil {
				t.Errorf("%s loads from elsewhere: %s", name, m)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
