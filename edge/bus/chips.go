package bus

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/warthog618/go-gpiocdev"
	"github.com/warthog618/go-gpiocdev/uapi"
	"golang.org/x/sys/unix"

	"hallpulse/edge/driver"
)

// maxChipLines bounds the lines of a chip that are looked through.
const maxChipLines = 4096

// place is lines of one chip.
type place struct {
	chip    string // path
	offsets []int
	names   []string // by which owners are noted: the line's own, else chip:offset
}

// chips is the machine's GPIO chips.
type chips interface {
	// find gives where lines are; its errors begin with the line.
	find(chip string, lines []string) (place, error)
	request(at place, how *uapi.LineRequest) (edgeFile, error)
}

// kernelChips is the chips of the character device.
type kernelChips struct{}

// request takes lines. The kernel gives them a descriptor of their own, which lives on without the chip's.
func (kernelChips) request(at place, how *uapi.LineRequest) (_ edgeFile, err error) {
	f, err := os.OpenFile(at.chip, os.O_RDWR, 0)
	if err != nil {
		return edgeFile{}, err
	}
	defer func() { _ = f.Close() }() // nothing is written
	if err := control(f, func(fd int) error { return uapi.GetLine(uintptr(fd), how) }); err != nil {
		return edgeFile{}, os.NewSyscallError("request of lines", err)
	}
	fd := int(how.Fd)
	if err := unix.SetNonblock(fd, true); err != nil { // else the runtime does not poll it
		return edgeFile{}, errors.Join(os.NewSyscallError("fcntl", err), unix.Close(fd))
	}
	changes := os.NewFile(uintptr(fd), at.chip+" lines")
	return edgeFile{changes: changes, levels: func() (uint64, error) {
		v := uapi.LineValues{Mask: uapi.NewLineBitMask(len(at.offsets))}
		err := control(changes, func(fd int) error { return uapi.GetLineValuesV2(uintptr(fd), &v) })
		return uint64(v.Bits), err
	}}, nil
}

// find looks on one chip, or on all where none is named. Only the first is asked for numbers then: another has other lines.
func (kernelChips) find(name string, lines []string) (at place, err error) {
	where := []string{name}
	if name == "" {
		if where = gpiocdev.Chips(); len(where) == 0 {
			return at, fmt.Errorf("%s: this machine has no GPIO chip (ls /dev/gpiochip* lists them): %w", lines[0], driver.ErrPermanent)
		}
	}
	var failed error
	for i, one := range where {
		c, err := openChip(one)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		at, missing := c.place(lines, i == 0)
		if missing == "" {
			return at, nil
		}
		if len(at.offsets) > 0 || name != "" { // a device's lines are on one chip: the kernel keeps no order across chips
			return at, fmt.Errorf("%s: no such line on %s, where the others are looked for (gpioinfo lists them): %w", missing, one, driver.ErrPermanent)
		}
	}
	if failed != nil {
		return at, fmt.Errorf("%s: %w", lines[0], failed)
	}
	return at, fmt.Errorf("%s: no such line on %s (gpioinfo lists them): %w", lines[0], strings.Join(where, ", "), driver.ErrPermanent)
}

// chipInfo is what a chip says of its lines.
type chipInfo struct {
	path, name string
	lines      []string // their names by number; empty: it has none
}

// openChip asks a chip for its lines.
func openChip(name string) (c chipInfo, err error) {
	path := name
	if !strings.HasPrefix(path, "/") {
		path = filepath.Join("/dev", name)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, fmt.Errorf("no GPIO chip %s (ls /dev/gpiochip* lists them): %w", name, err)
	case err != nil:
		return c, explainLine(err)
	}
	defer func() { _ = f.Close() }() // nothing is written
	err = control(f, func(fd int) error {
		info, err := uapi.GetChipInfo(uintptr(fd))
		if err != nil {
			return err
		}
		c = chipInfo{path: path, name: cString(info.Name[:])}
		for i := range min(int(info.Lines), maxChipLines) {
			l, err := uapi.GetLineInfoV2(uintptr(fd), i)
			if err != nil {
				return fmt.Errorf("line %d: %w", i, err)
			}
			c.lines = append(c.lines, cString(l.Name[:]))
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("GPIO chip %s: %w", name, explainEdges(err))
	}
	return c, nil
}

// cString reads text that ends with a zero.
func cString(p []byte) string {
	p, _, _ = bytes.Cut(p, []byte{0})
	return string(p)
}

// place finds lines by name, or, with numbers, by number of the chip; missing is the first that is not there.
func (c chipInfo) place(want []string, numbers bool) (at place, missing string) {
	at.chip = c.path
	for _, name := range want {
		offset := c.line(name, numbers)
		if offset < 0 {
			return at, name
		}
		own := c.lines[offset]
		if own == "" {
			own = fmt.Sprintf("%s:%d", c.name, offset)
		}
		at.offsets, at.names = append(at.offsets, offset), append(at.names, own)
	}
	return at, ""
}

// line gives a line's number, -1 where there is none.
func (c chipInfo) line(name string, numbers bool) int {
	for i, n := range c.lines {
		if n != "" && n == name {
			return i
		}
	}
	if n, err := strconv.Atoi(name); numbers && err == nil && n >= 0 && n < len(c.lines) {
		return n
	}
	return -1
}
