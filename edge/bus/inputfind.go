package bus

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hallpulse/edge/driver"
)

// maxInputs bounds the input devices that are looked through.
const maxInputs = 256

// find gives the device file that is meant. One of several of a kind is never guessed: two identical keypads differ by the
// port alone, and a swapped pair would give a window the ratings of another.
func (d *InputDevice) find() (string, error) {
	if d.o.Path != "" {
		return d.o.Path, nil
	}
	if d.o.Vendor == 0 && d.o.Product == 0 {
		return "", fmt.Errorf("neither a path nor a vendor and product are given: %w", driver.ErrPermanent)
	}
	all, err := filepath.Glob(filepath.Join(d.sys, "event*"))
	if err != nil {
		return "", err
	}
	var found, ports []string
	for _, dir := range all[:min(len(all), maxInputs)] {
		dev := filepath.Join(dir, "device")
		if attribute(dev, "id/vendor") != fmt.Sprintf("%04x", d.o.Vendor) || attribute(dev, "id/product") != fmt.Sprintf("%04x", d.o.Product) {
			continue
		}
		phys, uniq := attribute(dev, "phys"), attribute(dev, "uniq")
		ports = append(ports, phys)
		if d.o.Phys == "" || d.o.Phys == phys || uniq != "" && d.o.Phys == uniq {
			found = append(found, filepath.Join(d.dev, filepath.Base(dir)))
		}
	}
	slices.Sort(ports)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fmt.Errorf("%d such devices are plugged in: name the port of this one as phys; they are %s", len(found), list(ports))
	case len(ports) > 0:
		return "", fmt.Errorf("it is not plugged in at this port, but at %s: %w", list(ports), fs.ErrNotExist)
	}
	return "", fmt.Errorf("it is not plugged in (lsusb lists what is): %w", fs.ErrNotExist)
}

// attribute reads a line of sysfs, empty where there is none.
func attribute(dir, name string) string {
	p, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(p))
}
