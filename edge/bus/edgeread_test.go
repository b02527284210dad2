package bus

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hallpulse/edge/driver"
)

func TestEdgesKeepOrder(t *testing.T) {
	b, e := openBoard(t)
	b.write(t, change(1, 3, false), change(2, 2, true))
	for i, want := range []driver.Edge{{Line: 0, At: 1000}, {Line: 1, Rising: true, At: 2000}} {
		if x, err := e.Next(t.Context()); err != nil || x != want {
			t.Errorf("%d: %+v, %v", i, x, err)
		}
	}
	var frame [][]byte // of 34 bits and 36 more, while nobody reads
	var want []uint32
	for n := range uint32(70) {
		frame, want = append(frame, change(n+3, 2+n%2, false)), append(want, n+3)
	}
	b.write(t, frame...)
	if all := got(t, e, 70); !slices.Equal(all, want) {
		t.Errorf("got %v", all)
	}
}

func TestEdgesThatChangedPlaces(t *testing.T) {
	b, e := openBoard(t)
	b.write(t, change(2, 2, true), change(1, 3, true), change(3, 2, false))
	if all := got(t, e, 3); !slices.Equal(all, []uint32{1, 2, 3}) {
		t.Errorf("got %v", all)
	}
}

func TestLostEdgesAreToldOnce(t *testing.T) {
	b, e := openBoard(t)
	b.write(t, change(3, 2, true), change(4, 2, false)) // 1 and 2 are missing
	b.write(t, change(9, 2, true), change(10, 2, false))
	if all := got(t, e, 6); !slices.Equal(all, []uint32{0, 3, 4, 0, 9, 10}) {
		t.Errorf("got %v", all)
	}
	b.write(t, change(8, 2, true), change(11, 2, true)) // 8 was told as lost
	if all := got(t, e, 1); !slices.Equal(all, []uint32{11}) {
		t.Errorf("got %v", all)
	}
}

func TestEdgeNumbersWrap(t *testing.T) {
	b, e := openBoard(t)
	e.last = 1<<32 - 2
	b.write(t, change(0, 2, true), change(1<<32-1, 2, false), change(1, 2, true), change(2, 2, false))
	if all := got(t, e, 4); !slices.Equal(all, []uint32{1<<32 - 1, 0, 1, 2}) {
		t.Errorf("got %v", all)
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	b, e := openBoard(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	b.write(t, change(1, 2, true))
	if x, err := e.Next(ended); err != nil || x.At != 1000 {
		t.Errorf("a change from before the end: %+v, %v", x, err)
	}
	if _, err := e.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := e.Next(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ends meanwhile: %v", err)
	}
	b.write(t, change(2, 2, false))
	if all := got(t, e, 1); !slices.Equal(all, []uint32{2}) {
		t.Errorf("after the end: %v", all)
	}
}

func TestEdgesOfAPulledChip(t *testing.T) {
	b, e := openBoard(t)
	e.look = time.Millisecond
	b.gone.Store(true)
	if _, err := e.Next(t.Context()); !errors.Is(err, syscall.ENODEV) || !strings.Contains(err.Error(), "plug it in") || b.looks.Load() != 1 {
		t.Errorf("got %v after %d looks", err, b.looks.Load())
	}
	b, e = openBoard(t)
	if err := b.changes.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("end of the file: %v", err)
	}
}

func TestEdgesThatWereNotAskedFor(t *testing.T) {
	for _, p := range [][]byte{change(1, 7, true), make([]byte, lineEventSize), {1, 2, 3}} {
		b, e := openBoard(t)
		b.write(t, p)
		if x, err := e.Next(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "bus: GPIO lines D1, D0: ") {
			t.Errorf("%x: %+v, %v", p, x, err)
		}
	}
}

func TestHigh(t *testing.T) {
	b, e := openBoard(t)
	b.levels.Store(0b10)
	for line, want := range []bool{false, true} {
		if high, err := e.High(line); err != nil || high != want {
			t.Errorf("line %d: %t, %v", line, high, err)
		}
	}
	for _, line := range []int{-1, 2} {
		if _, err := e.High(line); !errors.Is(err, driver.ErrPermanent) {
			t.Errorf("line %d: %v", line, err)
		}
	}
}

func TestCloseEndsNext(t *testing.T) {
	_, e := openBoard(t)
	done := make(chan error, 1)
	go func() {
		_, err := e.Next(t.Context())
		done <- err
	}()
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Close does not end Next")
	}
}
