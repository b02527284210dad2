package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hallpulse/edge/clock"
	"hallpulse/edge/journal"
	"hallpulse/hall"
)

// outages.json remembers what the alive mark of the journal cannot say: how long the gateway did not run, on a clock that
// no correction moves – the time since the machine started. So a gap has its right length whatever the wall clock does
// between two runs, and a gap whose place in time is not known yet waits there until the clock is right.
const outagesFile = "outages.json"

// Bounds of the file.
const (
	maxStarts = 4
	maxOwed   = 32
)

// settleAfter is how long a gap over a start of the machine waits for the county's time before the hall's own is taken.
const settleAfter = 30 * time.Second

// outages is the content of the file and what is done with it.
type outages struct {
	path    string
	machine machine
	log     *slog.Logger

	mu     sync.Mutex
	kept   kept
	from   *owed // of this start, until devices are open; nil: no gap
	opened time.Duration
}

// kept is the file.
type kept struct {
	Machine string  `json:"machine"`
	Starts  []start `json:"starts"`
	Owed    []owed  `json:"owed,omitempty"` // gaps that are not in the journal yet
}

// start says when a run of the program began.
type start struct {
	Boot uint32        `json:"boot"`
	Up   time.Duration `json:"up"`
}

// owed is a gap by the machine's uptime; From is set instead of FromUp where the machine itself was started in between. Told
// is its end as it was journalled before the county confirmed the clock; it is journalled again if that was wrong.
type owed struct {
	From   time.Time     `json:"from,omitzero"`
	FromUp time.Duration `json:"from_up"`
	ToUp   time.Duration `json:"to_up"`
	Told   time.Time     `json:"told,omitzero"`
}

func openOutages(dir string, m machine, log *slog.Logger) (*outages, error) {
	o := &outages{path: filepath.Join(dir, outagesFile), machine: m, log: log}
	text, err := os.ReadFile(o.path)
	if err == nil {
		if bad := json.Unmarshal(text, &o.kept); bad != nil {
			log.Warn("the file of outages cannot be read; gaps go by the wall clock", "file", o.path, "err", bad)
			o.kept = kept{}
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return o, nil
}

// begin settles since when nobody read the devices. newest is the stamp of the journal's newest fact, for a journal that
// lost its alive mark; zero: it has none.
func (o *outages) begin(j *journal.Journal, newest, now hall.Stamp) {
	up := o.machine.up()
	last, ok := j.LastAlive()
	if !ok && newest.Boot != 0 {
		last, ok = journal.AliveMark{Wall: newest.Wall, Mono: newest.Mono, Boot: newest.Boot}, true
	}
	if ok {
		o.from = o.since(last)
	}
	if o.kept.Machine != o.machine.id || o.machine.id == "" {
		o.kept = kept{Machine: o.machine.id}
	}
	o.kept.Starts = append(o.kept.Starts, start{j.Boot(), up - now.Mono})
	o.kept.Starts = o.kept.Starts[max(0, len(o.kept.Starts)-maxStarts):]
}

// since gives the begin of the gap that ends with this start.
func (o *outages) since(last journal.AliveMark) *owed {
	if o.kept.Machine == o.machine.id && o.machine.id != "" {
		for _, s := range o.kept.Starts {
			if s.Boot == last.Boot {
				return &owed{FromUp: s.Up + last.Mono}
			}
		}
	}
	g := owed{From: last.Wall}
	for _, older := range o.kept.Owed { // their uptime means nothing any more: one gap over all
		if older.Told.IsZero() && !older.From.IsZero() && older.From.Before(g.From) {
			g.From = older.From
		}
	}
	if g.From.Before(clock.DefaultFloor) {
		g.From = time.Time{} // that run did not know the time: since the machine started is all that can be said
	}
	return &g
}

// open notes that the devices are read from now on; called again it tries again what failed. When it returns nil the gap
// is safe in the file.
func (o *outages) open() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.opened == 0 {
		o.opened = o.machine.up()
		o.owe()
	}
	return o.save()
}

// owe closes the gap of this start; the caller holds the lock.
func (o *outages) owe() {
	if o.from == nil {
		return
	}
	o.from.ToUp = o.opened
	o.kept.Owed = append(o.kept.Owed, *o.from)
	if n := len(o.kept.Owed) - maxOwed; n > 0 { // the clock is wrong for long: one gap over the oldest
		o.kept.Owed[n].From, o.kept.Owed[n].FromUp = o.kept.Owed[0].From, o.kept.Owed[0].FromUp
		o.kept.Owed = o.kept.Owed[n:]
	}
}

// settle journals the gaps whose place in time is known now. confirmed says that the county's clock agrees, or that there
// is no county to ask.
func (o *outages) settle(now hall.Stamp, confirmed bool, record func(hall.Fact) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now.Mark == hall.Unsure || len(o.kept.Owed) == 0 {
		return nil
	}
	up := o.machine.up()
	var later []owed
	changed := false
	var err error
	for _, g := range o.kept.Owed {
		guess := !g.From.IsZero() && !confirmed // by the clock of this start, which may not know what the one before knew
		if early := guess && (up-o.opened < settleAfter || !g.Told.IsZero()); early || err != nil {
			later = append(later, g)
			continue
		}
		f := g.fact(now, up)
		if again := g.Told.IsZero() || f.Gap.To.Sub(g.Told).Abs() > clock.MaxOffBy; again {
			err = record(f)
		}
		if err == nil {
			g.Told, changed = f.Gap.To, true
		}
		if guess || err != nil {
			later = append(later, g)
		}
	}
	if !changed {
		return err
	}
	o.kept.Owed = later
	return errors.Join(err, o.save())
}

// fact gives the gap on the wall clock of now.
func (g *owed) fact(now hall.Stamp, up time.Duration) hall.Fact {
	to := now.Wall.Add(g.ToUp - up).Truncate(time.Microsecond)
	from := g.From
	if from.IsZero() {
		from = now.Wall.Add(g.FromUp - up).Truncate(time.Microsecond)
	}
	if from.After(to) { // the clock of the run before was ahead
		from = to
	}
	return hall.Fact{Kind: hall.KindGap, At: now, Gap: &hall.Gap{From: from, To: to, Reason: "restart"}}
}

// save writes the file; the caller holds the lock.
func (o *outages) save() error { return writeFile(o.path, &o.kept) }
