package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/warthog618/go-gpiocdev"

	"hallpulse/edge/driver"
)

// Limits of lines whose changes are read.
const (
	edgesWaiting = 1024            // changes kept while the driver is busy
	edgesLook    = 2 * time.Second // a chip that was pulled gives no error, only silence: it is asked this often
	edgeLines    = 64              // of one request (GPIO v2 uapi, GPIO_V2_LINES_MAX)
	edgesBuffer  = 16 * edgeLines  // the largest buffer of the kernel
)

var _ driver.EdgeOpener = (*Edges)(nil)

// Edges opens lines of the machine's GPIO chips whose changes the kernel stamps (GPIO character device v2, Linux 5.10 and later).
type Edges struct {
	owners *GPIO
	chip   string
	chips  chips
}

// NewEdges gives an opener of lines of chip, e.g. gpiochip0; empty: lines are looked for on all chips by name, and numbers are
// those of the first. It touches no hardware. Lines that a [GPIO] has must not be shared: see [GPIO.Edges].
func NewEdges(chip string) *Edges { return NewGPIO().Edges(chip) }

// Edges is NewEdges whose lines have one owner together with those of g.
func (g *GPIO) Edges(chip string) *Edges { return &Edges{owners: g, chip: chip, chips: kernelChips{}} }

// OpenEdges takes all lines in one request, so that the kernel keeps the order of their changes, until Close. It fails with
// [ErrInUse] while somebody has one, with [fs.ErrPermission] when the user may not open the chip, and with
// [driver.ErrPermanent] when there is no such line.
func (e *Edges) OpenEdges(o driver.EdgeOptions) (driver.Edges, error) {
	switch {
	case len(o.Lines) == 0 || len(o.Lines) > edgeLines:
		return nil, fmt.Errorf("bus: %d GPIO lines at once, 1 to %d can be: %w", len(o.Lines), edgeLines, driver.ErrPermanent)
	case !o.Rising && !o.Falling || o.Debounce < 0 || o.Buffer < 0 || o.Buffer > edgesBuffer:
		return nil, fmt.Errorf("bus: GPIO lines %s: no changes, a debounce below zero, or a buffer beyond %d are asked for: %w",
			list(o.Lines), edgesBuffer, driver.ErrPermanent)
	}
	place, err := e.chips.find(e.chip, o.Lines)
	if err != nil {
		return nil, fmt.Errorf("bus: GPIO line %w", err)
	}
	release, err := e.take(o.Lines, place.names)
	if err != nil {
		return nil, err
	}
	x := &edges{lines: o.Lines, offsets: place.offsets, events: make(chan gpiocdev.LineEvent, edgesWaiting), ended: make(chan struct{}), release: release}
	if x.req, err = e.chips.request(place, x.handle, edgeRequest(o)); err != nil {
		release()
		return nil, fmt.Errorf("bus: GPIO lines %s: %w", list(o.Lines), explainLine(err))
	}
	return x, nil
}

// edgeRequest spells the options as the kernel's.
func edgeRequest(o driver.EdgeOptions) []gpiocdev.LineReqOption {
	out := []gpiocdev.LineReqOption{gpiocdev.WithConsumer(consumer), gpiocdev.WithMonotonicEventClock}
	switch {
	case o.Rising && o.Falling:
		out = append(out, gpiocdev.WithBothEdges)
	case o.Rising:
		out = append(out, gpiocdev.WithRisingEdge)
	default:
		out = append(out, gpiocdev.WithFallingEdge)
	}
	if o.PullUp {
		out = append(out, gpiocdev.WithPullUp)
	}
	if o.Debounce > 0 {
		out = append(out, gpiocdev.WithDebounce(o.Debounce))
	}
	if o.Buffer > 0 {
		out = append(out, gpiocdev.WithEventBufferSize(o.Buffer))
	}
	return out
}

