package uplink

import (
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// section is one part of the live state.
type section struct {
	make    func() wire.Snapshot
	dirty   bool
	version uint64
	sent    time.Time // of this connection; zero: not yet
}

// State tells how a section is made. make must be quick and may be called from the goroutine of Run at any time; it sets
// the body and AsOf, the uplink sets the rest. Call it before Run.
func (u *Uplink) State(name hall.Section, make func() wire.Snapshot) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sections[name] = &section{make: make, dirty: true}
}

// Changed tells that sections have something new. It never blocks: without a connection it only notes it.
func (u *Uplink) Changed(names ...hall.Section) {
	u.mu.Lock()
	for _, name := range names {
		if s := u.sections[name]; s != nil {
			s.dirty = true
		}
	}
	u.mu.Unlock()
	select {
	case u.poke <- struct{}{}:
	default: // the session is awake already
	}
}

// renew makes every section go out again: a connection begins.
func (u *Uplink) renew() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range u.sections {
		s.dirty, s.sent = true, time.Time{}
	}
}

// dueSection is a section that may go out now.
type dueSection struct {
	name    hall.Section
	version uint64
	make    func() wire.Snapshot
}

// takeSections gives the sections that are to be sent at now, and when the next one is.
func (u *Uplink) takeSections(now time.Time) (due []dueSection, next time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, name := range hall.Sections() {
		s := u.sections[name]
		if s == nil {
			continue
		}
		at := s.sent.Add(u.times.section)
		if !s.dirty {
			if name != hall.SectionGateway {
				continue
			}
			at = s.sent.Add(u.times.pulse)
		}
		if at.After(now) {
			next = sooner(next, at)
			continue
		}
		s.dirty, s.sent = false, now // a change from here on makes it dirty again
		s.version++
		due = append(due, dueSection{name, s.version, s.make})
		if name == hall.SectionGateway {
			next = sooner(next, now.Add(u.times.pulse))
		}
	}
	return due, next
}

// sooner gives the earlier of two times; zero means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// sendSections publishes what is due and gives when the next section is.
func (s *session) sendSections(now time.Time) (time.Time, error) {
	if !s.answered && s.u.opts.Clock.Now().Mark == hall.Unsure {
		return time.Time{}, nil // a state of 1970 says nothing; the county's answer is near
	}
	due, next := s.u.takeSections(now)
	for _, d := range due {
		snap := d.make()
		snap.Section, snap.Version, snap.Boot, snap.Sent = d.name, d.version, s.u.opts.Journal.Boot(), s.u.opts.Clock.Now().Wall
		data, err := wire.EncodeSnapshot(snap)
		if err != nil {
			s.u.log.Error("uplink: a section cannot be sent", "section", string(d.name), "err", err)
			continue
		}
		if err := s.link.publish(wire.TopicState(s.u.opts.Hall, d.name), true, data); err != nil {
			return next, err
		}
		s.u.opts.Metrics.Snapshot(d.name, len(data))
	}
	return next, nil
}
