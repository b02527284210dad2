package bus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/warthog618/go-gpiocdev/uapi"

	"hallpulse/edge/driver"
)

// board is a chip whose lines a test changes.
type board struct {
	chip     chipInfo
	fail     error // of a request
	asked    *uapi.LineRequest
	changes  *os.File
	levels   atomic.Uint64
	gone     atomic.Bool
	looks    atomic.Int32
	requests int
}

func (b *board) find(_ string, lines []string) (place, error) {
	at, missing := b.chip.place(lines, true)
	if missing != "" {
		return at, fmt.Errorf("%s: no such line: %w", missing, driver.ErrPermanent)
	}
	return at, nil
}

func (b *board) request(_ place, how *uapi.LineRequest) (edgeFile, error) {
	b.asked, b.requests = how, b.requests+1
	if b.fail != nil {
		return edgeFile{}, b.fail
	}
	r, w, err := os.Pipe()
	b.changes = w
	return edgeFile{changes: r, levels: func() (uint64, error) {
		b.looks.Add(1)
		if b.gone.Load() {
			return 0, syscall.ENODEV
		}
		return b.levels.Load(), nil
	}}, err
}

// change is the bytes of a change, as the kernel of this machine writes them.
func change(number uint32, offset uint32, rising bool) []byte {
	id := uapi.LineEventFallingEdge
	if rising {
		id = uapi.LineEventRisingEdge
	}
	p, e := make([]byte, 0, lineEventSize), binary.NativeEndian
	p = e.AppendUint64(p, uint64(number)*1000)
	for _, v := range []uint32{uint32(id), offset, number, number} {
		p = e.AppendUint32(p, v)
	}
	return append(p, make([]byte, lineEventSize-len(p))...)
}

func newBoard() *board {
	return &board{chip: chipInfo{path: "/dev/gpiochip0", name: "gpiochip0", lines: []string{"GPIO0", "", "D0", "D1"}}}
}

func both(lines ...string) driver.EdgeOptions {
	return driver.EdgeOptions{Lines: lines, Rising: true, Falling: true}
}

// openBoard opens lines D1 and D0, in this order.
func openBoard(t *testing.T) (*board, *edges) {
	t.Helper()
	b := newBoard()
	e, err := (&Edges{owners: NewGPIO(), chips: b}).OpenEdges(both("D1", "D0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = e.Close(), b.changes.Close() })
	return b, e.(*edges)
}

func (b *board) write(t *testing.T, changes ...[]byte) {
	t.Helper()
	if _, err := b.changes.Write(slices.Concat(changes...)); err != nil {
		t.Fatal(err)
	}
}

// got gives what Next tells: numbers of changes, 0 for lost ones.
func got(t *testing.T, e driver.Edges, n int) (out []uint32) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range n {
		x, err := e.Next(ctx)
		switch {
		case errors.Is(err, driver.ErrEdgesLost):
			out = append(out, 0)
		case err != nil:
			t.Fatalf("after %v: %v", out, err)
		default:
			out = append(out, uint32(x.At/1000))
		}
	}
	return out
}
