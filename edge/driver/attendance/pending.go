package attendance

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// PendingTerminal is a terminal that called but is not configured, or not from the address it was configured for. It is
// told to keep its data.
type PendingTerminal struct {
	Serial string     `json:"serial"`
	Addr   netip.Addr `json:"addr"`
	Info   string     `json:"info,omitempty"` // what it says of itself, cut
	First  time.Time  `json:"first"`
	Last   time.Time  `json:"last"`
	Count  int        `json:"count"` // requests
}

// pending keeps the terminals that called last, at most maxPending.
type pending struct {
	mu   sync.Mutex
	list []PendingTerminal
}

func (p *pending) note(serial string, addr netip.Addr, info string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.list, func(t PendingTerminal) bool { return t.Serial == serial })
	if i < 0 {
		if len(p.list) == maxPending {
			p.list = slices.Delete(p.list, p.oldest(), p.oldest()+1)
		}
		p.list = append(p.list, PendingTerminal{Serial: serial, First: now})
		i = len(p.list) - 1
	}
	t := &p.list[i]
	t.Addr, t.Last, t.Count = addr, now, t.Count+1
	if info != "" {
		t.Info = info
	}
}

func (p *pending) oldest() int {
	at := 0
	for i := range p.list {
		if p.list[i].Last.Before(p.list[at].Last) {
			at = i
		}
	}
	return at
}

func (p *pending) forget(serial string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = slices.DeleteFunc(p.list, func(t PendingTerminal) bool { return t.Serial == serial })
}

// Pending gives the terminals waiting for approval, by serial.
func (s *Server) Pending() []PendingTerminal {
	s.pending.mu.Lock()
	defer s.pending.mu.Unlock()
	out := slices.Clone(s.pending.list)
	slices.SortFunc(out, func(a, b PendingTerminal) int { return strings.Compare(a.Serial, b.Serial) })
	return out
}
