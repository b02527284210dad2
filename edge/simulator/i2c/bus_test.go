package i2c

import (
	"errors"
	"sync"
	"testing"
)

// counter answers each question with the next number.
type counter struct {
	mu sync.Mutex
	n  byte
}

// Tx counts.
func (c *counter) Tx(_, r []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range r {
		c.n++
		r[i] = c.n
	}
	return nil
}

// constant answers the same for ever.
type constant byte

// Tx answers.
func (c constant) Tx(_, r []byte) error {
	for i := range r {
		r[i] = byte(c)
	}
	return nil
}

func TestOneOwnerAnAddress(t *testing.T) {
	b := &Bus{}
	b.Attach(0x29, &counter{})
	h, err := b.Opener(0x29).OpenI2C()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Opener(0x29).OpenI2C(); !errors.Is(err, ErrInUse) {
		t.Errorf("a second owner: %v", err)
	}
	if err := h.Tx(0x30, nil, nil); err == nil {
		t.Error("another device's address was taken")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Error("closed twice:", err)
	}
	other, err := b.Opener(0x29).OpenI2C()
	if err != nil {
		t.Fatal("the address is not free again:", err)
	}
	if err := h.Close(); err != nil { // the old owner has nothing to give back any more
		t.Error(err)
	}
	if _, err := b.Opener(0x29).OpenI2C(); !errors.Is(err, ErrInUse) {
		t.Errorf("the old owner gave the new one's address away: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}

func TestFaultsOfABus(t *testing.T) {
	b := &Bus{}
	h, err := b.Opener(0x29).OpenI2C()
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (byte, error) {
		r := make([]byte, 1)
		err := h.Tx(0x29, []byte{1}, r)
		return r[0], err
	}
	if _, err := ask(); !errors.Is(err, ErrNACK) {
		t.Errorf("nobody answers: %v", err)
	}
	b.Attach(0x29, &counter{})
	for n, c := range []struct {
		faults Faults
		want   []byte
	}{
		{Faults{}, []byte{1, 2}}, {Faults{Frozen: true}, []byte{3, 3, 3}}, {Faults{Garble: true}, []byte{6 ^ 1, 7 ^ 1}},
		{Faults{Twin: constant(0xF8)}, []byte{8, 8}}, {Faults{}, []byte{10}},
	} {
		b.SetFaults(0x29, c.faults)
		for _, want := range c.want {
			if got, err := ask(); err != nil || got != want {
				t.Errorf("case %d: %d, %v; want %d", n, got, err, want)
			}
		}
	}
	b.SetFaults(0x29, Faults{NACK: true})
	if _, err := ask(); !errors.Is(err, ErrNACK) {
		t.Errorf("%v", err)
	}
	b.SetFaults(0x29, Faults{})
	b.Stick(true)
	if _, err := ask(); !errors.Is(err, ErrStuck) {
		t.Errorf("%v", err)
	}
	b.Stick(false)
	if _, err := ask(); err != nil {
		t.Error(err)
	}
}

func TestBusIsSafe(t *testing.T) {
	b := &Bus{}
	var wg sync.WaitGroup
	for addr := range uint16(4) {
		b.Attach(addr, &counter{})
		h, err := b.Opener(addr).OpenI2C()
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for i := range 200 {
				b.SetFaults(addr, Faults{Frozen: i%2 == 0})
				if err := h.Tx(addr, []byte{1}, make([]byte, 2)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
