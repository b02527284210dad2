package conf

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"hallpulse/hall"
)

// limits are what the conf tag of a field asks for.
type limits struct {
	required bool
	min, max string // as written; empty: none
	oneof    []string
}

// field is a field of a struct that a key fills.
type field struct {
	index  []int
	limits limits
}

// fields are the keys of a struct; names are in the order of its fields.
type fields struct {
	by    map[string]field
	names []string
}

// fieldsOf reads the tags of a struct. Embedded structs with yaml:",inline" give their keys to it.
func fieldsOf(t reflect.Type) fields {
	out := fields{by: map[string]field{}}
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || name == "-":
			continue
		case option == "inline" && f.Type.Kind() == reflect.Struct:
			inner := fieldsOf(f.Type)
			for _, k := range inner.names {
				g := inner.by[k]
				g.index = append([]int{i}, g.index...)
				out.add(k, g)
			}
			continue
		case name == "":
			name = strings.ToLower(f.Name)
		}
		out.add(name, field{index: []int{i}, limits: parseLimits(f.Tag.Get("conf"))})
	}
	return out
}

func (f *fields) add(name string, g field) {
	if _, twice := f.by[name]; !twice {
		f.names = append(f.names, name)
	}
	f.by[name] = g
}

func parseLimits(tag string) limits {
	var l limits
	for part := range strings.SplitSeq(tag, ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "required":
			l.required = true
		case "min":
			l.min = value
		case "max":
			l.max = value
		case "oneof":
			l.oneof = strings.Split(value, "|")
		}
	}
	return l
}

// limits holds a decoded value to its tag.
func (d *Document) limits(path string, n *yaml.Node, v reflect.Value, l limits) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if len(l.oneof) > 0 && !slices.Contains(l.oneof, fmt.Sprint(v.Interface())) {
		d.add(n, path, say("not_one_of"), d.oneOf(n, l.oneof))
		return
	}
	below, above := "below", "above"
	if sized(v) {
		below, above = "short", "long"
	}
	if l.required && v.Kind() == reflect.String && v.Len() == 0 {
		d.add(n, path, say("missing"), say("give_value"))
	}
	if c, ok := compare(v, l.min); ok && c < 0 {
		d.add(n, path, say(below, l.min), hall.Text{})
	}
	if c, ok := compare(v, l.max); ok && c > 0 {
		d.add(n, path, say(above, l.max), hall.Text{})
	}
}

// oneOf is the mend for a value that is not allowed: the nearest and all of them.
func (d *Document) oneOf(n *yaml.Node, allowed []string) hall.Text {
	all := say("one_of", list(allowed))
	if near, ok := Nearest(n.Value, allowed); ok && n.Kind == yaml.ScalarNode {
		meant := say("did_you_mean", near)
		return hall.Text{ZH: meant.ZH + all.ZH, EN: meant.EN + " " + all.EN}
	}
	return all
}

func sized(v reflect.Value) bool {
	k := v.Kind()
	return k == reflect.String || k == reflect.Slice || k == reflect.Map
}

// compare compares a value, or the length of one, with a limit as it is written in a tag; ok is false where there is
// no limit, or it cannot be read.
func compare(v reflect.Value, limit string) (c int, ok bool) {
	if limit == "" {
		return 0, false
	}
	if v.IsValid() && v.Type() == typeDuration {
		t, err := time.ParseDuration(limit)
		return sign(float64(v.Int()) - float64(t)), err == nil
	}
	x, err := strconv.ParseFloat(limit, 64)
	switch {
	case err != nil:
		return 0, false
	case v.Kind() == reflect.String:
		return sign(float64(utf8.RuneCountInString(v.String())) - x), true
	case sized(v):
		return sign(float64(v.Len()) - x), true
	case v.CanInt():
		return sign(float64(v.Int()) - x), true
	case v.CanUint():
		return sign(float64(v.Uint()) - x), true
	case v.CanFloat():
		return sign(v.Float() - x), true
	}
	return 0, false
}

func sign(x float64) int {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}
