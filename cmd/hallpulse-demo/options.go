package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// options of the demonstration.
type options struct {
	halls    int
	stations int
	addr     string
	data     string
	seed     uint64
	speed    float64
	life     time.Duration
	token    string
	faults   bool
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("hallpulse-demo", flag.ContinueOnError)
	f.IntVar(&o.halls, "halls", 3, "township halls")
	f.IntVar(&o.stations, "stations", 5, "village stations")
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "where the county's pages listen; empty: a free port")
	f.StringVar(&o.data, "data", "demo-data", "folder for everything; a former demonstration in it is removed")
	f.Uint64Var(&o.seed, "seed", 1, "the same seed, the same visitors")
	f.Float64Var(&o.speed, "speed", 1, "how much faster than in life")
	f.DurationVar(&o.life, "for", 0, "end after this long; 0: run until interrupted")
	f.StringVar(&o.token, "token", "", "an API token for scripts, at least 32 characters; empty: none")
	f.BoolVar(&o.faults, "faults", true, "a device fails now and then")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		err = fmt.Errorf("unknown word %q; see --help", f.Arg(0))
	case o.halls < 0 || o.stations < 0 || o.halls+o.stations == 0 || o.halls > 60 || o.stations > 400:
		err = fmt.Errorf("--halls %d --stations %d: give at most 60 halls and 400 stations, and at least one of either", o.halls, o.stations)
	case o.speed <= 0 || o.speed > 100:
		err = fmt.Errorf("--speed %v: give more than 0, at most 100", o.speed)
	case o.token != "" && len(o.token) < 32:
		err = errors.New("--token: give at least 32 characters, for example from: openssl rand -hex 24")
	}
	return o, err
}

// marker is the file that says a folder may be emptied by the next demonstration.
const marker = ".hallpulse-demo"

// fresh empties the data folder of a former demonstration. A folder of anything else is left alone.
func fresh(dir string) error {
	mark := filepath.Join(dir, marker)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		if _, err := os.Stat(mark); err != nil {
			return fmt.Errorf("--data %s: not empty and no former demonstration; choose another folder", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(mark, []byte("This folder belongs to hallpulse-demo, which empties it at its next start.\n"), 0o600)
}
