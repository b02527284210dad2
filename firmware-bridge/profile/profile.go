package profile

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// ErrUnknown is the cause when there is no shipped profile of a name.
var ErrUnknown = errors.New("profile: no such profile")

// Profile is a serial protocol, ready to decode. It does not change and may be used by several decoders at once.
type Profile struct {
	name    string
	about   hall.Text
	family  hall.Family
	line    Line
	silence time.Duration
	bodies  []body
	other   bool // frames that no message describes are signs of life
}

// body is one shape of frame with the messages in it.
type body struct {
	frame    frame
	messages []message
}

// Line is how a line with a protocol is usually set, in the spellings of the configuration.
type Line struct {
	Baud, DataBits   int
	Parity, StopBits string
	Quiet            time.Duration // such a pause ends what has begun
}

// Builtins lists the names of the shipped profiles in alphabetical order.
func Builtins() []string {
	files, err := builtin.ReadDir("builtin")
	if err != nil { // it is part of the program
		return nil
	}
	var out []string
	for _, f := range files {
		out = append(out, baseName(f.Name()))
	}
	slices.Sort(out)
	return out
}

// Load gives a shipped profile by its name, or reads a file when nameOrFile contains a slash or ends in .yaml or .yml.
// What is wrong with a file's content comes as a [conf.Errors]; an unknown name as an [ErrUnknown].
func Load(nameOrFile string) (*Profile, error) {
	if isFile(nameOrFile) {
		return loadFile(nameOrFile)
	}
	data, err := builtin.ReadFile(path.Join("builtin", nameOrFile+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("%w: %q; %s", ErrUnknown, nameOrFile, conf.DidYouMean(nameOrFile, Builtins()).EN)
	}
	return Parse(nameOrFile+".yaml", data)
}

func isFile(s string) bool {
	return strings.ContainsRune(s, '/') || strings.HasSuffix(s, ".yaml") || strings.HasSuffix(s, ".yml")
}

func loadFile(name string) (*Profile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, conf.MaxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return Parse(name, data)
}

// Parse reads data, the content of file, which also names the profile. The error is a [conf.Errors].
func Parse(file string, data []byte) (*Profile, error) {
	doc := conf.Open(file, data)
	var in fileIn
	if doc.Decode(&in) && doc.Err() == nil {
		p := &Profile{name: baseName(file), about: in.About, silence: in.Silence, other: in.Other == otherIgnore, line: Line(in.Line)}
		if (&checker{doc: doc, in: &in, p: p}).all(); doc.Err() == nil {
			return p, nil
		}
	}
	return nil, doc.Err()
}

// baseName gives the name of a file without folders and ending.
func baseName(file string) string {
	name := filepath.Base(file)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// Name gives the profile's name: a shipped one's, or that of its file without ending.
func (p *Profile) Name() string { return p.name }

// About says in words what the profile is for.
func (p *Profile) About() hall.Text { return p.about }

// Family is what speaks the protocol: a display, a dispenser or a keypad.
func (p *Profile) Family() hall.Family { return p.family }

// Line gives how the line is usually set.
func (p *Profile) Line() Line { return p.line }

// Silence is how long a device that lives may say nothing; 0: silence proves nothing, or the profile does not say.
func (p *Profile) Silence() time.Duration { return p.silence }

// Says says whether frames of the protocol can make a fact of a kind.
func (p *Profile) Says(kind hall.FactKind) bool {
	return slices.ContainsFunc(p.bodies, func(b body) bool {
		return slices.ContainsFunc(b.messages, func(m message) bool { return m.kind == kind })
	})
}

// NewDecoder gives a decoder for one line.
func (p *Profile) NewDecoder() *Decoder { return &Decoder{p: p} }
