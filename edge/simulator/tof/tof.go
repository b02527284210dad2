// Package tof is a simulated VL53L1X above a door, by its registers. Attach it to a bus of package i2c.
package tof

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"hallpulse/hall"
)

// Height of the sensor above the floor, and of people's heads below it, in millimetres.
const (
	Height = 2300
	Head   = 650
)

// Faults of a sensor; the zero value is one that works.
type Faults struct {
	NACK    bool // answers nothing
	Blind   bool // sunlight: no measurement has a result
	Covered bool // a lid is on it
	Frozen  bool // the same measurement for ever
	Wild    bool // distances that no room has
	WrongID bool // another chip
	Stopped bool // measures no more
	Asleep  bool // does not start
}

// Chip is the sensor.
type Chip struct {
	Period time.Duration // between two measurements

	mu      sync.Mutex
	regs    map[uint16]byte
	faults  Faults
	under   [2]bool // somebody is under the first, the second half
	cleared time.Time
	looking byte // centre that the running measurement sees
	running bool
	count   uint16 // measurements, for what trembles
}

// New gives a sensor over an empty floor. period 0: 24 ms.
func New(period time.Duration) *Chip {
	if period <= 0 {
		period = 24 * time.Millisecond
	}
	c := &Chip{Period: period}
	c.Reset()
	return c
}

// Reset is a loss of power: the settings are gone.
func (c *Chip) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.regs = map[uint16]byte{0x00E5: 1, 0x010F: 0xEA, 0x0110: 0xCC, 0x0030: 0x11, 0x00DE: 0x02, 0x00DF: 0x40}
	c.running = false
}

// Start lets it measure with the settings that it has now, as no chip does by itself.
func (c *Chip) Start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(0x0087, 0x40)
}

// SetFaults says what is wrong with it.
func (c *Chip) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Stand says who is under which half.
func (c *Chip) Stand(firstHalf, secondHalf bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.under = [2]bool{firstHalf, secondHalf}
}

// Passage lets one person go through; step is how long they are under each part.
func (c *Chip) Passage(ctx context.Context, d hall.Direction, step time.Duration) error {
	list := [][2]bool{{true, false}, {true, true}, {false, true}, {false, false}}
	if d == hall.Out {
		list[0], list[2] = list[2], list[0]
	}
	for _, at := range list {
		c.Stand(at[0], at[1])
		t := time.NewTimer(step)
		select {
		case <-ctx.Done():
			t.Stop()
			c.Stand(false, false)
			return ctx.Err()
		case <-t.C:
		}
	}
	return nil
}

// errNACK is what the bus reports of a chip that does not answer.
var errNACK = errors.New("i2c: no acknowledge")

// Tx takes a transaction.
func (c *Chip) Tx(w, r []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults.NACK || len(w) < 2 {
		return errNACK
	}
	reg := binary.BigEndian.Uint16(w)
	for i, b := range w[2:] {
		c.set(reg+uint16(i), b)
	}
	for i := range r {
		r[i] = c.get(reg + uint16(i))
	}
	return nil
}

func (c *Chip) set(reg uint16, b byte) {
	c.regs[reg] = b
	switch reg {
	case 0x0087:
		if b == 0x40 {
			c.running = true
			c.next()
		} else {
			c.running = false
		}
	case 0x0086:
		if b&1 == 1 {
			c.next()
		}
	}
}

// next begins a measurement: where it looks was set before; a turn from now on is seen by the one after.
func (c *Chip) next() {
	c.cleared = time.Now()
	c.looking = c.regs[0x007F]
	if !c.faults.Frozen {
		c.count++
	}
}

func (c *Chip) get(reg uint16) byte {
	distance, status := c.see()
	switch reg {
	case 0x0031:
		ready := c.running && !c.faults.Stopped && time.Since(c.cleared) >= c.Period
		if active := c.regs[0x0030]&0x10 == 0; ready == active {
			return 1
		}
		return 0
	case 0x0089:
		return status
	case 0x0096:
		return byte(distance >> 8)
	case 0x0097:
		return byte(distance)
	case 0x0098:
		return byte(c.signal() >> 8)
	case 0x0099:
		return byte(c.signal())
	case 0x00E5:
		if c.faults.Asleep {
			return 0
		}
	case 0x0110:
		if c.faults.WrongID {
			return 0
		}
	}
	return c.regs[reg]
}

// see is what the running measurement finds.
func (c *Chip) see() (distance int, status byte) {
	half := 0
	if c.looking == 231 {
		half = 1
	}
	tremble := int(c.count*7%11) - 5
	switch {
	case c.faults.Blind:
		return 0, 4
	case c.faults.Wild:
		return 0xFFFF, 9
	case c.faults.Covered:
		return 40 + tremble, 9
	case c.under[half]:
		return Head + tremble, 9
	}
	return Height + tremble, 9
}

// signal is how much light comes back.
func (c *Chip) signal() uint16 { return 0x0400 + c.count*37%61 }
