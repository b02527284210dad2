// Package live holds what every hall said last, with its age. Everything that was heard keeps the time it was heard at:
// nothing is shown as live that is not. It keeps no history; that is the store's.
package live

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// buffer is how many events a subscriber may lag behind before it is dropped.
const buffer = 1024

// Options of a store.
type Options struct {
	Now func() time.Time // nil: time.Now
}

// Store is the halls' latest states. It is safe for concurrent use; a publisher never waits for a subscriber.
type Store struct {
	now   func() time.Time
	mu    sync.Mutex
	halls map[hall.HallID]*entry
	subs  map[*subscriber]struct{}
}

type entry struct {
	view     View
	epoch    uint64 // of the journal that the newest birth named; with boot it names one run of one gateway's program
	boot     uint32
	versions map[hall.Section]uint64
	expected time.Time // since then a hall that was heard before is waited for; zero: it is not
}

type subscriber struct{ ch chan Event }

// New gives an empty store.
func New(o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{now: o.Now, halls: map[hall.HallID]*entry{}, subs: map[*subscriber]struct{}{}}
}

// hall gives the entry of a hall, a new one when it was never heard; the caller holds the lock.
func (s *Store) hall(id hall.HallID) *entry {
	e := s.halls[id]
	if e == nil {
		e = &entry{versions: map[hall.Section]uint64{}}
		e.view = View{Desc: hall.Hall{ID: id}, State: hall.State{Hall: id}, Sections: map[hall.Section]time.Time{}, Link: LinkNever}
		s.halls[id] = e
	}
	return e
}

// Describe makes a hall known that was not heard yet in the life of this program.
func (s *Store) Describe(d hall.Hall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hall(d.ID)
	if e.view.Link == LinkNever {
		e.view.Desc = d
		s.tell(e, "")
	}
}

// Enrol makes a hall known that was given a credential. One that was retired is waited for again: of it more is known.
func (s *Store) Enrol(d hall.Hall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, known := s.halls[d.ID]
	if known && e.view.Link != LinkRetired {
		return
	}
	if e = s.hall(d.ID); !known {
		e.view.Desc = d
	}
	e.view.Link, e.view.LinkAt = LinkNever, s.now()
	s.tell(e, "")
}

// Retire notes that a hall's credential was taken away for good. What still arrives of its last connection changes nothing.
func (s *Store) Retire(id hall.HallID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hall(id)
	e.expected = time.Time{}
	s.link(e, LinkRetired)
}

// Expect makes a hall known that was heard in an earlier life of this program, last at heard. It should be there, so it is
// lost when it stays silent: a gateway that died while the county was down must be missed as well.
func (s *Store) Expect(d hall.Hall, heard time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hall(d.ID)
	if e.view.Link == LinkNever {
		e.view.Desc, e.view.Heard, e.expected = d, heard, s.now()
		s.tell(e, "")
	}
}

// Birth takes a gateway's description of its hall.
func (s *Store) Birth(id hall.HallID, b wire.Birth) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hall(id)
	if e.view.Link == LinkRetired {
		return
	}
	e.view.Desc = b.Hall
	e.view.Desc.ID = id
	if e.boot != b.Boot || e.epoch != b.Epoch {
		e.boot, e.epoch = b.Boot, b.Epoch
		clear(e.versions)
	}
	s.heard(e)
	s.tell(e, "")
}

// Will takes a gateway's last will, or its word that it is there.
func (s *Store) Will(id hall.HallID, w wire.Will) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hall(id)
	if e.view.Link == LinkRetired {
		return
	}
	if w.Online {
		s.heard(e)
	} else if w.Boot >= e.boot {
		s.link(e, LinkLost)
	}
}

