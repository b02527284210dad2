package bus

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hallpulse/edge/driver"
)

// plug puts an input device into a tree like that of /sys/class/input.
func plug(t *testing.T, sys, event string, attributes map[string]string) {
	t.Helper()
	for name, text := range attributes {
		file := filepath.Join(sys, event, "device", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// keypads is a machine with two keypads of a kind, and one that is alone.
func keypads(t *testing.T, o InputOptions) *InputDevice {
	sys := t.TempDir()
	plug(t, sys, "event3", map[string]string{"id/vendor": "13ba", "id/product": "0001", "phys": "usb-1.2/input0", "uniq": ""})
	plug(t, sys, "event11", map[string]string{"id/vendor": "13ba", "id/product": "0001", "phys": "usb-1.4/input0", "uniq": "SN42"})
	plug(t, sys, "event4", map[string]string{"id/vendor": "0a5f", "id/product": "0001", "phys": "usb-1.1/input0"})
	plug(t, sys, "mouse0", map[string]string{"id/vendor": "0a5f", "id/product": "0001"})
	plug(t, sys, "event9", map[string]string{"name": "without an identity"})
	return &InputDevice{o: o, sys: sys, dev: "/dev/input"}
}

func TestFindInput(t *testing.T) {
	for _, c := range []struct {
		o    InputOptions
		path string
		is   error
		text string
	}{
		{o: InputOptions{Path: "/dev/input/by-id/x", Vendor: 1}, path: "/dev/input/by-id/x"},
		{o: InputOptions{Vendor: 0x0a5f, Product: 1}, path: "/dev/input/event4"},
		{o: InputOptions{Vendor: 0x13ba, Product: 1, Phys: "usb-1.2/input0"}, path: "/dev/input/event3"},
		{o: InputOptions{Vendor: 0x13ba, Product: 1, Phys: "SN42"}, path: "/dev/input/event11"},
		{o: InputOptions{Vendor: 0x13ba, Product: 1},
			text: "2 such devices are plugged in: name the port of this one as phys; they are usb-1.2/input0, usb-1.4/input0"},
		{o: InputOptions{Vendor: 0x13ba, Product: 1, Phys: "usb-1.9/input0"}, is: fs.ErrNotExist, text: "at usb-1.2/input0, usb-1.4/input0"},
		{o: InputOptions{Vendor: 0x0a5f, Product: 2}, is: fs.ErrNotExist, text: "lsusb"},
		{o: InputOptions{Phys: "usb-1.2/input0"}, is: driver.ErrPermanent, text: "vendor and product"},
	} {
		path, err := keypads(t, c.o).find()
		if path != c.path || (err == nil) != (c.path != "") ||
			c.is != nil && !errors.Is(err, c.is) || err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %q, %v", c.o, path, err)
		}
		if c.path == "" {
			if _, err := keypads(t, c.o).OpenInput(); err == nil || !strings.Contains(err.Error(), c.o.String()) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("open %s: %v", c.o, err)
			}
		}
	}
}

func TestInputThatMovedWhileItWasOpened(t *testing.T) {
	d := keypads(t, InputOptions{Vendor: 0x13ba, Product: 1, Phys: "SN42"})
	if err := d.still("/dev/input/event11"); err != nil {
		t.Error(err)
	}
	if err := d.still("/dev/input/event3"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "event11") {
		t.Errorf("got %v", err)
	}
}
