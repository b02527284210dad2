// Package thermal is a simulated AMG8833 on the ceiling, by its registers: people are warm spots that walk. Attach it to a bus of
// package i2c.
package thermal

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"hallpulse/hall"
)

// Faults of a sensor; the zero value is one that works.
type Faults struct {
	NACK   bool
	Freeze bool    // the same picture for ever
	Wild   bool    // impossible temperatures
	Ones   bool    // its data wire is off: everything reads as ones
	Room   float64 // °C; 0: 22
}

// Person is somebody below the sensor, in pixels from the upper left corner.
type Person struct{ X, Y float64 }

// Chip is the sensor.
type Chip struct {
	mu     sync.Mutex
	rnd    *rand.Rand
	people map[int]Person
	next   int
	faults Faults
	last   []byte
	set    map[byte]byte
}

// New gives a sensor over an empty floor.
func New(seed uint64) *Chip {
	return &Chip{rnd: rand.New(rand.NewPCG(seed, 2)), people: map[int]Person{}, set: map[byte]byte{}}
}

// SetFaults says what is wrong with it.
func (c *Chip) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Stand puts somebody there and gives how to take them away.
func (c *Chip) Stand(p Person) (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next++
	c.people[id] = p
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.people, id)
	}
}

// Passage lets somebody walk across, in steps that the sensor sees one picture of each. In is downwards.
func (c *Chip) Passage(ctx context.Context, d hall.Direction, x float64, step time.Duration) error {
	for i := range 18 {
		y := float64(i)/2 - 0.5
		if d == hall.Out {
			y = 7 - y
		}
		leave := c.Stand(Person{x, y})
		t := time.NewTimer(step)
		select {
		case <-ctx.Done():
			t.Stop()
			leave()
			return ctx.Err()
		case <-t.C:
			leave()
		}
	}
	return nil
}

var errNACK = errors.New("i2c: no acknowledge")

// Tx takes a transaction.
func (c *Chip) Tx(w, r []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults.NACK || len(w) == 0 {
		return errNACK
	}
	if len(w) == 2 {
		c.set[w[0]] = w[1]
	}
	if len(r) == 0 {
		return nil
	}
	if w[0] == 0x80 {
		copy(r, c.picture())
		return nil
	}
	for i := range r {
		r[i] = c.set[w[0]+byte(i)]
	}
	return nil
}

// picture gives the pixel registers; the caller holds the lock.
func (c *Chip) picture() []byte {
	if c.faults.Freeze && c.last != nil {
		return c.last
	}
	room := c.faults.Room
	if room == 0 {
		room = 22
	}
	out := make([]byte, 128)
	for i := range 64 {
		t := room + c.rnd.NormFloat64()*0.15
		for _, p := range c.people {
			d := math.Hypot(float64(i%8)-p.X, float64(i/8)-p.Y)
			t += 6 * math.Exp(-d*d/1.6)
		}
		v := int(math.Round(t / 0.25))
		if c.faults.Wild {
			v = 0x7FF
		}
		if c.faults.Ones {
			binary.LittleEndian.PutUint16(out[2*i:], 0xFFFF)
			continue
		}
		binary.LittleEndian.PutUint16(out[2*i:], uint16(v)&0x0FFF)
	}
	c.last = out
	return out
}
