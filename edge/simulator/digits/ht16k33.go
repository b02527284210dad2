package digits

// HT16K33 is a chip on an I2C bus. It is safe for concurrent use.
type HT16K33 struct {
	screen
	columns    []int
	oscillator bool
	on         bool
	ram        [16]byte
}

// NewHT16K33 gives a display after power-on: its oscillator is off. Columns are the chip's from left to right; nil: 0, 1, 3, 4.
func NewHT16K33(columns []int) *HT16K33 {
	if columns == nil {
		columns = []int{0, 1, 3, 4}
	}
	d := &HT16K33{columns: columns}
	d.look()
	return d
}

// Reset takes the display's power for a moment: dark, but it acknowledges.
func (d *HT16K33) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.oscillator, d.on, d.ram = false, false, [16]byte{}
	d.look()
}

// look reads the digits; the caller holds the lock.
func (d *HT16K33) look() {
	lit := make([]byte, 8)
	for i := range lit {
		if d.oscillator && d.on {
			lit[i] = d.ram[2*i]
		}
	}
	d.show(readAll(lit, d.columns))
}

// Tx is a transaction of the bus with this chip. Memory can be read back; keys are not simulated.
func (d *HT16K33) Tx(w, r []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults.Away {
		return ErrAway
	}
	if len(w) > 0 {
		switch c := w[0]; c & 0xF0 {
		case 0x00:
			for i, b := range w[1:] {
				d.ram[(int(c&0x0F)+i)%len(d.ram)] = b
			}
		case 0x20:
			d.oscillator = c&1 != 0
		case 0x80:
			d.on = c&1 != 0
		}
		d.look()
	}
	for i := range r {
		r[i] = d.ram[i%len(d.ram)]
	}
	return nil
}
