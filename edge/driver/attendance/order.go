package attendance

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// CommandKind says what a terminal is told to do. None erases, opens a door, enrols a person or runs a program.
type CommandKind string

// The commands.
const (
	CommandInfo     CommandKind = "info"      // tell who you are
	CommandCheck    CommandKind = "check"     // read the options again and send everything from the stamps on
	CommandReboot   CommandKind = "reboot"    //
	CommandTimeZone CommandKind = "time_zone" // use the zone that the terminal is configured for, and start again: most firmware reads it at its start
	CommandQuery    CommandKind = "query"     // send the punches between From and To again
	CommandVerify   CommandKind = "verify"    // count the punches between From and To: Result.Sum
)

// CommandKinds lists the commands, in the order in which pages offer them.
func CommandKinds() []CommandKind {
	return []CommandKind{CommandInfo, CommandCheck, CommandQuery, CommandVerify, CommandTimeZone, CommandReboot}
}

// Command is something a terminal is told to do. From and To are those of a query or a verification.
type Command struct {
	Kind CommandKind `json:"kind"`
	From time.Time   `json:"from,omitzero"`
	To   time.Time   `json:"to,omitzero"`
}

// errCommand says that a command cannot be given.
var errCommand = errors.New("attendance: impossible command")

// lines spells the command for a terminal in loc.
func (c Command) lines(loc *time.Location, now time.Time) ([]string, error) {
	switch c.Kind {
	case CommandInfo:
		return []string{"INFO"}, nil
	case CommandCheck:
		return []string{"CHECK"}, nil
	case CommandReboot:
		return []string{"REBOOT"}, nil
	case CommandTimeZone:
		return []string{"SET OPTION TimeZone=" + timeZone(loc, now), "REBOOT"}, nil
	case CommandQuery, CommandVerify:
		if c.From.IsZero() || !c.From.Before(c.To) || c.To.Sub(c.From) > maxRange {
			return nil, fmt.Errorf("%w: from must be before to, by at most %v", errCommand, maxRange)
		}
		word := "DATA QUERY ATTLOG "
		if c.Kind == CommandVerify {
			word = "VERIFY SUM ATTLOG "
		}
		return []string{word + between(c.From, c.To, loc)}, nil
	}
	return nil, fmt.Errorf("%w: kind %.20q", errCommand, string(c.Kind))
}

// between spells a range of the terminal's wall clock.
func between(from, to time.Time, loc *time.Location) string {
	return "StartTime=" + from.In(loc).Format(timeLayout) + "\tEndTime=" + to.In(loc).Format(timeLayout)
}

// Order queues a command for the terminal's next polls. Results tells what became of it.
func (s *Server) Order(serial string, c Command) error {
	t := s.terminal(serial)
	if t == nil {
		return ErrUnknownTerminal
	}
	lines, err := c.lines(t.opts.location(), s.opts.Now())
	if err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := s.Command(serial, line); err != nil {
			return err
		}
	}
	return nil
}

// repairs asks a terminal, once for each gap, for what it recorded while it was not in contact: most send it by themselves,
// some forget. It is guarded by the terminal's lock.
type repairs struct {
	newest string // device time of the newest punch in the journal, at the start of the program
	last   string // id of the command of the gap before
}

// know notes a punch of the journal.
func (r *repairs) know(deviceTime string) {
	if _, err := wallTime(deviceTime, time.UTC); err == nil {
		r.newest = max(r.newest, deviceTime)
	}
}

// away queues the question for a gap that began at since on the gateway's clock; zero: with the newest punch of the journal,
// because the program was started. A question that was not sent yet is widened.
func (t *Terminal) away(since, now time.Time) {
	loc := t.opts.location()
	skew := t.clock.skew
	if since.IsZero() {
		from, err := wallTime(t.repair.newest, loc)
		if err != nil {
			return // nothing is known: the handshake asks for everything
		}
		since, skew = from, max(skew, 0)
	}
	from, to := since.Add(min(skew, 0)-repairMargin), now.Add(max(skew, 0)+repairMargin)
	if from.After(now) { // the journal's newest punch is of a clock that was ahead
		return
	}
	if oldest := now.Add(-maxRange + time.Hour); from.Before(oldest) {
		from = oldest
	}
	if waiting := t.commands.unsent(t.repair.last); waiting != nil {
		start, _, _ := strings.Cut(strings.TrimPrefix(waiting.text, queryFrom), "\t")
		waiting.text = queryFrom + start + "\tEndTime=" + to.In(loc).Format(timeLayout)
		return
	}
	if len(t.commands.queue) < maxQueue {
		t.repair.last = t.commands.add("DATA QUERY ATTLOG " + between(from, to, loc))
		t.status.Repairs++
	}
}

// queryFrom begins a question for a range of time.
const queryFrom = "DATA QUERY ATTLOG StartTime="

// unsent finds a command that waits for its first poll.
func (c *commands) unsent(id string) *command {
	for i := range c.queue {
		if q := &c.queue[i]; q.id == id && q.tries == 0 {
			return q
		}
	}
	return nil
}
