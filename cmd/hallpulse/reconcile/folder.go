package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"hallpulse/edge/simulator/truth"
	"hallpulse/hub/store"
)

// printed is how many problems Print shows.
const printed = 20

// Folder compares everything in a data folder of the demonstration: truth.jsonl with hub/hub.db.
func Folder(ctx context.Context, dir string) (Result, error) { return FolderUntil(ctx, dir, 0) }

// FolderUntil is Folder without the last part of the truth, which a county still at work may not have stored yet.
func FolderUntil(ctx context.Context, dir string, horizon time.Duration) (res Result, err error) {
	events, err := truth.Read(filepath.Join(dir, "truth.jsonl")) // before the store: what it tells is stored by then, but for the horizon
	if err != nil {
		return res, fmt.Errorf("reconcile: %w", err)
	}
	path := filepath.Join(dir, "hub", "hub.db")
	if _, err := os.Stat(path); err != nil { // opening would make one
		return res, fmt.Errorf("reconcile: %w", err)
	}
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return res, fmt.Errorf("reconcile: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	facts, err := all(ctx, func(ctx context.Context, q store.Query) (store.Page[store.FactRow], error) {
		return db.Facts(ctx, q, nil)
	})
	if err != nil {
		return res, err
	}
	end := last(events)
	if horizon == 0 { // all is there: a time that differs a little is no reason to leave an event out
		end = end.Add(Near)
	}
	res = Compare(events, facts, end.Add(-horizon))
	if err := addRows(ctx, db, facts, &res); err != nil {
		return res, err
	}
	return res, nil
}

// addRows adds the comparison of the derived tables. A county at work stores on between two queries: facts read before and
// after must be the same, else the tables are left out.
func addRows(ctx context.Context, db *store.Store, facts []store.FactRow, res *Result) error {
	for range 5 {
		rows, err := interpreted(ctx, db, facts)
		if err != nil {
			return err
		}
		again, err := all(ctx, func(ctx context.Context, q store.Query) (store.Page[store.FactRow], error) {
			return db.Facts(ctx, q, nil)
		})
		if err != nil {
			return err
		}
		if len(again) == len(facts) {
			res.Rows = rows
			return nil
		}
		facts = again
	}
	return nil
}

func last(events []truth.Event) (t time.Time) {
	for _, e := range events {
		if e.At.After(t) {
			t = e.At
		}
	}
	return t
}

// Print writes the outcome as a table with the first problems below it.
func (r Result) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	p := printer{w: w}
	p.line("kind\ttruth\tstored\tmissing\tin a recorded gap\tduplicated\taltered\tdirection unknown\ttold again\t\n")
	for _, c := range r.Counts {
		p.line("%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", c.Kind, c.Truth, c.Stored, c.Missing, c.InGap, c.Duplicated, c.Altered, c.Unclear, c.ToldAgain)
	}
	p.do(w.Flush())
	p.w = out
	for _, c := range r.Rows {
		p.line("table %s: %d rows, %d by the facts\n", c.Table, c.Rows, c.Want)
	}
	if r.Rows == nil {
		p.line("tables not compared: the county is storing\n")
	}
	if r.Shown > 0 {
		p.line("%d facts of devices that are only shown: not compared\n", r.Shown)
	}
	p.line("%d gaps of %.1f s in all recorded, %d outages of %.1f s made\n", r.Gaps, r.GapTime, r.Outages, r.OutTime)
	for i, x := range r.Problems {
		if i == printed {
			p.line("and %d more\n", len(r.Problems)-printed)
			break
		}
		p.line("%s %s: %s\n", x.Kind, x.What, x.Detail)
	}
	return p.err
}

// printer writes until the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) do(err error) {
	if p.err == nil {
		p.err = err
	}
}
