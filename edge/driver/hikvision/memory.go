package hikvision

import (
	"hash/maphash"
	"strconv"
	"sync"
	"time"

	"hallpulse/hall"
)

// memory remembers the newest journalled punches of all terminals by 128 bits of a keyed hash of the terminal, the person and
// the second: whichever way the event came, with which number (numbers begin anew when a log is cleared), state or spelling of
// its time, it is the same punch.
type memory struct {
	seed [2]maphash.Seed
	mu   sync.Mutex
	set  map[print]struct{}
	ring []print
	next int
}

type print [2]uint64

func newMemory() *memory {
	return &memory{seed: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, set: map[print]struct{}{}}
}

func (m *memory) print(p *hall.Punch) print {
	text := p.Serial + "\x00" + strconv.FormatInt(p.At.Unix(), 10) + "\x00" + string(p.PIN)
	return print{maphash.String(m.seed[0], text), maphash.String(m.seed[1], text)}
}

// has tells whether the punch was added and not yet forgotten.
func (m *memory) has(p *hall.Punch) bool {
	k := m.print(p)
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.set[k]
	return ok
}

// add remembers a punch and forgets the oldest one when there are too many.
func (m *memory) add(p *hall.Punch) {
	k := m.print(p)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.set[k]; ok {
		return
	}
	m.set[k] = struct{}{}
	if len(m.ring) < maxKeys {
		m.ring = append(m.ring, k)
		return
	}
	delete(m.set, m.ring[m.next])
	m.ring[m.next] = k
	m.next = (m.next + 1) % maxKeys
}

// past is what the journal says of the devices: punches are known again after a restart, searches begin where the journal
// ends, and counters go on where they were.
type past struct {
	mu     sync.Mutex
	newest map[string]time.Time // of a terminal's punches, by serial number
	totals map[hall.DeviceID]map[place]total
}

// punched notes the time of a punch that is in the journal.
func (p *past) punched(serial string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.newest == nil {
		p.newest = map[string]time.Time{}
	}
	if at.After(p.newest[serial]) {
		p.newest[serial] = at
	}
}

// since gives the time of a terminal's newest punch in the journal; zero: there is none.
func (p *past) since(serial string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.newest[serial]
}

// counted notes a passage that is in the journal.
func (p *past) counted(id hall.DeviceID, raw []byte) {
	at, t, ok := parseCount(raw)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.totals == nil {
		p.totals = map[hall.DeviceID]map[place]total{}
	}
	if p.totals[id] == nil {
		p.totals[id] = map[place]total{}
	}
	if _, known := p.totals[id][at]; known || len(p.totals[id]) < maxTotals {
		p.totals[id][at] = t
	}
}

// take gives where a counter was when the journal ended, once.
func (p *past) take(id hall.DeviceID) map[place]total {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.totals[id]
	delete(p.totals, id)
	return t
}
