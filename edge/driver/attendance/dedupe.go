package attendance

import (
	"hash/maphash"
	"strconv"
	"sync"

	"hallpulse/hall"
)

// Key is a punch's natural key: a terminal that sends a punch again sends the same key.
type Key struct {
	Serial, PIN, Time string
	Status, Verify    int
}

// KeyOf gives the key of p.
func KeyOf(p *hall.Punch) Key {
	return Key{Serial: p.Serial, PIN: string(p.PIN), Time: p.DeviceTime, Status: p.Status, Verify: p.Verify}
}

// memory remembers the newest journalled punches by 128 bits of a keyed hash, so that a long history stays small.
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

func (m *memory) print(k Key) print {
	text := k.Serial + "\x00" + k.PIN + "\x00" + k.Time + "\x00" + strconv.Itoa(k.Status) + "\x00" + strconv.Itoa(k.Verify)
	return print{maphash.String(m.seed[0], text), maphash.String(m.seed[1], text)}
}

// has tells whether k was added and not yet forgotten.
func (m *memory) has(k Key) bool {
	p := m.print(k)
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.set[p]
	return ok
}

// add remembers k and forgets the oldest key when there are too many.
func (m *memory) add(k Key) {
	p := m.print(k)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.set[p]; ok {
		return
	}
	m.set[p] = struct{}{}
	if len(m.ring) < maxKeys {
		m.ring = append(m.ring, p)
		return
	}
	delete(m.set, m.ring[m.next])
	m.ring[m.next] = p
	m.next = (m.next + 1) % maxKeys
}
