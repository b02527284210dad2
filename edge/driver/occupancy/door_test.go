package occupancy

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/beam"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/hall"
)

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		board := contacts.New("outer", "inner")
		all := func(f contacts.Faults) error {
			return errors.Join(board.SetFaults("outer", f), board.SetFaults("inner", f))
		}
		if err := all(contacts.Faults{Away: true}); err != nil {
			t.Fatal(err)
		}
		walk := func() error {
			for _, s := range []struct {
				line   string
				broken bool
			}{{"outer", true}, {"inner", true}, {"outer", false}, {"inner", false}} {
				if err := board.Close(s.line, s.broken, false); err != nil {
					return err
				}
				<-time.After(50 * time.Millisecond)
			}
			return nil
		}
		return &drivertest.Rig{
			Driver: New(Options{Opener: board, Outer: "outer", Inner: "inner", Zone: "waiting"}),
			Plug:   func(in bool) error { return all(contacts.Faults{Away: !in}) },
			Event:  walk,
			Forbid: func(err error) { _ = all(contacts.Faults{Forbid: err}) },
		}
	}})
}

// TestWithSimulatedDoor walks people through real sockets, with the gateway away in between.
func TestWithSimulatedDoor(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "gpio")
	srv := beam.NewServer(beam.Options{Socket: sock, Pins: []string{"a", "b"}})
	serve := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := srv.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		return func() { cancel(); wg.Wait() }
	}
	drv := New(Options{Opener: beam.NewClient(sock), Outer: "a", Inner: "b"})
	out := newSink()
	if err := drv.Run(t.Context(), out); err == nil {
		t.Fatal("no error while the simulator is away")
	}
	stop := serve()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	begin := func(ctx context.Context) {
		go func() {
			for { // as the supervisor does
				if err := drv.Run(ctx, out); err == nil || errors.Is(err, driver.ErrPermanent) {
					done <- err
					return
				}
			}
		}()
		<-out.opened
	}
	begin(ctx)
	walk := func(d hall.Direction) {
		if err := srv.Passage(t.Context(), "a", "b", d); err != nil {
			t.Error(err)
		}
	}
	walk(hall.In)
	walk(hall.Out)
	wait(t, func() bool { return len(out.directions()) == 2 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	walk(hall.Out) // nobody looks
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	begin(ctx)
	stop()
	stop = serve()
	defer stop()
	<-out.opened // the driver failed and was run again
	if err := srv.Half(t.Context(), "a", "b"); err != nil {
		t.Error(err)
	}
	walk(hall.In)
	wait(t, func() bool { return len(out.directions()) == 3 })
	if got := out.directions(); !slices.Equal(got, []hall.Direction{hall.In, hall.Out, hall.In}) {
		t.Errorf("got %v", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func wait(t *testing.T, good func() bool) {
	t.Helper()
	end := time.NewTimer(20 * time.Second)
	defer end.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !good() {
		select {
		case <-end.C:
			t.Fatal("did not happen")
		case <-tick.C:
		}
	}
}
