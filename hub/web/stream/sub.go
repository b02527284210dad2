package stream

import (
	"sync"

	"hallpulse/hall"
	"hallpulse/hub/alert"
)

// maxAlertsHeld bounds what a slow reader's set of incidents can take; beyond, it is told to ask for the list.
const maxAlertsHeld = 512

// Filter says what a reader wants. Both functions must be pure.
type Filter struct {
	Want  func(Key) bool         // nil: nothing
	Alert func(hall.HallID) bool // nil: no incidents
}

// Sub is one reader's set of changes not told yet.
type Sub struct {
	filter Filter
	wake   chan struct{}

	mu     sync.Mutex
	dirty  map[Key]struct{}
	order  []Key
	alerts map[string]alert.Incident
	ids    []string
	lost   bool
}

// Changes is what a reader has to be told.
type Changes struct {
	Keys   []Key
	Alerts []alert.Incident
	Lost   bool // more incidents than could be held: ask for the list
}

func newSub(f Filter) *Sub {
	return &Sub{filter: f, wake: make(chan struct{}, 1), dirty: map[Key]struct{}{}, alerts: map[string]alert.Incident{}}
}

// Wake is signalled when there is something to take.
func (s *Sub) Wake() <-chan struct{} { return s.wake }

// Mark adds keys, whether the filter wants them or not: a reader's first content.
func (s *Sub) Mark(keys ...Key) {
	s.mu.Lock()
	for _, k := range keys {
		if _, there := s.dirty[k]; !there {
			s.dirty[k] = struct{}{}
			s.order = append(s.order, k)
		}
	}
	s.mu.Unlock()
	s.signal()
}

func (s *Sub) offer(keys []Key) {
	if s.filter.Want == nil {
		return
	}
	var wanted []Key
	for _, k := range keys {
		if s.filter.Want(k) {
			wanted = append(wanted, k)
		}
	}
	if len(wanted) > 0 {
		s.Mark(wanted...)
	}
}

func (s *Sub) offerAlert(i alert.Incident) {
	if s.filter.Alert == nil || !s.filter.Alert(i.Hall) {
		return
	}
	s.mu.Lock()
	if _, there := s.alerts[i.ID]; there || len(s.ids) < maxAlertsHeld {
		if !there {
			s.ids = append(s.ids, i.ID)
		}
		s.alerts[i.ID] = i
	} else {
		s.lost = true
	}
	s.mu.Unlock()
	s.signal()
}

func (s *Sub) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Take gives and forgets the changes.
func (s *Sub) Take() Changes {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Changes{Keys: s.order, Lost: s.lost}
	for _, id := range s.ids {
		c.Alerts = append(c.Alerts, s.alerts[id])
	}
	s.order, s.ids, s.lost = nil, nil, false
	clear(s.dirty)
	clear(s.alerts)
	return c
}
