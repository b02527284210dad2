package bus

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"
	"periph.io/x/conn/v3/spi/spitest"

	"hallpulse/edge/driver"
)

// registerSPI puts a port into the machine; fail makes opening it fail.
func registerSPI(t *testing.T, name string, fail error) *spitest.Record {
	t.Helper()
	r := &spitest.Record{}
	if err := spireg.Register(name, []string{"alias-" + name}, -1, func() (spi.PortCloser, error) {
		if fail != nil {
			return nil, fail
		}
		r.Initialized = false
		return r, nil
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = spireg.Unregister(name) })
	return r
}

func TestSPIHasOneOwner(t *testing.T) {
	inner := registerSPI(t, "test-0.0", nil)
	ports := NewSPI()
	p, err := ports.Port("test-0.0").OpenSPI()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"test-0.0", "alias-test-0.0"} {
		if _, err := ports.Port(name).OpenSPI(); !errors.Is(err, ErrInUse) {
			t.Errorf("second owner by %s: %v", name, err)
		}
	}
	c, err := p.Connect(physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Tx([]byte{0x0C, 1}, nil); err != nil || len(inner.Ops) != 1 {
		t.Errorf("%v, %d sent", err, len(inner.Ops))
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if p, err = ports.Port("").OpenSPI(); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSPIErrorsNameTheMend(t *testing.T) {
	if len(spireg.All()) == 0 {
		if _, err := NewSPI().Port("").OpenSPI(); !errors.Is(err, driver.ErrPermanent) || !strings.Contains(err.Error(), "enabled") {
			t.Errorf("no port: %v", err)
		}
	}
	registerSPI(t, "test-1.0", errors.New("sysfs-spi: open /dev/spidev1.0: permission denied"))
	for name, want := range map[string]struct {
		is   error
		text string
	}{"SPI9.9": {driver.ErrPermanent, "test-1.0"}, "test-1.0": {fs.ErrPermission, "group spi"}} {
		_, err := NewSPI().Port(name).OpenSPI()
		if !errors.Is(err, want.is) || !strings.Contains(err.Error(), want.text) || !strings.HasPrefix(err.Error(), "bus: SPI port "+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
