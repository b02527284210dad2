package hallpulse_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which packages of ours a package may import: the longest matching prefix decides. A stage may import the
// stages before it, never one after; edge and hub meet in hall and hall/wire only.
var arrows = []struct {
	pkg   string
	mayBe []string
}{
	{"hall", nil},
	{"hall/wire", []string{"hall"}},
	{"hall/rule", []string{"hall"}},
	{"hall/conf", []string{"hall"}},
	{"firmware-bridge", []string{"hall", "hall/conf"}},
	{"edge/config", []string{"hall", "hall/conf", "firmware-bridge"}},
	{"edge/bus", []string{"hall", "edge/driver"}}, // it gives drivers the ports their contract names
	{"edge/driver", []string{"hall", "hall/conf", "firmware-bridge", "edge/driver", "edge/inbound"}},
	{"edge/simulator", []string{"hall", "hall/conf", "firmware-bridge", "edge/driver", "edge/simulator"}}, // hardware as the contract names it
	{"edge/localbroker", []string{"hall"}},
	{"edge/inbound", nil},
	{"edge/ratingpage", []string{"hall", "edge/inbound"}},
	{"edge/compare", []string{"hall"}},
	{"edge/supervise", []string{"hall", "edge/driver"}},
	{"edge/journal", []string{"hall"}},
	{"edge/clock", []string{"hall"}},
	{"edge/uplink", []string{"hall", "hall/wire", "edge/journal", "edge/clock"}},
	{"edge/control", []string{"hall"}},
	{"edge/panel", []string{"hall", "hall/rule", "dashboards", "edge/inbound"}},
	{"edge/technician", []string{"hall", "hall/conf", "firmware-bridge", "edge/driver", "edge/bus", "edge/config", "edge/driver/onvif"}},
	{"edge/agent", []string{"hall", "edge", "firmware-bridge", "dashboards"}},
	{"hub/broker", []string{"hall", "hall/wire"}},
	{"hub/store", []string{"hall", "hall/wire"}},
	{"hub/series", []string{"hall", "hub/series"}},
	{"hub/ingest", []string{"hall", "hall/wire", "hub/store", "hub/series"}},
	{"hub/live", []string{"hall", "hall/wire", "hall/rule"}},
	{"hub/alert", []string{"hall", "hall/rule", "hub/store", "hub/live"}},
	{"hub/notify", []string{"hall", "hub/alert", "hub/live", "hub/notify"}}, // a message names the hall of its incident, as it is live
	{"hub/report", []string{"hall", "hub/store"}},
	{"hub/auth", []string{"hall", "hub/store", "hub/auth"}},
	{"hub/web", []string{"hall", "hall/rule", "hub/store", "hub/series", "hub/live", "hub/alert", "hub/report", "hub/auth", "hub/web", "dashboards"}},
	{"hub/app", []string{"hall", "hub", "dashboards"}},
	{"dashboards", nil},
	{"dashboards/words", []string{"hall"}},
	{"cmd", []string{"hall", "edge", "hub", "cmd", "dashboards", "firmware-bridge"}},
}

// fences names the only packages that may import a big dependency. Tests may use any real peer.
var fences = map[string][]string{
	"periph.io/x/host":                         {"edge/bus"},
	"go.bug.st/serial":                         {"edge/bus"},
	"github.com/eclipse/paho.mqtt.golang":      {"edge/uplink", "edge/driver/mqttdevice", "hub/broker"},
	"github.com/mochi-mqtt":                    {"hub/broker", "edge/localbroker"},
	"github.com/warthog618/go-gpiocdev":        {"edge/bus"},
	"github.com/gosnmp/gosnmp":                 {"edge/driver/machine", "edge/simulator"},
	"rsc.io/qr":                                {"edge/ratingpage"},
	"github.com/gofiber":                       {"hub/web"},
	"database/sql":                             {"hub/store"},
	"modernc.org/sqlite":                       {"hub/store"},
	"github.com/prometheus/prometheus":         {"hub/series"},
	"github.com/influxdata/influxdb-client-go": {"hub/series"},
	"github.com/bluenviron/gortsplib":          {"edge/driver/camera", "edge/simulator"},
	"github.com/creack/pty":                    {"edge/simulator"},
}

func under(pkg, prefix string) bool { return pkg == prefix || strings.HasPrefix(pkg, prefix+"/") }

// allowed gives what the most exact rule for pkg permits.
func allowed(pkg string) (list []string, found bool) {
	best := ""
	for _, a := range arrows {
		if under(pkg, a.pkg) && len(a.pkg) >= len(best) {
			best, list, found = a.pkg, a.mayBe, true
		}
	}
	return list, found
}

// mayImport lets "hall" stand for hall itself and its listed subpackages alone; other names stand for everything below.
func mayImport(list []string, target string) bool {
	return slices.ContainsFunc(list, func(p string) bool {
		if p == "hall" && len(list) > 0 && (slices.Contains(list, "edge") || slices.Contains(list, "hub") || slices.Contains(list, "cmd")) {
			return under(target, p)
		}
		if p == "hall" || p == "edge/driver" {
			return target == p
		}
		return under(target, p)
	})
}

func TestImports(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "tools" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		checkFile(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatal("no Go files found: the test looks in the wrong place")
	}
}

func checkFile(t *testing.T, path string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	pkg := filepath.ToSlash(filepath.Dir(path))
	list, known := allowed(pkg)
	if !known {
		t.Errorf("%s: package %s has no import rule: add it to the table and to the architecture page", path, pkg)
		return
	}
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if own, ok := strings.CutPrefix(name, "hallpulse/"); ok {
			if own != pkg && !mayImport(list, own) && !under(own, pkg) {
				t.Errorf("%s: %s may not import %s", path, pkg, own)
			}
			continue
		}
		if pkg == "hall" && strings.Contains(strings.Split(name, "/")[0], ".") {
			t.Errorf("%s: hall imports the standard library only, not %s", path, name)
		}
		for dep, owners := range fences {
			if under(name, dep) && !slices.ContainsFunc(owners, func(o string) bool { return under(pkg, o) }) {
				t.Errorf("%s: %s belongs behind %s", path, name, strings.Join(owners, ", "))
			}
		}
	}
}
