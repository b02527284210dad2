package contacts

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestContact(t *testing.T) {
	b := New("door")
	p, err := b.Pin("door")
	must(t, err)
	must(t, p.In(gpio.PullUp, gpio.BothEdges))
	if p.Read() != gpio.High || p.WaitForEdge(0) {
		t.Error("an open contact is low, or has an edge")
	}
	must(t, b.Close("door", true, false))
	if p.Read() != gpio.Low || !p.WaitForEdge(time.Minute) || p.WaitForEdge(0) {
		t.Error("a contact that closes gives no edge, or more")
	}
	must(t, b.SetFaults("door", Faults{Stuck: true}))
	must(t, b.Close("door", false, false))
	if p.Read() != gpio.Low {
		t.Error("a stuck line moves")
	}
	must(t, b.SetFaults("door", Faults{}))
	if p.Read() != gpio.High {
		t.Error("a line stays stuck")
	}
	if _, err := b.Out("door"); !errors.Is(err, ErrInUse) {
		t.Errorf("second owner: %v", err)
	}
	must(t, b.SetFaults("door", Faults{Away: true}))
	if err := p.(*Pin).Err(); !errors.Is(err, ErrAway) || !errors.Is(p.In(gpio.PullUp, gpio.NoEdge), ErrAway) || p.WaitForEdge(-1) {
		t.Errorf("a line that is gone: %v", err)
	}
	must(t, p.Halt())
	if _, err := b.Pin("door"); !errors.Is(err, ErrAway) {
		t.Errorf("a line that is gone was opened: %v", err)
	}
	must(t, b.SetFaults("door", Faults{Forbid: fs.ErrPermission}))
	if _, err := b.Pin("door"); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if _, err := b.Pin("none"); !errors.Is(err, fs.ErrNotExist) || !errors.Is(b.Close("none", true, true), fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestRelayWithLoad(t *testing.T) {
	b := New("relay", "aux")
	must(t, b.Load("relay", "aux", false))
	out, err := b.Out("relay")
	must(t, err)
	aux, err := b.Pin("aux")
	must(t, err)
	must(t, aux.In(gpio.PullUp, gpio.NoEdge))
	for _, on := range []gpio.Level{gpio.High, gpio.Low, gpio.High} {
		must(t, out.Out(on))
		if out.Read() != on || aux.Read() == on {
			t.Errorf("driven %s: is %s, feedback %s", on, out.Read(), aux.Read())
		}
	}
	must(t, b.SetFaults("aux", Faults{Stuck: true}))
	must(t, out.Out(gpio.Low))
	if aux.Read() != gpio.Low {
		t.Error("a welded contactor moves")
	}
	must(t, out.Halt())
	if b.Level("relay") != gpio.Low || b.Level("none") != gpio.Low {
		t.Error("the level is lost")
	}
	if err := b.Load("relay", "none", false); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
