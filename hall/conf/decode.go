package conf

import (
	"encoding"
	"reflect"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"hallpulse/hall"
)

// defaulter is a type that gives itself values before the file does.
type defaulter interface{ Defaults() }

var (
	typeDuration = reflect.TypeFor[time.Duration]()
	typeSecret   = reflect.TypeFor[Secret]()
	typeText     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// Decode fills out, a pointer to a struct, and says whether the file could be read at all: only then is it worth looking
// for more mistakes in out. It may be called once.
func (d *Document) Decode(out any) (readable bool) {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		d.add(nil, "", say("unsupported", v.Kind()), hall.Text{})
		return false
	}
	if dd, ok := out.(defaulter); ok {
		dd.Defaults()
	}
	if d.root != nil {
		d.value("", d.root, v.Elem())
	}
	return d.root != nil
}

// value puts the node at path into v.
func (d *Document) value(path string, n *yaml.Node, v reflect.Value) {
	d.nodes[path] = n
	t := v.Type()
	if t == typeSecret {
		d.secretValue(path, n, v)
		return
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		d.add(n, path, say("null"), say("give_value"))
		return
	}
	if t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(typeText) {
		d.textValue(path, n, v)
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		p := reflect.New(t.Elem())
		if dd, ok := p.Interface().(defaulter); ok {
			dd.Defaults()
		}
		d.value(path, n, p.Elem())
		v.Set(p)
	case reflect.Struct:
		d.structValue(path, n, v)
	case reflect.Slice:
		d.sliceValue(path, n, v)
	case reflect.Map:
		d.mapValue(path, n, v)
	default:
		d.scalarValue(path, n, v)
	}
}

func (d *Document) structValue(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.want(n, path, "map")
		return
	}
	fields := fieldsOf(v.Type())
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, shorten(key.Value))
		if !d.freshKey(key, at, seen) {
			continue
		}
		f, ok := fields.by[key.Value]
		if !ok {
			d.unknownKey(key, at, fields.names)
			continue
		}
		field := v.FieldByIndex(f.index)
		before := len(d.problems)
		if d.value(at, value, field); len(d.problems) == before {
			d.limits(at, value, field, f.limits)
		}
	}
	for _, name := range fields.names {
		f := fields.by[name]
		if _, ok := seen[name]; !ok && f.limits.required && v.FieldByIndex(f.index).IsZero() {
			d.add(n, join(path, name), say("missing"), say("add_key", name))
		}
	}
}

// freshKey checks that a key is text and comes for the first time.
func (d *Document) freshKey(key *yaml.Node, at string, seen map[string]int) bool {
	if key.Kind != yaml.ScalarNode {
		d.add(key, at, say("key_text"), hall.Text{})
		return false
	}
	if line, twice := seen[key.Value]; twice {
		d.add(key, at, say("duplicate_key", line), say("remove_key"))
		return false
	}
	seen[key.Value] = key.Line
	return true
}

// unknownKey reports the key alone: what stands behind it may be a misspelt secret.
func (d *Document) unknownKey(key *yaml.Node, at string, known []string) {
	mend := say("remove_key")
	if near, ok := Nearest(key.Value, known); ok {
		mend = say("did_you_mean", near)
	} else if len(known) > 0 {
		mend = say("known_keys", list(known))
	}
	d.add(key, at, say("unknown_key"), mend)
}

func (d *Document) sliceValue(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.want(n, path, "list")
		return
	}
	s := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		element := s.Index(i)
		if dd, ok := element.Addr().Interface().(defaulter); ok {
			dd.Defaults()
		}
		d.value(path+"["+strconv.Itoa(i)+"]", c, element)
	}
	v.Set(s)
}

func (d *Document) mapValue(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.want(n, path, "map")
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.Content)/2)
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, shorten(key.Value))
		if !d.freshKey(key, at, seen) {
			continue
		}
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem())
		before := len(d.problems)
		d.scalarValue(at, key, k)
		if dd, ok := e.Interface().(defaulter); ok {
			dd.Defaults()
		}
		d.value(at, value, e.Elem())
		if len(d.problems) == before {
			m.SetMapIndex(k, e.Elem())
		}
	}
	v.Set(m)
}

// secretValue takes text or {file: path}.
func (d *Document) secretValue(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		d.secret[n] = true
		v.SetString(n.Value)
		return
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 || n.Content[0].Value != "file" || n.Content[1].Kind != yaml.ScalarNode {
		d.secret[n] = true
		d.add(n, path, say("want", names["secret"]), say("secret_form"))
		return
	}
	s, err := d.readSecret(n.Content[1].Value)
	if err != nil {
		d.add(n, path, say("secret_file", err), hall.Text{})
		return
	}
	v.SetString(string(s))
}

func (d *Document) textValue(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		d.want(n, path, "text")
		return
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)); err != nil {
		d.add(n, path, say("refused", inBoth(err)), hall.Text{})
	}
}

func (d *Document) want(n *yaml.Node, path, what string) {
	d.add(n, path, say("want", names[what]), hall.Text{})
}

// join gives the path of a key inside path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
