package bus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"hallpulse/edge/driver"
)

// Requests of uinput (uinput.h).
const (
	uiCreate  = 0x5501
	uiDestroy = 0x5502
	uiSetup   = 0x405C5503
	uiEvent   = 0x40045564
	uiKey     = 0x40045565
	uiSysname = 0x8040552C
)

// uinput makes a keypad of the kernel's and gives its device file.
func uinput(t *testing.T, vendor, product uint16) (keys *os.File, event string) {
	t.Helper()
	f, err := os.OpenFile("/dev/uinput", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no uinput here: %v", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	set := func(request uint, value int) {
		t.Helper()
		if err := control(f, func(fd int) error { return unix.IoctlSetInt(fd, request, value) }); err != nil {
			t.Fatal(err)
		}
	}
	set(uiEvent, 1)
	set(uiKey, 79)
	set(uiKey, 80)
	var setup [92]byte // struct uinput_setup
	for i, v := range []uint16{3, vendor, product, 1} {
		binary.NativeEndian.PutUint16(setup[2*i:], v)
	}
	copy(setup[8:], "hallpulse test")
	if err := ioctl(f, uiSetup, unsafe.Pointer(&setup)); err != nil {
		t.Fatal(err)
	}
	set(uiCreate, 0)
	t.Cleanup(func() { _ = control(f, func(fd int) error { return unix.IoctlSetInt(fd, uiDestroy, 0) }) })
	var name [64]byte
	if err := ioctl(f, uiSysname, unsafe.Pointer(&name)); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join("/sys/class/input", cString(name[:]), "event*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", cString(name[:]), found, err)
	}
	event = filepath.Join("/dev/input", filepath.Base(found[0]))
	tick := time.NewTicker(10 * time.Millisecond) // udev makes the file
	defer tick.Stop()
	for late := time.After(10 * time.Second); ; {
		if _, err := os.Stat(event); err == nil {
			return f, event
		}
		select {
		case <-tick.C:
		case <-late:
			t.Skipf("nobody makes %s here", event)
		}
	}
}

func TestInputOfTheKernel(t *testing.T) {
	keys, event := uinput(t, 0x1209, 0xF1F0)
	write(t, keys, keyChange(79, driver.KeyDown)) // held when it is opened
	in, err := NewInput(InputOptions{Vendor: 0x1209, Product: 0xF1F0}).OpenInput()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if _, err := NewInput(InputOptions{Path: event}).OpenInput(); !errors.Is(err, ErrInUse) {
		t.Errorf("second owner: %v", err)
	}
	if _, err := NewInput(InputOptions{Path: event, Vendor: 0x1209, Product: 1}).OpenInput(); err == nil {
		t.Error("another device was taken")
	}
	write(t, keys, keyChange(79, driver.KeyUp), keyChange(80, driver.KeyDown))
	var told string
	for range 2 {
		e, err := in.Next(t.Context())
		if err != nil || e.At <= 0 {
			t.Fatalf("%+v, %v", e, err)
		}
		told += fmt.Sprintf("%d=%d ", e.Code, e.Value)
	}
	if told != "79=0 80=1 " {
		t.Errorf("got %s", told)
	}
	for range 200 { // more than the kernel keeps
		write(t, keys, keyChange(80, driver.KeyUp), keyChange(80, driver.KeyDown))
	}
	write(t, keys, keyChange(79, driver.KeyDown))
	lost := false
	for e, err := in.Next(t.Context()); e.Code != 79; e, err = in.Next(t.Context()) {
		if lost = lost || errors.Is(err, driver.ErrKeysLost); err != nil && !errors.Is(err, driver.ErrKeysLost) {
			t.Fatal(err)
		}
	}
	if !lost {
		t.Error("lost changes were not told")
	}
	if err := control(keys, func(fd int) error { return unix.IoctlSetInt(fd, uiDestroy, 0) }); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil || errors.Is(err, driver.ErrKeysLost); _, err = in.Next(t.Context()) {
	}
	if !errors.Is(err, unix.ENODEV) {
		t.Errorf("unplugged: %v", err)
	}
}
