package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"hallpulse/edge/agent"
	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// errDamage says that a journal is damaged; where was told.
var errDamage = errors.New("hallpulse: the journal is damaged (日志有损坏)")

// journal looks into a gateway's journal without changing it, also while the gateway runs.
func (t *tool) journal(args []string) error {
	if len(args) != 2 || args[0] != "ls" && args[0] != "verify" {
		t.tell("hallpulse: journal ls DIR, or journal verify DIR; DIR is the gateway's data_dir or the journal in it (DIR 为数据目录)\n")
		return errUsage
	}
	dir := args[1]
	if _, err := os.Stat(filepath.Join(dir, agent.JournalDir)); err == nil {
		dir = filepath.Join(dir, agent.JournalDir)
	}
	bad := &unreadable{}
	in, err := journal.Inspect(dir, bad.look)
	if err != nil {
		return fmt.Errorf("hallpulse: %w", err)
	}
	if args[0] == "ls" {
		if err := t.listJournal(in); err != nil {
			return err
		}
	}
	return t.verdict(in, bad)
}

// verdict tells the damage.
func (t *tool) verdict(in *journal.Inspection, bad *unreadable) error {
	for _, d := range in.Damage {
		t.say("%v\n", d)
	}
	for _, line := range bad.lines {
		t.say("%s\n", line)
	}
	if more := bad.count - len(bad.lines); more > 0 {
		t.say("and %d more records that cannot be read\n", more)
	}
	if len(in.Damage)+bad.count > 0 {
		return errDamage
	}
	for _, l := range in.Lanes {
		t.say("%s: %d records in %d files, no damage (无损坏)\n", l.Lane, l.Records, len(l.Segments))
	}
	return nil
}

// listJournal prints what a journal holds.
func (t *tool) listJournal(in *journal.Inspection) error {
	t.say("epoch %d, boot %d", in.Epoch, in.Boot)
	if !in.Alive.Wall.IsZero() {
		t.say(", last sign of life %s in boot %d", in.Alive.Wall.Format(time.RFC3339), in.Alive.Boot)
	}
	t.say("\n")
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // Flush gives the error
	for _, l := range in.Lanes {
		pending := l.Last - min(l.Last, l.Acked)
		p("\n%s\trecords %d to %d\tcounty has %d\tpending %d\tgiven up %d\t%d bytes\n", l.Lane, l.First, l.Last, l.Acked, pending, l.Dropped, l.Bytes)
		for _, s := range l.Segments {
			p("  %s\t%d to %d\tboot %d\tmade %s\t%d frames\t%d bytes", filepath.Base(s.File), s.First, s.Last, s.Boot, s.Created.Format(time.RFC3339), s.Frames, s.Bytes)
			if s.Unfinished > 0 {
				p("\t%d unfinished", s.Unfinished)
			}
			p("\n")
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("hallpulse: %w", err)
	}
	return nil
}

// unreadable collects records whose frame is whole but whose content is not.
type unreadable struct {
	lines []string
	count int
}

// maxLines is how many of them are shown.
const maxLines = 20

func (u *unreadable) look(lane hall.Lane, f journal.Frame) {
	var err error
	if lane == hall.Facts {
		_, err = wire.DecodeFact(f.Payload)
	} else {
		_, err = wire.DecodeReadings(f.Payload)
	}
	if err == nil {
		return
	}
	if u.count++; len(u.lines) < maxLines {
		u.lines = append(u.lines, fmt.Sprintf("%s %d to %d cannot be read: %v", lane, f.First, f.Last(), err))
	}
}
