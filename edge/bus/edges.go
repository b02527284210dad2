package bus

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/warthog618/go-gpiocdev/uapi"
	"golang.org/x/sys/unix"

	"hallpulse/edge/driver"
)

// Limits of lines whose changes are read.
const (
	edgesLook     = 2 * time.Second // a chip that was pulled may give no error, only silence: it is asked this often
	edgeLines     = 64              // of one request (GPIO v2 uapi, GPIO_V2_LINES_MAX)
	edgesBuffer   = 16 * edgeLines  // the largest buffer of the kernel
	edgesDebounce = math.MaxUint32 * time.Microsecond
)

var _ driver.EdgeOpener = (*Edges)(nil)

// Edges opens lines of the machine's GPIO chips whose changes the kernel stamps (GPIO character device v2, Linux 5.10 and
// later). The kernel is asked by its own request: go-gpiocdev v0.9.1 never passes on the size of the buffer, whose default
// of 16 changes a line is less than a Wiegand frame of 34 bits on two lines.
type Edges struct {
	owners *GPIO
	chip   string
	chips  chips
}

// Edges gives an opener of lines of chip, e.g. gpiochip0; empty: lines are looked for on all chips by name, and numbers are those of
// the first. It touches no hardware. Its lines and those of g have one owner together.
func (g *GPIO) Edges(chip string) *Edges { return &Edges{owners: g, chip: chip, chips: kernelChips{}} }

// OpenEdges takes all lines in one request, so that the kernel numbers their changes together, until Close. Where no buffer
// is asked for it gets the kernel's largest. It fails with [ErrInUse] while somebody has one, with [fs.ErrPermission] when
// the user may not open the chip, and with [driver.ErrPermanent] when there is no such line.
func (e *Edges) OpenEdges(o driver.EdgeOptions) (driver.Edges, error) {
	switch {
	case len(o.Lines) == 0 || len(o.Lines) > edgeLines:
		return nil, fmt.Errorf("bus: %d GPIO lines at once, 1 to %d can be: %w", len(o.Lines), edgeLines, driver.ErrPermanent)
	case slices.Contains(o.Lines, ""):
		return nil, fmt.Errorf("bus: GPIO lines %q: one has no name: %w", o.Lines, driver.ErrPermanent)
	case !o.Rising && !o.Falling || o.Debounce < 0 || o.Debounce > edgesDebounce || o.Buffer < 0 || o.Buffer > edgesBuffer:
		return nil, fmt.Errorf("bus: GPIO lines %s: no changes are asked for, or a debounce that is not 0 to %s, or a buffer that is not 0 to %d: %w",
			list(o.Lines), edgesDebounce, edgesBuffer, driver.ErrPermanent)
	}
	at, err := e.chips.find(e.chip, o.Lines)
	if err != nil {
		return nil, fmt.Errorf("bus: GPIO line %w", err)
	}
	release, err := e.take(o.Lines, at.names)
	if err != nil {
		return nil, err
	}
	open, err := e.chips.request(at, edgeRequest(o, at.offsets))
	if err != nil {
		release()
		return nil, fmt.Errorf("bus: GPIO lines %s: %w", list(o.Lines), explainEdges(err))
	}
	return newEdges(o.Lines, at.offsets, open, release), nil
}

// edgeRequest spells the options as the kernel's (gpio.h, struct gpio_v2_line_request). Stamps without a flag are of the
// monotonic clock; a line without a bias flag keeps what the board gives it.
func edgeRequest(o driver.EdgeOptions, offsets []int) *uapi.LineRequest {
	r := &uapi.LineRequest{Lines: uint32(len(offsets)), EventBufferSize: edgesBuffer}
	copy(r.Consumer[:], consumer)
	for i, offset := range offsets {
		r.Offsets[i] = uint32(offset)
	}
	r.Config.Flags = uapi.LineFlagV2Input
	for flag, wanted := range map[uapi.LineFlagV2]bool{
		uapi.LineFlagV2EdgeRising: o.Rising, uapi.LineFlagV2EdgeFalling: o.Falling, uapi.LineFlagV2BiasPullUp: o.PullUp,
	} {
		if wanted {
			r.Config.Flags |= flag
		}
	}
	if o.Debounce > 0 {
		r.Config.AddAttribute(uapi.LineConfigAttribute{Attr: uapi.DebouncePeriod(o.Debounce).Encode(), Mask: uapi.NewLineBitMask(len(offsets))})
	}
	if o.Buffer > 0 {
		r.EventBufferSize = uint32(o.Buffer)
	}
	return r
}

// take notes that the lines have an owner; release ends it.
func (e *Edges) take(lines, names []string) (release func(), err error) {
	g := e.owners
	g.mu.Lock()
	defer g.mu.Unlock()
	mine := make(map[string]string, len(names))
	for i, n := range names {
		if first, twice := mine[n]; twice {
			return nil, fmt.Errorf("bus: GPIO lines %s and %s are one line: each needs its own: %w", first, lines[i], driver.ErrPermanent)
		}
		if g.taken[n] {
			return nil, fmt.Errorf("bus: GPIO line %s: %w: two devices of the configuration share it", lines[i], ErrInUse)
		}
		mine[n] = lines[i]
	}
	for n := range mine {
		g.taken[n] = true
	}
	return sync.OnceFunc(func() {
		for n := range mine {
			g.release(n)
		}
	}), nil
}

// explainEdges adds the mend to an error of the kernel about lines whose changes are read.
func explainEdges(err error) error {
	switch {
	case errors.Is(err, unix.ENODEV):
		return fmt.Errorf("the GPIO chip is gone: plug it in again: %w", err)
	case errors.Is(err, unix.ENXIO):
		return fmt.Errorf("the line cannot tell its changes, its chip has no interrupt for it: use another line: %w: %w", err, driver.ErrPermanent)
	case errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EINVAL):
		return fmt.Errorf("the kernel refuses the request: it needs Linux 5.10 or later with CONFIG_GPIO_CDEV, and a GPIO chip: %w", err)
	}
	return explainLine(err)
}
