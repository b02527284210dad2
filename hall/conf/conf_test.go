package conf

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

type inner struct {
	Port  int           `yaml:"port" conf:"required,min=1,max=65535"`
	Every time.Duration `yaml:"every" conf:"min=1s,max=1h"`
	Mode  string        `yaml:"mode" conf:"oneof=fast|slow"`
}

func (i *inner) Defaults() { i.Every, i.Mode = time.Minute, "slow" }

type common struct {
	ID string `yaml:"id" conf:"max=4"`
}

type sample struct {
	Common common                `yaml:",inline"`
	Name   hall.Text             `yaml:"name"`
	Small  int8                  `yaml:"small"`
	Count  uint16                `yaml:"count"`
	Ratio  float64               `yaml:"ratio" conf:"min=0,max=1"`
	On     bool                  `yaml:"on"`
	Key    Secret                `yaml:"key"`
	Addr   netip.Addr            `yaml:"addr"`
	One    *inner                `yaml:"one"`
	Many   []inner               `yaml:"many" conf:"max=3"`
	ByInt  map[int]hall.WindowID `yaml:"by_int"`
	ByName map[string]inner      `yaml:"by_name"`
	Hidden string                `yaml:"-"`
	Plain  []string
}

const good = `
id: 007
name: {zh: 厅, en: Hall}
small: -0x10
count: 1_000
ratio: 0.5
on: true
key: hunter2
addr: 10.0.0.1
one: {port: 80}
many:
  - {port: 1, every: 10s, mode: fast}
  - port: 2
by_int: {1: w1, 2: w2}
by_name: {a: {port: 3}}
plain: [a, 2026-01-02, 1.50]
`

