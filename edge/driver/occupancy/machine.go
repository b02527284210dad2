// Package occupancy counts people through a doorway with a pair of light beams a hand's breadth apart: the outer one,
// on the side people come from, and the inner one. Which beam breaks and clears first tells the direction.
//
// Wiring: receivers with open collector and pull-up, so a broken beam pulls its line low; Options.BrokenHigh is for the
// other kind. Known limits of the method: two people closer than about 0.3 s are counted as one, and a beam that is
// blocked for ten seconds (someone leaning, dirt, a lost emitter) counts nobody and is reported as stuck.
package occupancy

import (
	"time"

	"hallpulse/hall"
)

// state of a passage. first is the beam that broke first, second the other.
type state uint8

const (
	idle    state = iota // nothing broken
	one                  // first alone
	both                 // first, then second
	leaving              // second alone, after both
	atOnce               // both within Times.Together
	blocked              // given up; waits until both are clear
)

// line is one beam: level is the accepted one, raw the newest one.
type line struct {
	level, raw bool // true: broken
	changed    time.Time
	since      time.Time // of level
}

// Machine is the state machine of a beam pair. It has no clock of its own and is not safe for concurrent use.
type Machine struct {
	times   Times
	lines   [2]line
	state   state
	first   Beam
	started time.Time // first break of this passage
	moved   time.Time // last change of state
	stuck   bool
	events  []Event
}

// NewMachine gives a machine with both beams clear.
func NewMachine(t Times) *Machine { return &Machine{times: t.withDefaults()} }

// Start sets the beams as found when the lines were opened. What is broken already is not a passage seen from its begin.
func (m *Machine) Start(outer, inner bool, at time.Time) {
	m.lines = [2]line{{level: outer, raw: outer, since: at}, {level: inner, raw: inner, since: at}} // changed is zero: nothing bounces yet
	m.state, m.moved = idle, at
	if outer || inner {
		m.state = blocked
	}
}

// Edge takes a level of a beam seen at a time. Telling a level again does no harm. The events are valid until the next
// call.
func (m *Machine) Edge(b Beam, broken bool, at time.Time) []Event {
	m.events = m.events[:0]
	m.settle(at)
	m.lines[b].raw = broken
	m.accept(b, at)
	m.watch(at)
	return m.events
}

// Tick lets time pass. It must be called at the time Next gives.
func (m *Machine) Tick(now time.Time) []Event {
	m.events = m.events[:0]
	m.settle(now)
	m.watch(now)
	return m.events
}

// Next gives the time at which Tick has something to do; ok is false when it has not.
func (m *Machine) Next() (at time.Time, ok bool) {
	earlier := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	for i := range m.lines {
		l := &m.lines[i]
		if l.raw != l.level {
			earlier(l.changed.Add(m.times.Debounce))
		}
		if l.level && !m.stuck {
			earlier(l.since.Add(m.times.Stuck))
		}
	}
	if m.state != idle && m.state != blocked {
		earlier(m.moved.Add(m.times.Timeout))
	}
	return at, ok
}

// settle accepts levels whose time of bouncing is over.
func (m *Machine) settle(now time.Time) {
	m.expire(now)
	for b := range m.lines {
		l := &m.lines[b]
		if end := l.changed.Add(m.times.Debounce); l.raw != l.level && !now.Before(end) {
			m.accept(Beam(b), end)
		}
	}
}

// accept makes the newest level of a beam its level, unless the beam may still be bouncing.
func (m *Machine) accept(b Beam, at time.Time) {
	l := &m.lines[b]
	if l.raw == l.level || !l.changed.IsZero() && at.Before(l.changed.Add(m.times.Debounce)) {
		return
	}
	l.level, l.changed, l.since = l.raw, at, at
	m.step(b, l.level, at)
}

// step is the table of the machine.
func (m *Machine) step(b Beam, broken bool, at time.Time) {
	clear := !m.lines[Outer].level && !m.lines[Inner].level
	switch {
	case m.state == idle && broken:
		m.first, m.started = b, at
		m.move(one, at)
	case m.state == one && broken && at.Sub(m.started).Abs() < m.times.Together:
		m.move(atOnce, at)
	case m.state == one && broken:
		m.move(both, at)
	case m.state == one: // turned back
		m.end(at)
	case m.state == both && b == m.first:
		m.move(leaving, at)
	case m.state == both: // stepping back
		m.move(one, at)
	case m.state == leaving && broken:
		m.move(both, at)
	case m.state == leaving:
		m.count(m.direction(), at)
	case m.state == atOnce && clear:
		m.count(hall.Ambiguous, at)
	case m.state == blocked && clear:
		m.move(idle, at)
	}
}

func (m *Machine) move(s state, at time.Time) { m.state, m.moved = s, at }

func (m *Machine) direction() hall.Direction {
	if m.first == Outer {
		return hall.In
	}
	return hall.Out
}

// count ends a passage with a person, if it took long enough for one.
func (m *Machine) count(d hall.Direction, at time.Time) {
	if at.Sub(m.started) >= m.times.Minimum {
		m.events = append(m.events, Event{Kind: Passed, Direction: d, At: at})
		m.move(idle, at)
		return
	}
	m.end(at)
}

// end ends a passage without a person.
func (m *Machine) end(at time.Time) {
	if at.Sub(m.started) < m.times.Minimum {
		m.events = append(m.events, Event{Kind: Short, Beam: m.first, At: at})
	}
	m.move(idle, at)
}

// expire gives up a passage in which nothing moved for too long.
func (m *Machine) expire(now time.Time) {
	if m.state != idle && m.state != blocked && now.Sub(m.moved) >= m.times.Timeout {
		m.move(blocked, now)
	}
}

// watch looks for beams broken too long.
func (m *Machine) watch(now time.Time) {
	m.expire(now)
	if m.stuck {
		if !m.lines[Outer].level && !m.lines[Inner].level {
			m.stuck = false
			m.events = append(m.events, Event{Kind: Freed, At: now})
		}
		return
	}
	for b := range m.lines {
		if l := &m.lines[b]; l.level && now.Sub(l.since) >= m.times.Stuck {
			m.stuck = true
			m.events = append(m.events, Event{Kind: Stuck, Beam: Beam(b), At: now})
			return
		}
	}
}
