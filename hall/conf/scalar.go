package conf

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"hallpulse/hall"
)

// scalarValue puts a single value into v.
func (d *Document) scalarValue(path string, n *yaml.Node, v reflect.Value) {
	kind := v.Kind()
	if v.Type() == typeDuration {
		d.duration(path, n, v)
		return
	}
	switch {
	case kind == reflect.String:
		// Numbers and dates keep their spelling: an id may well be 007.
		if n.Kind != yaml.ScalarNode || n.Tag == "!!bool" || n.Tag == "!!null" || n.Tag == "!!binary" {
			d.want(n, path, "text")
			return
		}
		v.SetString(n.Value)
	case kind == reflect.Bool:
		b, err := strconv.ParseBool(strings.ToLower(n.Value))
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || err != nil {
			d.want(n, path, "bool")
			return
		}
		v.SetBool(b)
	case v.CanInt() || v.CanUint():
		d.whole(path, n, v)
	case v.CanFloat():
		f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
		if n.Kind != yaml.ScalarNode || (n.Tag != "!!float" && n.Tag != "!!int") || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.want(n, path, "float")
			return
		}
		v.SetFloat(f)
	default:
		d.add(n, path, say("unsupported", v.Type()), hall.Text{})
	}
}

// whole takes a whole number in decimal, 0x, 0o or 0b. A leading zero, which some read as octal, is refused.
func (d *Document) whole(path string, n *yaml.Node, v reflect.Value) {
	s := strings.ReplaceAll(n.Value, "_", "")
	if n.Kind == yaml.ScalarNode && leadingZero(strings.TrimLeft(s, "+-")) {
		d.add(n, path, say("want", names["int"]), say("leading_zero"))
		return
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" {
		d.want(n, path, "int")
		return
	}
	bits := v.Type().Bits()
	if v.CanUint() {
		u, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 0, bits)
		if err != nil {
			d.outside(path, n, s, "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10))
			return
		}
		v.SetUint(u)
		return
	}
	i, err := strconv.ParseInt(s, 0, bits)
	if err != nil {
		least, most := int64(math.MinInt64)>>(64-bits), int64(math.MaxInt64)>>(64-bits)
		d.outside(path, n, s, strconv.FormatInt(least, 10), strconv.FormatInt(most, 10))
		return
	}
	v.SetInt(i)
}

// leadingZero says whether s is digits of which the first is a needless 0.
func leadingZero(s string) bool {
	return len(s) > 1 && s[0] == '0' && strings.Trim(s, "0123456789") == ""
}

func (d *Document) outside(path string, n *yaml.Node, s, least, most string) {
	if strings.HasPrefix(s, "-") {
		d.add(n, path, say("below", least), hall.Text{})
		return
	}
	d.add(n, path, say("above", most), hall.Text{})
}

// duration takes 10s, 5m, 1h30m, and 0.
func (d *Document) duration(path string, n *yaml.Node, v reflect.Value) {
	t, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.add(n, path, say("want", names["duration"]), say("unit"))
		return
	}
	v.SetInt(int64(t))
}
