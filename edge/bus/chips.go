package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/warthog618/go-gpiocdev"
	"golang.org/x/sys/unix"

	"hallpulse/edge/driver"
)

// place is lines of one chip.
type place struct {
	chip    string
	offsets []int
	names   []string // by which owners are noted: the line's own, else chip:offset
}

// chips is the machine's GPIO chips.
type chips interface {
	// find gives where lines are; its errors begin with the line.
	find(chip string, lines []string) (place, error)
	request(at place, handle func(gpiocdev.LineEvent), how []gpiocdev.LineReqOption) (edgeLevels, error)
}

// kernelChips is the chips of the character device.
type kernelChips struct{}

func (kernelChips) request(at place, handle func(gpiocdev.LineEvent), how []gpiocdev.LineReqOption) (edgeLevels, error) {
	l, err := gpiocdev.RequestLines(at.chip, at.offsets, append(how, gpiocdev.WithEventHandler(handle))...)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// find looks on one chip, or on all where none is named.
func (kernelChips) find(chip string, lines []string) (at place, err error) {
	where := []string{chip}
	if chip == "" {
		if where = gpiocdev.Chips(); len(where) == 0 {
			return at, fmt.Errorf("%s: this machine has no GPIO chip (ls /dev/gpiochip* lists them): %w", lines[0], driver.ErrPermanent)
		}
	}
	var firstErr error
	for _, name := range where {
		c, err := openChip(name)
		if err != nil {
			firstErr = errors.Join(firstErr, err)
			continue
		}
		at, missing := c.lines(lines)
		if missing == "" {
			return at, c.close()
		}
		if err := c.close(); err != nil {
			return at, fmt.Errorf("%s: %w", missing, err)
		}
		if len(at.offsets) > 0 || chip != "" { // a device's lines are on one chip: the kernel keeps no order across chips
			return at, fmt.Errorf("%s: no such line on %s, where the others are looked for (gpioinfo lists them): %w", missing, name, driver.ErrPermanent)
		}
	}
	if firstErr != nil {
		return at, fmt.Errorf("%s: %w", lines[0], firstErr)
	}
	return at, fmt.Errorf("%s: no such line on %s (gpioinfo lists them): %w", lines[0], strings.Join(where, ", "), driver.ErrPermanent)
}

// chip is an open chip.
type chip struct {
	inner *gpiocdev.Chip
	name  string
}

// openChip opens a chip to look at its lines. Access is asked for first: the library tells a chip that is forbidden as none.
func openChip(name string) (*chip, error) {
	path := name
	if !strings.HasPrefix(path, "/") {
		path = filepath.Join("/dev", name)
	}
	switch err := unix.Access(path, unix.R_OK|unix.W_OK); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no GPIO chip %s (ls /dev/gpiochip* lists them): %w", name, err)
	case err != nil:
		return nil, explainLine(&os.PathError{Op: "open", Path: path, Err: err})
	}
	inner, err := gpiocdev.NewChip(path)
	if err != nil {
		return nil, fmt.Errorf("GPIO chip %s: %w", name, explainLine(err))
	}
	return &chip{inner, name}, nil
}

func (c *chip) close() error { return c.inner.Close() }

// lines finds lines by name, or by number of the chip; missing is the first that is not there.
func (c *chip) lines(want []string) (at place, missing string) {
	at.chip = filepath.Join("/dev", c.inner.Name)
	for _, name := range want {
		offset, err := c.inner.FindLine(name)
		if err != nil {
			if offset, err = strconv.Atoi(name); err != nil || offset < 0 || offset >= c.inner.Lines() {
				return at, name
			}
		}
		own := fmt.Sprintf("%s:%d", c.inner.Name, offset)
		if info, err := c.inner.LineInfo(offset); err == nil && info.Name != "" {
			own = info.Name
		}
		at.offsets, at.names = append(at.offsets, offset), append(at.names, own)
	}
	return at, ""
}
