package bus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/warthog618/go-gpiocdev/uapi"

	"hallpulse/edge/driver"
)

// Sizes of changes as the kernel gives them (gpio.h, struct gpio_v2_line_event).
const (
	lineEventSize = 48
	eventsAtOnce  = 64
)

// edgeFile is lines as the kernel gives them.
type edgeFile struct {
	changes *os.File               // whole events are read of it
	levels  func() (uint64, error) // a bit for each line, in their order
}

// lineEvent is a change as the kernel tells it.
type lineEvent struct {
	at     time.Duration
	id     uapi.LineEventID
	offset uint32
	number uint32 // of the change, over all lines of the request; the first is 1
}

// edges is lines that are open.
type edges struct {
	lines   []string
	offsets []int
	open    edgeFile
	look    time.Duration
	release func()

	// of Next alone
	buf     []byte
	waiting []lineEvent
	last    uint32 // number of the last change; 0: none yet
	told    bool   // that changes are missing before the next
}

func newEdges(lines []string, offsets []int, open edgeFile, release func()) *edges {
	return &edges{
		lines: slices.Clone(lines), offsets: offsets, open: open, look: edgesLook, release: release, buf: make([]byte, eventsAtOnce*lineEventSize),
	}
}

// Next gives the next change. Changes that came before ctx's end are given first.
func (x *edges) Next(ctx context.Context) (driver.Edge, error) {
	for {
		for len(x.waiting) > 0 {
			if e, err, ok := x.take(); ok {
				return e, err
			}
		}
		if err := x.read(ctx); err != nil {
			return driver.Edge{}, err
		}
	}
}

// read waits for changes. The kernel stamps and numbers them at the interrupt, but queues them in a thread of each line: two
// that wait together may have changed places.
func (x *edges) read(ctx context.Context) error {
	n, err := readUntil(ctx, x.open.changes, x.buf, x.look)
	switch {
	case err == nil:
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		_, err := x.High(0)
		return err
	default:
		return fmt.Errorf("bus: GPIO lines %s: %w", list(x.lines), explainEdges(err))
	}
	if n%lineEventSize != 0 {
		return fmt.Errorf("bus: GPIO lines %s: the kernel gave %d bytes, which are no whole changes of %d", list(x.lines), n, lineEventSize)
	}
	for p := range slices.Chunk(x.buf[:n], lineEventSize) {
		x.waiting = append(x.waiting, decodeLineEvent(p))
	}
	slices.SortStableFunc(x.waiting, func(a, b lineEvent) int { return int(int32(a.number - b.number)) }) // numbers wrap round
	return nil
}

// decodeLineEvent reads lineEventSize bytes.
func decodeLineEvent(p []byte) lineEvent {
	e := binary.NativeEndian
	return lineEvent{at: time.Duration(e.Uint64(p)), id: uapi.LineEventID(e.Uint32(p[8:])), offset: e.Uint32(p[12:]), number: e.Uint32(p[16:])}
}

// take gives the first waiting change, or tells that some are missing before it: the kernel threw them away. One that comes
// after all was told as missing, and is out of its order: it is none any more.
func (x *edges) take() (_ driver.Edge, err error, ok bool) {
	e := x.waiting[0]
	step := int32(e.number - x.last)
	if step != 1 && (x.last != 0 || e.number != 0) && !x.told {
		if step > 1 {
			x.told = true
			return driver.Edge{}, driver.ErrEdgesLost, true
		}
		x.waiting = x.waiting[1:]
		return driver.Edge{}, nil, false
	}
	x.waiting, x.last, x.told = x.waiting[1:], e.number, false
	line := slices.Index(x.offsets, int(e.offset))
	if line < 0 || e.id != uapi.LineEventRisingEdge && e.id != uapi.LineEventFallingEdge {
		return driver.Edge{}, fmt.Errorf("bus: GPIO lines %s: a change %d of line %d, which was not asked for", list(x.lines), e.id, e.offset), true
	}
	return driver.Edge{Line: line, Rising: e.id == uapi.LineEventRisingEdge, At: e.at}, nil, true
}

// High reads the level of a line.
func (x *edges) High(line int) (bool, error) {
	if line < 0 || line >= len(x.lines) {
		return false, fmt.Errorf("bus: GPIO line %d of %d: %w", line, len(x.lines), driver.ErrPermanent)
	}
	levels, err := x.open.levels()
	if err != nil {
		return false, fmt.Errorf("bus: GPIO line %s: %w", x.lines[line], explainEdges(err))
	}
	return levels>>line&1 != 0, nil
}

// Close gives the lines back and ends a Next.
func (x *edges) Close() error {
	err := x.open.changes.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	x.release()
	if err != nil {
		return fmt.Errorf("bus: GPIO lines %s: close: %w", list(x.lines), err)
	}
	return nil
}
