package bus

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/warthog618/go-gpiocdev"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/host/v3/gpioioctl"

	"hallpulse/edge/driver"
)

func TestOutHasOneOwner(t *testing.T) {
	inner := register(t, "TEST4")
	g := NewGPIO()
	p, err := g.Out("TEST4")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Pin("alias-of-TEST4"); !errors.Is(err, ErrInUse) {
		t.Errorf("second owner: %v", err)
	}
	for _, level := range []gpio.Level{gpio.High, gpio.Low, gpio.High} {
		if err := p.Out(level); err != nil || p.Read() != level || inner.L != level {
			t.Errorf("driven %s: %v, read %s, is %s", level, err, p.Read(), inner.L)
		}
	}
	for range 2 {
		if err := p.Halt(); err != nil {
			t.Fatal(err)
		}
	}
	<-inner.closed
	if err := p.Out(gpio.Low); !errors.Is(err, os.ErrClosed) || inner.L != gpio.High || p.Read() != gpio.Low {
		t.Errorf("driven after it was given back: %v, is %s", err, inner.L)
	}
	if _, err := g.Pin("TEST4"); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Out("TEST98"); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("no such line: %v", err)
	}
}

// kernel is a line of a chip: what drives it, and what is on it.
type kernel struct {
	did    []string
	level  int
	fail   error
	closed int
}

func (k *kernel) Value() (int, error) { return k.level, k.fail }
func (k *kernel) SetValue(v int) error {
	k.did = append(k.did, fmt.Sprint("set ", v))
	k.level = v
	return k.fail
}

func (k *kernel) Reconfigure(o ...gpiocdev.LineConfigOption) error {
	for _, option := range o {
		k.did = append(k.did, fmt.Sprintf("%T %v", option, option))
		if v, ok := option.(gpiocdev.OutputOption); ok {
			k.level = v[0]
		}
	}
	return k.fail
}
func (k *kernel) Close() error { k.closed++; return nil }

// Reading a driven line must not change its direction.
func TestChipLine(t *testing.T) {
	k := &kernel{level: 1}
	l := &outLine{PinIO: &chipLine{name: "GPIO5", number: 5, req: k}, release: func() {}}
	if l.Read() != gpio.High || len(k.did) != 0 {
		t.Errorf("reading as it was: %v", k.did)
	}
	for _, level := range []gpio.Level{gpio.High, gpio.Low} {
		if err := l.Out(level); err != nil || l.Read() != level {
			t.Errorf("driven %s: %v, read %s", level, err, l.Read())
		}
	}
	if err := l.In(gpio.PullUp, gpio.NoEdge); err != nil {
		t.Error(err)
	}
	if err := l.Out(gpio.High); err != nil {
		t.Error(err)
	}
	want := "[gpiocdev.OutputOption [1] gpiocdev.LineBias 0 set 0 gpiocdev.InputOption 0 gpiocdev.LineBias 2 gpiocdev.OutputOption [1] gpiocdev.LineBias 0]"
	if got := fmt.Sprint(k.did); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := l.In(gpio.PullUp, gpio.BothEdges); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("edges of a driven line: %v", err)
	}
	k.fail = errors.New("chip is gone")
	if l.Read() != gpio.Low || !errors.Is(l.Err(), k.fail) || !errors.Is(l.Out(gpio.Low), k.fail) {
		t.Errorf("a line that is gone reads without an error: %v", l.Err())
	}
	if err := l.Halt(); err != nil || k.closed != 1 {
		t.Errorf("halt: %v, closed %d times", err, k.closed)
	}
}

func TestLinesOfTheKernel(t *testing.T) {
	if _, err := drivable(&gpioioctl.GPIOLine{}); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("a line without a chip: %v", err)
	}
	if err := explainLine(syscall.EBUSY); !errors.Is(err, ErrInUse) || !errors.Is(err, syscall.EBUSY) {
		t.Error(err)
	}
	if err := explainLine(syscall.EACCES); !errors.Is(err, syscall.EACCES) {
		t.Error(err)
	}
}
