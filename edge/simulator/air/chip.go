// Package air is simulated sensors of air on an I2C bus: SCD4x, SHT3x, SHT4x, BME280 and BMP280, by their data sheets. They share
// nothing with the drivers. Each is a chip of edge/simulator/i2c.
package air

import (
	"errors"
	"sync"
	"time"
)

// ErrNACK says that the chip does not acknowledge.
var ErrNACK = errors.New("air: not acknowledged")

// Air is what there is to measure.
type Air struct {
	CO2         float64 // ppm
	Temperature float64 // °C
	Humidity    float64 // percent
	Pressure    float64 // Pa
}

// Hall is the air of a hall on a morning.
func Hall() Air { return Air{CO2: 620, Temperature: 21.5, Humidity: 45, Pressure: 100_600} }

// Faults are what a sensor may do wrong.
type Faults struct {
	Away    bool // not acknowledged
	Damaged int  // so many next answers have a wrong checksum; a BME280 has none
	Frozen  bool // the same words for ever
	Low     bool // the bus is stuck low: every byte read is zero
	WrongID bool // another chip answers at the address
	Hang    bool // a BME280 whose measurement does not end; an SCD4x without a measurement
}

// chip is what every sensor has.
type chip struct {
	mu     sync.Mutex
	air    Air
	faults Faults
	count  int // measurements; it makes the last bits move, as in real air
	now    func() time.Time
}

func newChip(a Air) chip { return chip{air: a, now: time.Now} }

// SetAir changes what there is to measure.
func (c *chip) SetAir(a Air) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.air = a
}

// SetFaults changes what the sensor does wrong.
func (c *chip) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Measured counts the measurements.
func (c *chip) Measured() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// measure counts one measurement and gives the offset of its last bits; the caller holds the lock.
func (c *chip) measure() int {
	if !c.faults.Frozen {
		c.count++
	}
	return c.count%5 - 2
}

// word is 16 bits of an answer of a Sensirion chip.
func word(share float64, noise int) uint16 {
	return uint16(min(max(int(share*65535+0.5)+noise, 0), 65535))
}

// answer spells words with their checksums; the caller holds the lock.
func (c *chip) answer(list ...uint16) []byte {
	var out []byte
	for _, w := range list {
		p := []byte{byte(w >> 8), byte(w)}
		out = append(out, p[0], p[1], sum(p))
	}
	if c.faults.Damaged > 0 {
		c.faults.Damaged--
		out[len(out)-1] ^= 0x55
	}
	return out
}

// sum is Sensirion's checksum, bit by bit: x^8+x^5+x^4+1, start 0xFF.
func sum(p []byte) (crc byte) {
	crc = 0xFF
	for _, b := range p {
		for bit := 7; bit >= 0; bit-- {
			top := crc>>7 ^ b>>bit&1
			crc <<= 1
			if top != 0 {
				crc ^= 0x31
			}
		}
	}
	return crc
}

// give copies an answer; zeros on a bus that is stuck.
func (c *chip) give(r, answer []byte) {
	n := copy(r, answer)
	for i := range r {
		if i >= n {
			r[i] = 0xFF // nobody drives the line
		}
		if c.faults.Low {
			r[i] = 0
		}
	}
}
