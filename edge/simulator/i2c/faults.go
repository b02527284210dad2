package i2c

import "bytes"

// Faults of what answers at one address; the zero value is a chip that works. What only a chip itself can do wrong – a wrong
// id, values out of range, lost settings – is among the faults of that chip.
type Faults struct {
	NACK   bool // it does not answer
	Frozen bool // what it is asked it answers as it did before, for ever
	Garble bool // every answer has one wrong bit: a checksum finds it
	Twin   Chip // a second chip at the same address: both hear everything, and where they answer a 0 wins over a 1
}

// SetFaults says what is wrong at an address.
func (b *Bus) SetFaults(addr uint16, f Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults == nil {
		b.faults = map[uint16]*faulty{}
	}
	b.faults[addr] = &faulty{Faults: f, before: map[string][]byte{}}
}

// most is how many different questions a frozen chip remembers.
const most = 256

// faulty is an address with something wrong; the lock of the wires guards before.
type faulty struct {
	Faults
	before map[string][]byte
}

// tx is a transaction of the chip at the address, or of both.
func (f *faulty) tx(c Chip, w, r []byte) error {
	if f.NACK {
		return ErrNACK
	}
	if err := c.Tx(w, r); err != nil {
		return err
	}
	if f.Twin != nil {
		other := make([]byte, len(r))
		if err := f.Twin.Tx(w, other); err == nil {
			for i := range r {
				r[i] &= other[i]
			}
		}
	}
	if f.Frozen && len(r) > 0 {
		key := string(w)
		if old := f.before[key]; len(old) == len(r) {
			copy(r, old)
		} else if len(f.before) < most {
			f.before[key] = bytes.Clone(r)
		}
	}
	if f.Garble && len(r) > 0 {
		r[len(r)-1] ^= 1
	}
	return nil
}