// Apply takes a section of a hall's state. One older than what is known is ignored.
func (s *Store) Apply(id hall.HallID, n wire.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hall(id)
	if e.view.Link == LinkRetired || n.Boot < e.boot || n.Boot == e.boot && n.Version <= e.versions[n.Section] {
		return
	}
	if n.Boot > e.boot {
		e.boot = n.Boot
		clear(e.versions)
	}
	if !set(&e.view.State, n) {
		return
	}
	e.versions[n.Section] = n.Version
	s.heard(e)
	e.view.Sections = maps.Clone(e.view.Sections) // views already given keep theirs
	e.view.Sections[n.Section] = e.view.Heard
	if n.AsOf.After(e.view.State.AsOf) {
		e.view.State.AsOf = n.AsOf
	}
	s.tell(e, n.Section)
}

// set puts the section's body into the state; false when it has none that this version knows.
func set(st *hall.State, n wire.Snapshot) bool {
	switch {
	case n.Queue != nil:
		st.Queue = *n.Queue
	case n.Zones != nil:
		st.Zones = *n.Zones
	case n.Devices != nil:
		st.Devices = *n.Devices
	case n.Staff != nil:
		st.Staff = *n.Staff
	case n.Ratings != nil:
		st.Ratings = *n.Ratings
	case n.Measures != nil:
		st.Measures = *n.Measures
	case n.Gateway != nil:
		st.Gateway = *n.Gateway
	default:
		return false
	}
	return true
}

// heard notes that the gateway spoke; the caller holds the lock.
func (s *Store) heard(e *entry) {
	e.view.Heard = s.now()
	s.link(e, LinkOnline)
}

func (s *Store) link(e *entry, to Link) {
	if e.view.Link == to {
		return
	}
	e.view.Link, e.view.LinkAt = to, s.now()
	s.tell(e, "")
}

// Tick finds halls that fell silent.
func (s *Store) Tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, e := range s.halls {
		if e.view.Link == LinkNever && !e.expected.IsZero() && now.Sub(e.expected) >= LostAfter {
			s.link(e, LinkLost)
		}
		if e.view.Link != LinkOnline && e.view.Link != LinkLate {
			continue
		}
		switch silent := now.Sub(e.view.Heard); {
		case silent >= LostAfter:
			s.link(e, LinkLost)
		case silent >= LateAfter:
			s.link(e, LinkLate)
		}
	}
}

// Run ticks every second until ctx ends.
func (s *Store) Run(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.Tick()
		}
	}
}

// shown is the view as others may see it: of a hall that is lost or retired no device is known to work.
func (e *entry) shown() View {
	v := e.view
	if v.Link != LinkLost && v.Link != LinkRetired {
		return v
	}
	devices := slices.Clone(v.State.Devices.Devices)
	for i := range devices {
		devices[i].Health, devices[i].Since = hall.HealthUnknown, v.LinkAt
		devices[i].Reason = hall.Reason{Code: "gateway_lost"}
	}
	v.State.Devices.Devices = devices
	return v
}

// Get gives a hall's view.
func (s *Store) Get(id hall.HallID) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.halls[id]
	if !ok {
		return View{}, false
	}
	return e.shown(), true
}

// All gives every hall's view, by id.
func (s *Store) All() []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all()
}

func (s *Store) all() []View {
	out := make([]View, 0, len(s.halls))
	for _, e := range s.halls {
		out = append(out, e.shown())
	}
	slices.SortFunc(out, func(a, b View) int { return cmp.Compare(a.Desc.ID, b.Desc.ID) })
	return out
}

// Subscribe gives every view and, from exactly then on, every change. A subscriber that falls behind is dropped: its channel
// is closed, and it subscribes again.
func (s *Store) Subscribe() (initial []View, events <-chan Event, cancel func()) {
	sub := &subscriber{make(chan Event, buffer)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs[sub] = struct{}{}
	return s.all(), sub.ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.drop(sub)
	}
}

func (s *Store) drop(sub *subscriber) {
	if _, ok := s.subs[sub]; ok {
		delete(s.subs, sub)
		close(sub.ch)
	}
}

// tell publishes a change; the caller holds the lock.
func (s *Store) tell(e *entry, section hall.Section) {
	if len(s.subs) == 0 {
		return
	}
	ev := Event{Hall: e.view.Desc.ID, Section: section, View: e.shown()}
	for sub := range s.subs {
		select {
		case sub.ch <- ev:
		default:
			s.drop(sub)
		}
	}
}
