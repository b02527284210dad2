package air

import "encoding/binary"

// BME280 measures temperature, pressure and humidity; a BMP280 has no humidity.
type BME280 struct {
	chip
	id      byte
	reg     [256]byte
	pointer byte
}

// NewBME280 gives a BME280 after power-on.
func NewBME280(a Air) *BME280 { return newBosch(a, 0x60) }

// NewBMP280 gives a BMP280 after power-on.
func NewBMP280(a Air) *BME280 { return newBosch(a, 0x58) }

func newBosch(a Air, id byte) *BME280 {
	b := &BME280{chip: newChip(a), id: id}
	b.Reset()
	return b
}

// Reset takes the sensor's power for a moment: it sleeps, and has nothing measured.
func (b *BME280) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reg = [256]byte{}
	b.reg[0xD0] = b.id
	for i, w := range []int{calT1, calT2, calT3, calP1, calP2, calP3, calP4, calP5, calP6, calP7, calP8, calP9} {
		binary.LittleEndian.PutUint16(b.reg[0x88+2*i:], uint16(w))
	}
	if b.id == 0x60 {
		b.reg[0xA1] = calH1
		binary.LittleEndian.PutUint16(b.reg[0xE1:], calH2)
		copy(b.reg[0xE3:], []byte{calH3, calH4 >> 4, calH4&0x0F | calH5&0x0F<<4, calH5 >> 4, calH6})
	}
	b.store(0x80000, 0x80000, 0x8000)
}

// store writes the registers of a measurement; the caller holds the lock.
func (b *BME280) store(p, t uint32, h uint16) {
	copy(b.reg[0xF7:], []byte{byte(p >> 12), byte(p >> 4), byte(p << 4), byte(t >> 12), byte(t >> 4), byte(t << 4), byte(h >> 8), byte(h)})
}

// Tx is a transaction of the bus with this chip: pairs of register and value are written; one byte sets where reading begins.
func (b *BME280) Tx(w, r []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults.Away {
		return ErrNACK
	}
	b.reg[0xD0] = b.id
	if b.faults.WrongID {
		b.reg[0xD0] = 0x55 // a BMP180
	}
	switch {
	case len(w) == 1:
		b.pointer = w[0]
	case len(w) > 1:
		for i := 0; i+1 < len(w); i += 2 {
			b.write(w[i], w[i+1])
		}
	}
	if len(r) > 0 {
		out := make([]byte, len(r))
		for i := range out {
			out[i] = b.reg[b.pointer]
			b.pointer++
		}
		b.give(r, out)
	}
	return nil
}

// write obeys; the caller holds the lock. A measurement is there at once unless it hangs.
func (b *BME280) write(register, v byte) {
	if register != 0xF2 && register != 0xF4 && register != 0xF5 {
		return
	}
	b.reg[register] = v
	b.reg[0xF3] = 0
	if register != 0xF4 || v&3 == 0 {
		return
	}
	if b.faults.Hang {
		b.reg[0xF3] = 0x08
		return
	}
	n := b.measure()
	t, fine := rawTemperature(b.air.Temperature)
	p, h := rawPressure(b.air.Pressure, fine), rawHumidity(b.air.Humidity, fine)
	t, p, h = uint32(int(t)+n), uint32(int(p)-n), uint16(int(h)+n)
	if b.reg[0xF2]&7 == 0 || b.id != 0x60 {
		h = 0x8000 // not switched on
	}
	b.store(p, t, h)
	b.reg[0xF4] &^= 3
}
