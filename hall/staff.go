package hall

import (
	"slices"
	"strings"
	"time"
)

// staffBook is who came and went today, by punches.
type staffBook struct {
	known   map[punchKey]struct{}
	people  map[StaffNo]*person
	keyed   map[string]bool // terminals at which somebody chose a state other than "in" today
	punches int
}

// punchKey is a punch's natural key: terminals send punches again.
type punchKey struct {
	serial, time   string
	pin            StaffNo
	status, verify int
}

type person struct {
	in     bool
	since  time.Time
	last   time.Time
	device DeviceID
}

func newStaffBook() staffBook {
	return staffBook{known: map[punchKey]struct{}{}, people: map[StaffNo]*person{}, keyed: map[string]bool{}}
}

// punch books a punch. One that was told before is ignored; one of another day is history, not presence.
func (b *Book) punch(f *Fact, c *Changes) {
	p := f.Punch
	s := &b.staff
	key := punchKey{p.Serial, p.DeviceTime, p.PIN, p.Status, p.Verify}
	if _, ok := s.known[key]; ok {
		return
	}
	s.known[key] = struct{}{}
	day, _, _ := dayOf(p.At, b.loc)
	c.Punches = append(c.Punches, PunchEntry{Seq: f.Seq, Device: f.Device, Punch: *p, Day: day, Receive: f.At.Wall, Mark: f.At.Mark})
	if p.At.Before(b.start) || !p.At.Before(b.end) {
		return
	}
	s.punches++
	c.touch(SectionStaff)
	s.present(p, f.Device)
}

// present moves a person in or out. Punch states are believed at terminals where people choose them (ZKTeco: 0, 3, 4 in;
// 1, 2, 5 out); where every punch says 0 or nothing, punches alternate.
func (s *staffBook) present(p *Punch, device DeviceID) {
	if p.Status >= 1 && p.Status <= 5 {
		s.keyed[p.Serial] = true
	}
	who := s.people[p.PIN]
	if who == nil {
		who = &person{}
		s.people[p.PIN] = who
	} else if p.At.Before(who.last) || p.At.Sub(who.last) < DoublePunch && p.Status == 255 {
		return // told late, or pressed twice
	}
	in := p.Status == 0 || p.Status == 3 || p.Status == 4
	if !s.keyed[p.Serial] || p.Status < 0 || p.Status > 5 {
		if !who.last.IsZero() && p.At.Sub(who.last) < DoublePunch {
			who.last = p.At
			return
		}
		in = !who.in
	}
	who.last = p.At
	if in && !who.in {
		who.since = p.At
	}
	who.in, who.device = in, device
}

func (s *staffBook) state() StaffState {
	out := StaffState{Punches: s.punches}
	for no, who := range s.people {
		if who.in {
			out.Present = append(out.Present, Presence{Staff: no, Since: who.since, Device: who.device})
		}
	}
	slices.SortFunc(out.Present, func(a, b Presence) int { return strings.Compare(string(a.Staff), string(b.Staff)) })
	return out
}