func TestDecode(t *testing.T) {
	got := sample{Hidden: "kept", Count: 5}
	if err := Decode("x.yaml", []byte(good), &got); err != nil {
		t.Fatal(err)
	}
	want := sample{
		Common: common{ID: "007"}, Name: hall.Text{ZH: "厅", EN: "Hall"}, Small: -16, Count: 1000, Ratio: 0.5, On: true,
		Key: "hunter2", Addr: netip.MustParseAddr("10.0.0.1"), One: &inner{80, time.Minute, "slow"},
		Many:  []inner{{1, 10 * time.Second, "fast"}, {2, time.Minute, "slow"}},
		ByInt: map[int]hall.WindowID{1: "w1", 2: "w2"}, ByName: map[string]inner{"a": {3, time.Minute, "slow"}},
		Hidden: "kept", Plain: []string{"a", "2026-01-02", "1.50"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ yaml, where, want string }{
		{"many: [{port: 1}, {prot: 2, port: 2}]", "1:20: many[1].prot", "unknown key; did you mean port?"},
		{"zzzzzz: 1", "1:1: zzzzzz", "unknown key; known keys: id, name"},
		{"id: a\nid: b", "2:1: id", "the key is there twice, first in line 1; remove it"},
		{"id: abcde", "1:5: id = \"abcde\"", "too long, at most 4"},
		{"id: true", "1:5: id", "wrong type: text wanted"},
		{"id: [a]", "1:5: id", "wrong type: text wanted"},
		{"id:", "1:4: id", "has no value; give a value"},
		{"small: 200", "1:8: small = \"200\"", "too large, at most 127"},
		{"small: -200", "1:8: small", "too small, at least -128"},
		{"count: -1", "1:8: count", "too small, at least 0"},
		{"count: 012", "1:8: count", "a whole number wanted; write the number without a leading zero"},
		{"count: 089", "1:8: count", "without a leading zero"},
		{"count: 1.5", "1:8: count", "wrong type: a whole number wanted"},
		{"ratio: 2", "1:8: ratio", "too large, at most 1"},
		{"ratio: .nan", "1:8: ratio", "wrong type: a number wanted"},
		{"on: yes", "1:5: on", "wrong type: true or false wanted"},
		{"addr: 10.0.0", "1:7: addr", "not understood:"},
		{"addr: [1]", "1:7: addr", "wrong type: text wanted"},
		{"one: 5", "1:6: one", "wrong type: a map of keys wanted"},
		{"one: {}", "1:6: one.port", "required, but missing; add port"},
		{"one: {port: 0}", "1:13: one.port", "too small, at least 1"},
		{"one: {port: 1, every: 10}", "one.every", "a duration wanted; write a unit, e.g. 10s"},
		{"one: {port: 1, every: 10ms}", "one.every", "too small, at least 1s"},
		{"one: {port: 1, mode: fsat}", "one.mode", "not an allowed value; did you mean fast? one of: fast, slow"},
		{"many: {}", "1:7: many", "wrong type: a list wanted"},
		{"many: [{port: 1},{port: 1},{port: 1},{port: 1}]", "many", "too long, at most 3"},
		{"by_int: {x: w1}", "1:10: by_int.x", "a whole number wanted"},
		{"by_int: {1: a, 1: b}", "by_int.1", "the key is there twice"},
		{"by_int: [1]", "by_int", "a map of keys wanted"},
		{"? [a]\n: 1", "1:3", "a key must be text"},
		{"key: [a]", "1:6: key = \"[redacted]\"", "a secret wanted; write text, or {file: path}"},
		{"key: {file: nowhere}", "1:6: key", "the secret's file cannot be read"},
		{"a: &x 1", "1:4", "anchors, aliases"},
		{"a: !!str 1", "1:4", "type tags"},
		{"<<: {id: a}", "1:1", "anchors, aliases"},
		{"id: a\n---\nid: b", "x.yaml:", "more than one document"},
		{"id: [", "x.yaml:", "not valid YAML"},
		{"[a]", "1:1", "a map of keys wanted"},
		{"id: " + strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), "1:", "nested deeper"},
		{strings.Repeat("#", MaxFile+1), "x.yaml:", "the file has"},
		{"plain: [" + strings.Repeat("a,", MaxNodes+1) + "]", "1:", "more than 100000"},
	} {
		var out sample
		err := Decode("x.yaml", []byte(c.yaml), &out)
		var problems Errors
		if !errors.As(err, &problems) {
			t.Errorf("%.60s: error %v", c.yaml, err)
			continue
		}
		if s := problems.In("en"); !strings.Contains(s, c.where) || !strings.Contains(s, c.want) {
			t.Errorf("%.60s:\ngot  %s\nwant %s … %s", c.yaml, s, c.where, c.want)
		}
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	var out sample
	err := Decode("x.yaml", []byte("smal: 1\ncount: x\none: {port: 70000, mode: a}\nratio: 3\n"), &out)
	var problems Errors
	if !errors.As(err, &problems) || len(problems) != 5 {
		t.Fatalf("%v", err)
	}
	var p Problem
	if !errors.As(err, &p) || p.Line != 1 || p.Path != "smal" {
		t.Errorf("first problem %+v", p)
	}
	first := `x.yaml:1:1: smal: 未知的键；是否应为 small？ | unknown key; did you mean small?`
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 5 || lines[0] != first {
		t.Errorf("got\n%s", err)
	}
	many := strings.Repeat("- {}\n", 3*MaxProblems)
	var list struct {
		L []inner `yaml:"l"`
	}
	if !errors.As(Decode("x.yaml", []byte("l:\n"+many), &list), &problems) || len(problems) != MaxProblems+1 {
		t.Errorf("%d problems", len(problems))
	}
}

func TestFailHasPositions(t *testing.T) {
	var out sample
	d := Open("x.yaml", []byte("many:\n  - port: 7\nkey: hunter2\n"))
	d.Decode(&out)
	d.Fail("key", hall.Text{ZH: "短", EN: "weak"}, hall.Text{})
	d.Fail("many[0].port", hall.Text{ZH: "占用", EN: "taken"}, hall.Text{ZH: "换", EN: "choose another"})
	d.Fail("many[0].every", hall.Text{ZH: "缺", EN: "absent"}, hall.Text{})
	var problems Errors
	if !errors.As(d.Err(), &problems) {
		t.Fatal(d.Err())
	}
	want := "x.yaml:2:5: many[0].every: absent\nx.yaml:2:11: many[0].port = \"7\": taken; choose another\nx.yaml:3:6: key = \"[redacted]\": weak"
	if got := problems.In("en"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !d.Has("many[0].port") || d.Has("many[1]") {
		t.Error("Has is wrong")
	}
}

func TestEmptyFileIsAnEmptyMap(t *testing.T) {
	for _, s := range []string{"", "# nothing\n", "---\n", "null\n"} {
		var out sample
		if err := Decode("x.yaml", []byte(s), &out); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestSecretsStayHidden(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key.txt"), []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out sample
	if err := Decode(filepath.Join(dir, "x.yaml"), []byte("key: {file: key.txt}"), &out); err != nil {
		t.Fatal(err)
	}
	if out.Key.Reveal() != "hunter2" {
		t.Errorf("got %q", out.Key.Reveal())
	}
	js, err := json.Marshal(out.Key)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", out.Key)
	for _, s := range []string{fmt.Sprint(out.Key), fmt.Sprintf("%s %q %v %+v %#v", out.Key, out.Key, out.Key, out, out), string(js), log.String()} {
		if strings.Contains(s, "hunter2") || !strings.Contains(s, Redacted) {
			t.Errorf("shown: %s", s)
		}
	}
	if Secret("").String() != "" {
		t.Error("an empty secret looks set")
	}
}

func TestNearest(t *testing.T) {
	known := []string{"port", "baud", "stop_bits"}
	for word, want := range map[string]string{"prot": "port", "Port": "port", "stopbits": "stop_bits", "baudd": "baud", "xyz": "", "": ""} {
		if got, _ := Nearest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if _, ok := Nearest(strings.Repeat("a", MaxNearest+1), known); ok {
		t.Error("a long word has a near one")
	}
	if got := DidYouMean("zzz", known).EN; got != "one of: port, baud, stop_bits" {
		t.Error(got)
	}
}

func TestCatalogueIsComplete(t *testing.T) {
	for code, text := range catalogue {
		if text.ZH == "" || text.EN == "" || strings.Count(text.ZH, "%") != strings.Count(text.EN, "%") {
			t.Errorf("%s: %+v", code, text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("a: &x [1]\nb: *x\n"))
	f.Add([]byte("key: {file: x}\n? {a: b}\n: c\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := Open("x.yaml", data)
		d.ReadFile = func(string) ([]byte, error) { return nil, os.ErrNotExist }
		var out sample
		d.Decode(&out)
		if err := d.Err(); err != nil && err.Error() == "" {
			t.Fatal("an error without a text")
		}
		if out.One != nil && d.Err() == nil && (out.One.Port < 1 || out.One.Port > 65535) {
			t.Fatalf("port %d passed", out.One.Port)
		}
	})
}
