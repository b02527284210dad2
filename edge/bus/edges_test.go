package bus

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/warthog618/go-gpiocdev/uapi"

	"hallpulse/edge/driver"
)

func TestEdgeRequest(t *testing.T) {
	for _, c := range []struct {
		o        driver.EdgeOptions
		flags    uapi.LineFlagV2
		buffer   uint32
		debounce uint32
	}{
		{driver.EdgeOptions{PullUp: true, Falling: true, Buffer: 256}, uapi.LineFlagV2EdgeFalling | uapi.LineFlagV2BiasPullUp, 256, 0},
		{driver.EdgeOptions{Rising: true}, uapi.LineFlagV2EdgeRising, edgesBuffer, 0},
		{driver.EdgeOptions{Rising: true, Falling: true, Debounce: 20 * time.Millisecond}, uapi.LineFlagV2EdgeBoth, edgesBuffer, 20_000},
	} {
		b := newBoard()
		c.o.Lines = []string{"D1", "1", "GPIO0"}
		e, err := (&Edges{owners: NewGPIO(), chips: b}).OpenEdges(c.o)
		if err != nil {
			t.Fatal(err)
		}
		r := b.asked
		if r.Config.Flags != c.flags|uapi.LineFlagV2Input || r.EventBufferSize != c.buffer || r.Lines != 3 ||
			!slices.Equal(r.Offsets[:4], []uint32{3, 1, 0, 0}) {
			t.Errorf("%+v: flags %#x, buffer %d, lines %v of %d", c.o, r.Config.Flags, r.EventBufferSize, r.Offsets[:4], r.Lines)
		}
		if cString(r.Consumer[:]) != consumer {
			t.Errorf("consumer %q", r.Consumer)
		}
		if a := r.Config.Attrs[0]; c.debounce > 0 != (r.Config.NumAttrs == 1) || c.debounce > 0 && (a.Attr.Value32() != c.debounce || a.Mask != 7) {
			t.Errorf("debounce %d: %d of %+v", c.debounce, r.Config.NumAttrs, a)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestEdgesRefuseWhatCannotBe(t *testing.T) {
	many := make([]string, edgeLines+1)
	for i, o := range []driver.EdgeOptions{
		both(), both(many...), {Lines: []string{"D0"}}, both("D9"), both("GPIO0", "0"), both("4"), both("-1"), both(""),
		{Lines: []string{"D0"}, Rising: true, Debounce: -1},
		{Lines: []string{"D0"}, Rising: true, Debounce: 2 * time.Hour},
		{Lines: []string{"D0"}, Rising: true, Buffer: edgesBuffer + 1},
		{Lines: []string{"D0"}, Rising: true, Buffer: -1},
	} {
		b := newBoard()
		_, err := (&Edges{owners: NewGPIO(), chips: b}).OpenEdges(o)
		if !errors.Is(err, driver.ErrPermanent) || b.requests > 0 || !strings.HasPrefix(err.Error(), "bus: ") {
			t.Errorf("%d: %d requests, %v", i, b.requests, err)
		}
	}
}

func TestEdgesHaveOneOwner(t *testing.T) {
	register(t, "D1")
	g, b := NewGPIO(), newBoard()
	x := &Edges{owners: g, chips: b}
	e, err := x.OpenEdges(both("D0", "D1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Pin("alias-of-D1"); !errors.Is(err, ErrInUse) {
		t.Errorf("a pin: %v", err)
	}
	if _, err := x.OpenEdges(both("GPIO0", "3")); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("other edges: %v", err)
	}
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	p, err := g.Pin("D1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.OpenEdges(both("GPIO0", "D1")); !errors.Is(err, ErrInUse) {
		t.Errorf("a line of a pin: %v", err)
	}
	if err := e.Close(); err != nil { // must not give back what is another's now
		t.Error(err)
	}
	if _, err := x.OpenEdges(both("D1")); !errors.Is(err, ErrInUse) {
		t.Errorf("after a late Close: %v", err)
	}
	if err := p.Halt(); err != nil {
		t.Error(err)
	}
	b.fail = syscall.EBUSY
	if _, err := x.OpenEdges(both("GPIO0", "D1")); !errors.Is(err, ErrInUse) {
		t.Errorf("of another program: %v", err)
	}
	b.fail = nil
	if e, err = x.OpenEdges(both("GPIO0", "D1")); err != nil {
		t.Fatalf("a request that failed keeps lines: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestEdgeErrorsNameTheMend(t *testing.T) {
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{syscall.EBUSY, ErrInUse, "gpioinfo"}, {syscall.EACCES, os.ErrPermission, "group gpio"}, {syscall.ENODEV, syscall.ENODEV, "plug it in"},
		{syscall.ENXIO, driver.ErrPermanent, "another line"}, {syscall.ENOTTY, syscall.ENOTTY, "5.10"}, {syscall.EINVAL, syscall.EINVAL, "5.10"},
		{syscall.ENOMEM, syscall.ENOMEM, "memory"},
	} {
		b := newBoard()
		b.fail = os.NewSyscallError("request of lines", c.err)
		_, err := (&Edges{owners: NewGPIO(), chips: b}).OpenEdges(both("D0"))
		if !errors.Is(err, c.err) || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), "D0") {
			t.Errorf("%v: %v", c.err, err)
		}
	}
}
