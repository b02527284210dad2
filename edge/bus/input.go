package bus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"hallpulse/edge/driver"
)

// Requests of input devices (input.h).
const (
	eviocGrab     = 0x40044590 // EVIOCGRAB
	eviocClock    = 0x400445A0 // EVIOCSCLOCKID
	eviocID       = 0x80084502 // EVIOCGID
	eviocKeys     = 0x80004518 // EVIOCGKEY(0); its size is added
	eviocSize     = 16         // bit of the size in a request
	inputAtOnce   = 64         // events of a read
	inputIDWords  = 4
	inputVendorAt = 1
)

var _ driver.InputOpener = (*InputDevice)(nil)

// InputOptions says which input device is meant: by Path, or by Vendor and Product, and by Phys where there are several of a kind.
type InputOptions struct {
	Path    string // stable, e.g. /dev/input/by-id/usb-…-event-kbd or /dev/input/by-path/…; eventN may change its number
	Vendor  uint16 // of USB
	Product uint16
	Phys    string // the port it is plugged into, e.g. usb-0000:01:00.0-1.2/input0, or its serial number
}

// InputDevice opens one input device.
type InputDevice struct {
	o        InputOptions
	sys, dev string
}

// NewInput gives an opener; it opens nothing.
func NewInput(o InputOptions) *InputDevice {
	return &InputDevice{o: o, sys: "/sys/class/input", dev: "/dev/input"}
}

// OpenInput takes the device until Close; its keys reach no console meanwhile. It fails with [ErrInUse] while another program
// has it, with [fs.ErrNotExist] when it is not plugged in, and with [fs.ErrPermission] when the user may not open it.
func (d *InputDevice) OpenInput() (driver.Input, error) {
	path, err := d.find()
	if err != nil {
		return nil, fmt.Errorf("bus: input device %s: %w", d.o, err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("bus: input device %s: %w", d.o, explainInput(err))
	}
	in, err := d.grab(f)
	if err == nil {
		err = d.still(path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bus: input device %s: %w", d.o, explainInput(err)), f.Close())
	}
	return in, nil
}

// still fails when path is another device than it was before it was opened: event numbers change as devices are plugged in.
func (d *InputDevice) still(path string) error {
	now, err := d.find()
	if err == nil && now != path {
		err = fmt.Errorf("it was %s and is %s now: %w", path, now, fs.ErrNotExist)
	}
	return err
}

// grab makes f the gateway's alone.
func (d *InputDevice) grab(f *os.File) (*input, error) {
	var id [inputIDWords]uint16
	if err := ioctl(f, eviocID, unsafe.Pointer(&id)); err != nil {
		return nil, fmt.Errorf("it is no input device: %w", err)
	}
	if v, p := id[inputVendorAt], id[inputVendorAt+1]; d.o.Vendor != 0 && (v != d.o.Vendor || p != d.o.Product) {
		return nil, fmt.Errorf("%04x:%04x is plugged in there: correct the configuration, or plug in the right one", v, p)
	}
	monotonic := int32(unix.CLOCK_MONOTONIC)
	if err := ioctl(f, eviocClock, unsafe.Pointer(&monotonic)); err != nil {
		return nil, fmt.Errorf("its clock: %w", err)
	}
	if err := control(f, func(fd int) error { return unix.IoctlSetInt(fd, eviocGrab, 1) }); err != nil {
		return nil, err
	}
	return newInput(f, driver.InputEventSize, func() (s driver.KeySet, err error) {
		return s, ioctl(f, eviocKeys|uint(len(s))<<eviocSize, unsafe.Pointer(&s))
	})
}

// String names the device as the configuration does.
func (o InputOptions) String() string {
	if o.Path != "" {
		return o.Path
	}
	s := fmt.Sprintf("%04x:%04x", o.Vendor, o.Product)
	if o.Phys != "" {
		s += " at " + o.Phys
	}
	return s
}

// control runs do with the descriptor, which stays open meanwhile.
func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	if err := raw.Control(func(fd uintptr) { done = do(int(fd)) }); err != nil {
		return orClosed(f, err)
	}
	return done
}

func ioctl(f *os.File, request uint, arg unsafe.Pointer) error {
	return control(f, func(fd int) error {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg)); errno != 0 {
			return errno
		}
		return nil
	})
}

// explainInput adds the mend to an error of opening.
func explainInput(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return fmt.Errorf("no such device: is it plugged in? (ls /dev/input/by-id /dev/input/by-path lists those that are): %w", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("add the gateway's user to the group input and start it anew: %w", err)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%w: two devices of the configuration, or another program, have grabbed it: %w", ErrInUse, err)
	}
	return err
}

// input is an open device.
type input struct {
	file *os.File
	keys *driver.KeyDecoder
	buf  []byte
}

func newInput(f *os.File, size int, held func() (driver.KeySet, error)) (*input, error) {
	keys, err := driver.NewKeyDecoder(size, held)
	if err != nil {
		return nil, err
	}
	return &input{file: f, keys: keys, buf: make([]byte, inputAtOnce*size)}, nil
}

// Next gives the next change of a key. Changes that came before ctx's end are given first.
func (in *input) Next(ctx context.Context) (driver.KeyEvent, error) {
	for {
		if e, err, ok := in.keys.Take(); ok {
			return e, err
		}
		n, err := readUntil(ctx, in.file, in.buf, 0)
		if n > 0 {
			if err := in.keys.Feed(in.buf[:n]); err != nil {
				return driver.KeyEvent{}, fmt.Errorf("bus: input device: %w", err)
			}
			continue
		}
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return driver.KeyEvent{}, err
		}
		return driver.KeyEvent{}, fmt.Errorf("bus: input device is gone: %w", err)
	}
}

// Close gives the device back; the kernel ends the grab with the descriptor.
func (in *input) Close() error {
	if err := in.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("bus: input device: close: %w", err)
	}
	return nil
}
