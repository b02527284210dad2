package drivertest

import (
	"errors"
	"io/fs"
	"testing"
)

func unplugged(t testing.TB, r *Rig) {
	x := start(t, r)
	_ = x.fails()
	if h := x.sink.Heard(); h.Opened+h.Seen+h.Tried > 0 {
		t.Errorf("a device that is not there was heard: %+v", h)
	}
	plugIn(t, r) // and the same driver is run again
}

func plugIn(t testing.TB, r *Rig) {
	must(t, r.Plug(true))
	x := start(t, r)
	x.opened()
	must(t, r.Event())
	x.said(r, 1)
	if h := x.until("a sign of life", func(h Heard) bool { return h.Seen > 0 }); len(h.Refusals) > 0 {
		t.Errorf("refused %+v", h.Refusals)
	}
	x.ends()
}

func silence(t testing.TB, r *Rig) {
	must(t, r.Plug(true))
	x := start(t, r)
	x.opened()
	x.waits(quietTime, func(Heard) bool { return false })
	if h := x.sink.Heard(); h.Tried+len(h.Refusals) > 0 {
		t.Errorf("a silent device was heard: %+v", h)
	}
	x.ends()
}

func halfFrame(t testing.TB, r *Rig) {
	must(t, r.Plug(true))
	x := start(t, r)
	x.opened()
	rest, err := r.Half()
	must(t, err)
	x.waits(quietTime, func(Heard) bool { return false })
	if h := x.sink.Heard(); r.heard(h) {
		t.Errorf("half a frame was believed: %+v", h)
	}
	must(t, rest())
	x.said(r, 1)
	x.ends()
}

func babble(t testing.TB, r *Rig) {
	must(t, r.Plug(true))
	x := start(t, r)
	x.opened()
	n, err := r.Babble()
	must(t, err)
	h := x.until("a refusal", func(h Heard) bool { return len(h.Refusals) > 0 })
	if !r.Asked && r.heard(h) {
		t.Errorf("noise was believed: %+v", h)
	}
	for i := 0; i < tries && !r.heard(x.sink.Heard()); i++ {
		must(t, r.Event())
		x.waits(quietTime, r.heard)
	}
	if r.Says == Facts {
		x.stored(x.sink.Heard().Tried)
	}
	if h = x.sink.Heard(); !r.heard(h) || size(h.Refusals) > n+tries*64 || len(h.Refusals) > n {
		t.Errorf("%d facts, %d refusals of %d bytes after %d bytes of noise", len(h.Facts), len(h.Refusals), size(h.Refusals), n)
	}
	x.ends()
}

func size(list []Refusal) (n int) {
	for _, r := range list {
		n += len(r.Raw)
	}
	return n
}

func pulled(t testing.TB, r *Rig) {
	must(t, r.Plug(true))
	x := start(t, r)
	x.opened()
	must(t, r.Event())
	x.said(r, 1)
	must(t, r.Plug(false))
	_ = x.fails()
	must(t, r.Plug(true))
	x = start(t, r)
	x.opened()
	x.ends()
}

func denied(t testing.TB, r *Rig) {
	must(t, r.Plug(true))
	r.Forbid(fs.ErrPermission)
	if err := start(t, r).fails(); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("the cause is hidden: %v", err)
	}
	r.Forbid(nil)
	plugIn(t, r)
}

func closes(t testing.TB, r *Rig) {
	must(t, r.Plug(true))
	for range 3 {
		x := start(t, r)
		x.opened()
		x.ends()
	}
	x := start(t, r)
	_ = x.stop() // at once: opened or not
}

func closesWaiting(t testing.TB, r *Rig) {
	must(t, r.Plug(true))
	x := start(t, r)
	x.opened()
	defer x.sink.Hold()()
	must(t, r.Event())
	x.until("a fact", func(h Heard) bool { return h.Tried > 0 })
	_ = x.stop() // whether the fact's failure is told does not matter any more
}
