package bench

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Options of a run.
type Options struct {
	Dir      string // folder for everything; empty: one of the system's, removed at the end
	Halls    int    // of the ingest measurement
	Readings int    // in all
	Facts    int    // in all
	Messages int    // through the peer, of three readings each
	Peer     bool   // measure Mosquitto, Telegraf and VictoriaMetrics beside
	Warm     time.Duration
	For      time.Duration
	Presses  int
	Profile  string // beginning of the names of files for profiles of the processor's time; empty: none
	Out      io.Writer
}

// parse reads the command line.
func parse(args []string, out io.Writer) (o Options, names []string, err error) {
	o.Out = out
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.Dir, "data", "", "folder for everything, new or empty; without it one that is removed at the end")
	f.IntVar(&o.Halls, "halls", 8, "ingest: halls that send at once")
	f.IntVar(&o.Readings, "readings", 4_000_000, "ingest: readings of all halls together")
	f.IntVar(&o.Facts, "facts", 160_000, "ingest: facts of all halls together")
	f.IntVar(&o.Messages, "messages", 200_000, "ingest: messages of three readings through the peer")
	f.BoolVar(&o.Peer, "peer", true, "measure the peers where they are installed")
	f.DurationVar(&o.Warm, "warm", 10*time.Second, "edge: how long the gateway runs before it is measured")
	f.DurationVar(&o.For, "for", time.Minute, "edge: how long it is measured")
	f.IntVar(&o.Presses, "presses", 300, "keypress: how often a key is pressed")
	f.StringVar(&o.Profile, "cpuprofile", "", "write profiles of the processor's time to files whose names begin so: .hub, .hub.readings and .hub.facts (the uplinks), .edge")
	f.Usage = func() {
		_, _ = fmt.Fprintln(f.Output(), "usage: hallpulse-demo bench [flags] [ingest|edge|keypress|all …]")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return o, nil, err
	}
	switch {
	case o.Halls < 1 || o.Halls > 99:
		err = errors.New("--halls: give 1 to 99")
	case o.Readings < o.Halls || o.Facts < o.Halls || o.Messages < 1 || o.Presses < 1:
		err = errors.New("--readings and --facts: give at least one for each hall; --messages and --presses: at least one")
	case o.For < time.Second || o.Warm < 0:
		err = errors.New("--for: give at least 1s; --warm: not less than 0s")
	}
	return o, f.Args(), err
}

// folder gives a place for everything, and takes it away again unless it was named.
func (o *Options) folder() (remove func() error, err error) {
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "hallpulse-bench-"); err != nil {
			return nil, err
		}
		return func() error { return os.RemoveAll(o.Dir) }, nil
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(o.Dir)
	if err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("--data %s: not empty", o.Dir)
	}
	return func() error { return nil }, os.MkdirAll(o.Dir, 0o700)
}

// profile names the file for the profile of a program; empty: none is wanted.
func (o *Options) profile(program string) string {
	if o.Profile == "" {
		return ""
	}
	return o.Profile + "." + program
}
