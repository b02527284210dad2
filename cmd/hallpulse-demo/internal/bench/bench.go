// Package bench measures what HallPulse promises to be fast or small, with real programs, and prints a table of the figures
// with their aims. Where there is a peer, it is measured in the same run: on a busy machine only ratios mean something.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hallpulse/cmd/hallpulse-demo/internal/bench/ingest"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
)

// measurement is one table of figures.
type measurement struct {
	name string
	run  func(ctx context.Context, o Options, dir string) (*measure.Table, error)
}

func measurements() []measurement {
	return []measurement{{"ingest", ingestTable}, {"edge", edgeTable}, {"keypress", keypressTable}}
}

// Command is `hallpulse-demo bench`.
func Command(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 1 && args[0] == "drain" { // how the ingest measurement starts its uplinks
		return ingest.Drain(ctx, os.Stdin, out)
	}
	o, names, err := parse(args, out)
	if err != nil {
		return err
	}
	list, err := chosen(names)
	if err != nil {
		return err
	}
	remove, err := o.folder()
	if err != nil {
		return err
	}
	return errors.Join(run(ctx, o, list), remove())
}

func run(ctx context.Context, o Options, list []measurement) error {
	if _, err := fmt.Fprintln(o.Out, measure.Machine()); err != nil {
		return err
	}
	for _, m := range list {
		dir := filepath.Join(o.Dir, m.name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		t, err := m.run(ctx, o, dir)
		if err != nil {
			return fmt.Errorf("bench: %s: %w", m.name, err)
		}
		if err := t.Print(o.Out); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	return nil
}

// chosen gives the measurements of these names; none or "all": every one.
func chosen(names []string) (list []measurement, err error) {
	if len(names) == 0 || slices.Contains(names, "all") {
		return measurements(), nil
	}
	for _, name := range names {
		i := slices.IndexFunc(measurements(), func(m measurement) bool { return m.name == name })
		if i < 0 {
			return nil, fmt.Errorf("bench: no measurement %q: write %s or all", name, strings.Join(known(), ", "))
		}
		list = append(list, measurements()[i])
	}
	return list, nil
}

func known() (names []string) {
	for _, m := range measurements() {
		names = append(names, m.name)
	}
	return names
}
