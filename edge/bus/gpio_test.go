package bus

import (
	"errors"
	"strings"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/host/v3"

	"hallpulse/edge/driver"
)

// closer is a pin whose line can be given back to other programs.
type closer struct {
	*gpiotest.Pin
	closed chan struct{}
}

func (c *closer) Close() { close(c.closed) }

// register puts a line into the machine.
func register(t *testing.T, name string) *closer {
	t.Helper()
	p := &closer{&gpiotest.Pin{N: name, Num: 900, EdgesChan: make(chan gpio.Level, 1)}, make(chan struct{})}
	if err := gpioreg.Register(p); err != nil {
		t.Fatal(err)
	}
	if err := gpioreg.RegisterAlias("alias-of-"+name, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = gpioreg.Unregister("alias-of-"+name), gpioreg.Unregister(name) })
	return p
}

func TestNoGPIO(t *testing.T) {
	if _, err := host.Init(); err != nil || len(gpioreg.All()) > 0 {
		t.Skipf("this machine has lines (%v)", err)
	}
	_, err := NewGPIO().Pin("GPIO17")
	if !errors.Is(err, driver.ErrPermanent) || !strings.Contains(err.Error(), "no GPIO") || !strings.Contains(err.Error(), "GPIO17") {
		t.Errorf("got %v", err)
	}
}

func TestPinHasOneOwner(t *testing.T) {
	inner := register(t, "TEST1")
	g := NewGPIO()
	p, err := g.Pin("TEST1")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"TEST1", "alias-of-TEST1"} {
		if _, err := g.Pin(name); !errors.Is(err, ErrInUse) {
			t.Errorf("second owner by %s: %v", name, err)
		}
	}
	for range 2 {
		if err := p.Halt(); err != nil {
			t.Fatal(err)
		}
	}
	<-inner.closed
	if p, err = g.Pin("alias-of-TEST1"); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.(*line).PinIn.(*closer); !ok {
		t.Errorf("an alias hides the line: %T", p.(*line).PinIn)
	}
}

func TestNoSuchPin(t *testing.T) {
	register(t, "TEST2")
	_, err := NewGPIO().Pin("TEST99")
	if !errors.Is(err, driver.ErrPermanent) || !strings.Contains(err.Error(), "TEST2") {
		t.Errorf("got %v", err)
	}
}

func TestWaitForEdge(t *testing.T) {
	inner := register(t, "TEST3")
	p, err := NewGPIO().Pin("TEST3")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.In(gpio.PullUp, gpio.BothEdges); err != nil {
		t.Fatal(err)
	}
	if p.WaitForEdge(0) || p.WaitForEdge(time.Millisecond) {
		t.Error("an edge out of nothing")
	}
	inner.EdgesChan <- gpio.Low
	if !p.WaitForEdge(time.Minute) || p.Read() != gpio.Low {
		t.Error("an edge was missed")
	}
	inner.EdgesChan <- gpio.High
	if !p.WaitForEdge(-1) || p.Read() != gpio.High {
		t.Error("an edge was missed")
	}
	done := make(chan bool, 1)
	go func() { done <- p.WaitForEdge(-1) }()
	if err := p.Halt(); err != nil {
		t.Fatal(err)
	}
	select {
	case edge := <-done:
		if edge {
			t.Error("an edge out of nothing")
		}
	case <-time.After(5 * time.Second):
		t.Error("Halt does not end a wait")
	}
}
