package agent

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"hallpulse/edge/clock"
	"hallpulse/edge/driver/attendance"
	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// JournalDir is the journal's folder in a data folder.
const JournalDir = "journal"

// openJournal opens the journal and, with its count of boots, the clock.
func (a *Agent) openJournal() error {
	var clk *clock.Clock // the journal reads it when it writes, not while it is opened
	now := func() time.Time {
		if clk == nil {
			return a.opts.Wall()
		}
		return clk.Now().Wall
	}
	j, err := journal.Open(filepath.Join(a.cfg.DataDir, JournalDir), journal.Options{
		MaxBytes: int64(a.cfg.Journal.MaxSize), Now: now, Logger: a.log,
	})
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	a.cleanup.add("journal", j.Close)
	clk = clock.New(clock.Options{Boot: j.Boot(), Wall: a.opts.Wall})
	a.journal, a.clock, a.times = j, clk, clock.NewCorrector(time.Time{})
	a.outages, err = openOutages(a.cfg.DataDir, thisMachine(), a.log)
	return err
}

// restore learns from the journal how the clock went, folds what it holds into the hall's book and tells the terminals'
// server which punches are there already.
func (a *Agent) restore() error {
	a.rec = newRecorder(recorderOptions{
		desc: a.desc, listen: a.compare.hear, forget: a.compare.forget,
		journal: a.journal, clock: a.clock, times: a.times, count: a.metrics, boot: a.journal.Boot(), changed: a.changed,
	})
	a.openTerminals()
	a.openHikvision()
	if m, ok := a.journal.LastAlive(); ok {
		a.times.Alive(m.Boot, m.Wall, m.Mono)
	}
	_, err := a.eachFact(func(f hall.Fact) {
		a.times.Note(&f)
		a.past.note(&f)
		if f.Punch != nil && a.terminal != nil {
			a.terminal.Remember(attendance.KeyOf(f.Punch))
		}
		if a.hikvision != nil {
			a.hikvision.Restore(&f)
		}
	})
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	a.outages.begin(a.journal, a.past.newest, a.clock.Now())
	return a.rebuild()
}

// rebuild makes the book anew: at the start, and when the times of facts have changed with a step of the clock.
func (a *Agent) rebuild() error {
	return a.rec.restart(hall.NewBook(a.desc, a.journal.Epoch()), a.eachFact)
}

// eachFact gives every fact that the journal holds. One that cannot be read is passed over: the uplink tells the county.
func (a *Agent) eachFact(do func(hall.Fact)) (next uint64, err error) {
	r := a.journal.Reader(hall.Facts, 0)
	defer func() { err = errors.Join(err, r.Close()) }()
	_, last := a.journal.Bounds(hall.Facts)
	next = last + 1
	for {
		frame, err := r.Next()
		if errors.Is(err, io.EOF) {
			return next, nil
		}
		if err != nil {
			return 0, err
		}
		next = max(next, frame.Last()+1)
		f, err := wire.DecodeFact(frame.Payload)
		if err != nil || frame.N != 1 {
			continue
		}
		f.Seq = frame.First
		do(f)
	}
}
