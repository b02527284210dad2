package bus

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2creg"
	"periph.io/x/conn/v3/i2c/i2ctest"
	"periph.io/x/conn/v3/physic"

	"hallpulse/edge/driver"
)

// wires is a bus that echoes and may hang.
type wires struct {
	i2ctest.Record
	mu     sync.Mutex
	open   int
	most   int // transactions at once
	now    int
	hang   chan struct{} // nil: does not
	closed chan struct{}
}

func (b *wires) Tx(addr uint16, w, r []byte) error {
	b.mu.Lock()
	b.now++
	b.most = max(b.most, b.now)
	hang := b.hang
	b.mu.Unlock()
	if hang != nil {
		<-hang
	}
	copy(r, w)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now--
	return nil
}

func (b *wires) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open--
	b.closed <- struct{}{}
	return nil
}

func (b *wires) opened() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// registerI2C puts a bus into the machine; fail makes opening it fail.
func registerI2C(t *testing.T, name string, number int, fail error) *wires {
	t.Helper()
	b := &wires{closed: make(chan struct{}, 9)}
	err := i2creg.Register(name, []string{"alias-" + name}, number, func() (i2c.BusCloser, error) {
		if fail != nil {
			return nil, fail
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.open++
		return b, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i2creg.Unregister(name) })
	return b
}

func take(t *testing.T, buses *I2C, bus string, addr uint16) i2c.BusCloser {
	t.Helper()
	h, err := buses.Device(bus, addr).OpenI2C()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func TestI2CIsSharedByAddress(t *testing.T) {
	inner := registerI2C(t, "test-1", 71, nil)
	buses := NewI2C()
	a, b := take(t, buses, "71", 0x62), take(t, buses, "alias-test-1", 0x44)
	if inner.opened() != 1 {
		t.Errorf("the bus is open %d times", inner.opened())
	}
	for _, name := range []string{"71", "test-1", "alias-test-1"} {
		if _, err := buses.Device(name, 0x62).OpenI2C(); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "0x62") {
			t.Errorf("second owner by %s: %v", name, err)
		}
	}
	var wg sync.WaitGroup
	for _, h := range []struct {
		i2c.BusCloser
		addr uint16
	}{{a, 0x62}, {b, 0x44}} {
		wg.Go(func() {
			for i := range 50 {
				r := make([]byte, 1)
				if err := h.Tx(h.addr, []byte{byte(i)}, r); err != nil || r[0] != byte(i) {
					t.Errorf("%d: got %d, %v", i, r[0], err)
				}
			}
		})
	}
	wg.Wait()
	if inner.most != 1 {
		t.Errorf("%d transactions at once", inner.most)
	}
	if err := a.Tx(0x44, []byte{1}, nil); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("another's address: %v", err)
	}
	if err := a.Tx(0x62, make([]byte, maxI2Tx+1), nil); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("too much: %v", err)
	}
	if err := a.SetSpeed(physic.MegaHertz); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("speed: %v", err)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Tx(0x62, []byte{1}, nil); !errors.Is(err, os.ErrClosed) || inner.opened() != 1 {
		t.Errorf("after the close: %v, open %d", err, inner.opened())
	}
	if err := b.Close(); err != nil || inner.opened() != 0 {
		t.Errorf("the last one closed: %v, open %d", err, inner.opened())
	}
	take(t, buses, "71", 0x62)
}

// A bus that hangs holds its drivers for txTime; it comes back when its transaction ends.
func TestI2CHangs(t *testing.T) {
	inner := registerI2C(t, "test-2", 72, nil)
	buses := NewI2C()
	h := take(t, buses, "72", 0x29)
	hang := make(chan struct{})
	inner.mu.Lock()
	inner.hang = hang
	inner.mu.Unlock()
	r := []byte{7}
	for range 2 { // the first waits for its end, the second for the bus
		if err := h.Tx(0x29, []byte{1}, r); !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "test-2(0x29)") {
			t.Errorf("got %v", err)
		}
	}
	if err := h.Close(); err != nil || inner.opened() != 1 {
		t.Errorf("close below a transaction: %v, open %d", err, inner.opened())
	}
	inner.mu.Lock()
	inner.hang = nil
	inner.mu.Unlock()
	close(hang)
	h = take(t, buses, "72", 0x29)
	if err := h.Tx(0x29, []byte{1}, nil); err != nil || r[0] != 7 {
		t.Errorf("after the end: %v; read late: %d", err, r[0])
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-inner.closed:
	case <-time.After(5 * time.Second):
		t.Error("the bus was not closed")
	}
}

func TestNobodyAnswers(t *testing.T) {
	nack := errors.New("sysfs-i2c: remote I/O error")
	if err := explainTx(nack); !errors.Is(err, nack) || !strings.Contains(err.Error(), "i2cdetect") {
		t.Error(err)
	}
	if err := explainTx(nil); err != nil {
		t.Error(err)
	}
}

func TestI2CErrorsNameTheMend(t *testing.T) {
	if len(i2creg.All()) == 0 {
		if _, err := NewI2C().Device("", 0x62).OpenI2C(); !errors.Is(err, driver.ErrPermanent) || !strings.Contains(err.Error(), "enabled") {
			t.Errorf("no bus: %v", err)
		}
	}
	registerI2C(t, "test-3", 73, errors.New("sysfs-i2c: are you member of group 'plugdev'? open /dev/i2c-73: permission denied"))
	for _, c := range []struct {
		bus  string
		addr uint16
		is   error
		text string
	}{
		{"74", 0x62, driver.ErrPermanent, "test-3"},
		{"73", 0x62, fs.ErrPermission, "group i2c"},
		{"73", 0x07, driver.ErrPermanent, "0x08"},
		{"73", 0x78, driver.ErrPermanent, "0x77"},
	} {
		_, err := NewI2C().Device(c.bus, c.addr).OpenI2C()
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) || !strings.HasPrefix(err.Error(), "bus: I2C bus "+c.bus) {
			t.Errorf("%s %x: %v", c.bus, c.addr, err)
		}
	}
}