// take notes that the lines have an owner; release ends it.
func (e *Edges) take(lines, names []string) (release func(), err error) {
	g := e.owners
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, n := range names {
		if g.taken[n] {
			for _, mine := range names[:i] {
				delete(g.taken, mine)
			}
			return nil, fmt.Errorf("bus: GPIO line %s: %w: two devices of the configuration share it", lines[i], ErrInUse)
		}
		g.taken[n] = true
	}
	return sync.OnceFunc(func() {
		for _, n := range names {
			g.release(n)
		}
	}), nil
}

// edgeLevels is the lines as the kernel gives them.
type edgeLevels interface {
	Values([]int) error
	Close() error
}

// edges is lines that are open.
type edges struct {
	lines   []string
	offsets []int
	req     edgeLevels
	events  chan gpiocdev.LineEvent
	ended   chan struct{}
	end     sync.Once
	release func()
	dropped atomic.Bool // a change found no room here

	// of Next alone
	last   uint32 // number of the last change; 0: none yet, or of a kernel that does not count
	told   bool   // that changes are missing before the next
	second *gpiocdev.LineEvent
}

// handle takes a change from the library's only goroutine, which must not wait. One without room shows by its number.
func (x *edges) handle(e gpiocdev.LineEvent) {
	select {
	case x.events <- e:
	default:
		x.dropped.Store(true)
	}
}

// Next gives the next change. Changes that came before ctx's end are given first.
func (x *edges) Next(ctx context.Context) (driver.Edge, error) {
	if e := x.second; e != nil {
		x.second = nil
		return x.edge(*e)
	}
	select {
	case e := <-x.events:
		return x.count(e)
	default:
	}
	if x.dropped.Swap(false) { // told now: perhaps nothing follows whose number would show it
		x.told = true
		return driver.Edge{}, driver.ErrEdgesLost
	}
	look := time.NewTicker(edgesLook)
	defer look.Stop()
	for {
		select {
		case e := <-x.events:
			return x.count(e)
		case <-ctx.Done():
			return driver.Edge{}, ctx.Err()
		case <-x.ended:
			return driver.Edge{}, fmt.Errorf("bus: GPIO lines %s: %w", list(x.lines), os.ErrClosed)
		case <-look.C:
			if _, err := x.High(0); err != nil {
				return driver.Edge{}, err
			}
		}
	}
}

// count finds changes that the kernel, or this program, had no room for.
func (x *edges) count(e gpiocdev.LineEvent) (driver.Edge, error) {
	missing := x.last != 0 && e.Seqno != x.last+1 || x.last == 0 && e.Seqno > 1
	x.last = e.Seqno
	if told := x.told; missing && !told {
		x.second = &e
		return driver.Edge{}, driver.ErrEdgesLost
	}
	x.told = false
	return x.edge(e)
}

func (x *edges) edge(e gpiocdev.LineEvent) (driver.Edge, error) {
	for i, o := range x.offsets {
		if o == e.Offset {
			return driver.Edge{Line: i, Rising: e.Type == gpiocdev.LineEventRisingEdge, At: e.Timestamp}, nil
		}
	}
	return driver.Edge{}, fmt.Errorf("bus: a change of GPIO line %d, which was not asked for", e.Offset)
}

// High reads the level of a line.
func (x *edges) High(line int) (bool, error) {
	if line < 0 || line >= len(x.lines) {
		return false, fmt.Errorf("bus: GPIO line %d of %d: %w", line, len(x.lines), driver.ErrPermanent)
	}
	v := make([]int, len(x.lines))
	if err := x.req.Values(v); err != nil {
		return false, fmt.Errorf("bus: GPIO line %s: %w", x.lines[line], err)
	}
	return v[line] != 0, nil
}

// Close gives the lines back and ends a Next.
func (x *edges) Close() (err error) {
	x.end.Do(func() {
		close(x.ended)
		err = x.req.Close()
		x.release()
	})
	if err != nil && !errors.Is(err, gpiocdev.ErrClosed) {
		return fmt.Errorf("bus: GPIO lines %s: close: %w", list(x.lines), err)
	}
	return nil
}
