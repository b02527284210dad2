package bus

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/warthog618/go-gpiocdev"

	"hallpulse/edge/driver"
)

func TestPlaceOfLines(t *testing.T) {
	c := chipInfo{path: "/dev/gpiochip1", name: "gpiochip1", lines: []string{"3", "", "D0", ""}}
	at, missing := c.place([]string{"D0", "1", "3"}, true) // a name that is a number is a name
	if missing != "" || at.chip != c.path || !slices.Equal(at.offsets, []int{2, 1, 0}) || !slices.Equal(at.names, []string{"D0", "gpiochip1:1", "3"}) {
		t.Errorf("got %+v, %q", at, missing)
	}
	if _, missing := c.place([]string{"D0", "1"}, false); missing != "1" {
		t.Errorf("a number of another chip: %q", missing)
	}
}

func TestNoSuchChip(t *testing.T) {
	_, err := NewGPIO().Edges("gpiochip999").OpenEdges(both("D0"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "gpiochip999") || !strings.Contains(err.Error(), "ls /dev/gpiochip*") {
		t.Errorf("got %v", err)
	}
	if _, err := NewGPIO().Edges("/dev/null").OpenEdges(both("D0")); err == nil || !strings.Contains(err.Error(), "/dev/null") {
		t.Errorf("no chip at all: %v", err)
	}
	if len(gpiocdev.Chips()) == 0 {
		if _, err := NewGPIO().Edges("").OpenEdges(both("D0")); !errors.Is(err, driver.ErrPermanent) || !strings.Contains(err.Error(), "no GPIO chip") {
			t.Errorf("got %v", err)
		}
	}
}

// simulated makes a chip of the kernel's gpio-sim (Documentation/admin-guide/gpio/gpio-sim.rst) and gives its name and how
// one sets a line.
func simulated(t *testing.T, names ...string) (chip string, pull func(line, how string)) {
	t.Helper()
	const root = "/sys/kernel/config/gpio-sim"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("this kernel has no gpio-sim: %v", err)
	}
	dir := filepath.Join(root, "hallpulse-test")
	bank := filepath.Join(dir, "bank0")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		t.Helper()
		p, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(p))
	}
	made := []string{dir, bank}
	for i := range names {
		made = append(made, filepath.Join(bank, "line"+string(rune('0'+i))))
	}
	t.Cleanup(func() {
		_ = os.WriteFile(filepath.Join(dir, "live"), []byte("0"), 0o644)
		for _, d := range slices.Backward(made) {
			_ = os.Remove(d)
		}
	})
	for i, d := range made {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Skipf("gpio-sim cannot be used: %v", err)
		}
		if i >= 2 {
			put(filepath.Join(d, "name"), names[i-2])
		}
	}
	put(filepath.Join(bank, "num_lines"), "8")
	put(filepath.Join(dir, "live"), "1")
	chip = read(filepath.Join(bank, "chip_name"))
	device := filepath.Join("/sys/devices/platform", read(filepath.Join(dir, "dev_name")), chip)
	return chip, func(line, how string) { put(filepath.Join(device, "sim_gpio"+line, "pull"), how) }
}

func TestEdgesOfTheKernel(t *testing.T) {
	chip, pull := simulated(t, "HP-D0", "HP-D1")
	for _, f := range []string{"0", "1"} {
		pull(f, "pull-up")
	}
	g := NewGPIO()
	e, err := g.Edges(chip).OpenEdges(driver.EdgeOptions{Lines: []string{"HP-D0", "HP-D1"}, Falling: true, PullUp: true, Buffer: 256})
	if err != nil {
		t.Fatal(err)
	}
	const frame = 100                           // more than the kernel keeps of two lines by itself
	bit := time.NewTicker(2 * time.Millisecond) // of a reader; two at once are one to the kernel
	defer bit.Stop()
	for i := range frame {
		<-bit.C
		line := []string{"0", "1"}[i%2]
		pull(line, "pull-down")
		pull(line, "pull-up")
	}
	var last time.Duration
	for i := range frame {
		x, err := e.Next(t.Context())
		if err != nil || x.Line != i%2 || x.Rising || x.At <= last {
			t.Fatalf("%d: %+v, %v", i, x, err)
		}
		last = x.At
	}
	if high, err := e.High(1); err != nil || !high {
		t.Errorf("level: %t, %v", high, err)
	}
	if _, err := NewGPIO().Edges(chip).OpenEdges(both("1")); !errors.Is(err, ErrInUse) {
		t.Errorf("second program: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
