// Package conf reads the YAML files of every program, strictly: an unknown key, a wrong type or a value out of range is
// an error, and one reading reports every error at once, each with its line, its path, its value and how to mend it.
//
// Decode fills a struct. Its fields name their keys in yaml tags and their limits in conf tags:
//
//	Port int    `yaml:"port" conf:"required,min=1,max=65535"`
//	Mode string `yaml:"mode" conf:"oneof=fast|slow"`
//
// A required key may be absent where there is a default. min and max bound numbers, durations ("10s"), and the lengths of texts (in characters), lists and maps. Values that
// are in the struct before stay where the file has no key, so they are its defaults; a type with a method Defaults()
// on its pointer has it called before it is filled. Fields may be structs, pointers, slices, maps with text or whole
// numbers as keys, bool, whole numbers, float64, text, time.Duration, [Secret] and encoding.TextUnmarshaler.
//
// A program with rules of its own reads with [Open], [Document.Decode] and [Document.Fail], so that its problems carry
// positions and come in one list with the others.
package conf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"hallpulse/hall"
)

// Limits of a file.
const (
	MaxFile     = 1 << 20 // bytes
	MaxDepth    = 32      // levels of nesting
	MaxNodes    = 100_000 // keys and values
	MaxProblems = 100     // that are reported; a file with more is not worth a longer list
	MaxSecret   = 64 << 10
)

// Document is a file on its way into a struct.
type Document struct {
	// ReadFile reads the file of a secret given as {file: path}; nil reads the disk. Relative paths are resolved
	// against the directory of the document first.
	ReadFile func(path string) ([]byte, error)

	file     string
	root     *yaml.Node
	nodes    map[string]*yaml.Node // value by path, of everything that was decoded
	secret   map[*yaml.Node]bool
	problems Errors
}

// Decode reads data, the content of file, into out, a pointer to a struct. The error is an [Errors].
func Decode(file string, data []byte, out any) error {
	d := Open(file, data)
	d.Decode(out)
	return d.Err()
}

// Open parses data, the content of file; Err tells what is wrong with it.
func Open(file string, data []byte) *Document {
	d := &Document{file: file, nodes: map[string]*yaml.Node{}, secret: map[*yaml.Node]bool{}}
	if len(data) > MaxFile {
		d.add(nil, "", say("too_large", len(data), MaxFile), hall.Text{})
		return d
	}
	root, err := parse(data)
	if err != nil {
		d.add(nil, "", say("not_yaml", err), hall.Text{})
		return d
	}
	w := walker{d: d}
	if w.walk(root, 1); !w.refused {
		d.root = root
	}
	return d
}

// parse gives the root of the one document in data; an empty file is an empty map.
func parse(data []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics on some malformed input
			err = fmt.Errorf("conf: parse: %v", r)
		}
	}()
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}, nil
	} else if err != nil {
		return nil, err
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	if len(doc.Content) != 1 {
		return nil, errors.New("no content")
	}
	root = doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		root = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: root.Line, Column: root.Column}
	}
	return root, nil
}

// walker refuses what a configuration must not use, before anything is decoded.
type walker struct {
	d       *Document
	nodes   int
	refused bool
}

func (w *walker) walk(n *yaml.Node, depth int) {
	switch w.nodes++; {
	case w.refused:
		return
	case w.nodes > MaxNodes:
		w.refuse(n, "too_many", MaxNodes)
	case depth > MaxDepth:
		w.refuse(n, "too_deep", MaxDepth)
	case n.Kind == yaml.AliasNode || n.Anchor != "" || n.Tag == "!!merge":
		w.refuse(n, "alias")
	case n.Style&yaml.TaggedStyle != 0:
		w.refuse(n, "tag")
	}
	for _, c := range n.Content {
		w.walk(c, depth+1)
	}
}

func (w *walker) refuse(n *yaml.Node, code string, args ...any) {
	w.refused = true
	w.d.add(n, "", say(code, args...), hall.Text{})
}

// Has says whether the document gives a value at path, e.g. devices[2].port. It is true only for what Decode decoded.
func (d *Document) Has(path string) bool { return d.nodes[path] != nil }

// Fail adds a problem at path, e.g. devices[2].port; where the document has no such path it gets the position of the
// nearest one around it.
func (d *Document) Fail(path string, message, mend hall.Text) {
	d.add(d.around(path), path, message, mend)
}

// Conceal keeps the value at path out of the problems that are added after it.
func (d *Document) Conceal(path string) {
	if n := d.nodes[path]; n != nil {
		d.secret[n] = true
	}
}

// around finds the node at path or at the nearest path around it.
func (d *Document) around(path string) *yaml.Node {
	for p := path; ; p = parent(p) {
		if n := d.nodes[p]; n != nil || p == "" {
			return n
		}
	}
}

// parent cuts the last key or index off a path.
func parent(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' || path[i] == '[' {
			return path[:i]
		}
	}
	return ""
}

// add keeps a problem at a node, which may be nil.
func (d *Document) add(n *yaml.Node, path string, message, mend hall.Text) {
	p := Problem{File: d.file, Path: path, Message: message, Mend: mend}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
		if d.nodes[path] == n || path == "" {
			p.Value = d.show(n)
		}
	}
	d.problems = append(d.problems, p)
}

// show gives the value of a node as a problem may print it.
func (d *Document) show(n *yaml.Node) string {
	switch {
	case d.secret[n]:
		return Redacted
	case n.Kind != yaml.ScalarNode:
		return ""
	}
	return shorten(n.Value)
}

// Err gives every problem found so far, in the order of the file, as an Errors; nil if there is none.
func (d *Document) Err() error {
	if len(d.problems) == 0 {
		return nil
	}
	return d.problems.sorted()
}

func (d *Document) readSecret(path string) (Secret, error) {
	read := d.ReadFile
	if read == nil {
		read = readLimited
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(d.file), path)
	}
	data, err := read(path)
	if err != nil {
		return "", err
	}
	if len(data) > MaxSecret {
		return "", fmt.Errorf("conf: %s is larger than %d bytes", path, MaxSecret)
	}
	return Secret(bytes.TrimRight(data, "\r\n")), nil
}

func readLimited(path string) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, MaxSecret+1))
}
