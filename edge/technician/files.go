package technician

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hallpulse/hall"
)

// The notes on what files tell.
var (
	noteRecord  = hall.Text{ZH: "不知道接的是什么：先用 hallpulse device record 录一段，再用 replay --suggest 找协议", EN: "what is behind it is not known: record it, then let replay --suggest find the profile"}
	noteNumber  = hall.Text{ZH: "没有固定名称，插拔后编号可能改变", EN: "it has no name of its own; its number may change"}
	noteKeys    = hall.Text{ZH: "按键类输入设备", EN: "an input device with keys"}
	noteLines   = hall.Text{ZH: "GPIO 引脚；下面以一对红外对射为例", EN: "GPIO lines; a pair of light barriers is an example"}
	noteKnownBy = hall.Text{ZH: "只凭地址猜测，请核对芯片型号", EN: "guessed by its address alone: check the chip"}
)

func (o *Options) path(parts ...string) string {
	root := o.Root
	if root == "" {
		root = "/"
	}
	return filepath.Join(append([]string{root}, parts...)...)
}

// name gives a path as the machine has it.
func (o *Options) name(path string) string {
	if o.Root == "" {
		return path
	}
	return "/" + strings.TrimPrefix(strings.TrimPrefix(path, filepath.Clean(o.Root)), "/")
}

// links gives the symbolic links of a folder, by what they lead to.
func (o *Options) links(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(o.path(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	out := map[string]string{}
	for _, e := range entries {
		link := o.path(dir, e.Name())
		if target, err := os.Readlink(link); err == nil {
			out[filepath.Base(target)] = link
		}
	}
	return out, err
}

// serialPorts lists the ports that have hardware, by their lasting names where they have one.
func serialPorts(_ context.Context, o *Options) ([]Finding, error) {
	byID, err := o.links("dev/serial/by-id")
	if err != nil {
		return nil, err
	}
	ttys, err := filepath.Glob(o.path("sys/class/tty/*/device"))
	if err != nil {
		return nil, err
	}
	var out []Finding
	seen := map[string]bool{}
	for _, device := range ttys {
		name := filepath.Base(filepath.Dir(device))
		if !o.real(name) {
			continue
		}
		seen[name] = true
		out = append(out, o.port(name, byID[name], o.product(device)))
	}
	for name, link := range byID { // a system without sysfs
		if !seen[name] {
			out = append(out, o.port(name, link, ""))
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return strings.Compare(a.Where, b.Where) })
	return out, nil
}

func (o *Options) port(name, link, product string) Finding {
	f := Finding{Where: "/dev/" + name, What: product, Note: noteRecord}
	if link != "" {
		f.Where = o.name(link)
	} else if strings.HasPrefix(name, "ttyUSB") || strings.HasPrefix(name, "ttyACM") {
		f.Note = hall.Text{ZH: noteNumber.ZH + "；" + noteRecord.ZH, EN: noteNumber.EN + "; " + noteRecord.EN}
	}
	f.Block = propose(fmt.Sprintf("- id: %s\n  driver: profile\n  profile: led-display\n  window: w1\n  serial: {port: %s}", id("line-"+name), quoted(f.Where)))
	return f
}

// real says whether a port of the old kind has a chip: the kernel lists those that the machine might have.
func (o *Options) real(name string) bool {
	if !strings.HasPrefix(name, "ttyS") {
		return !strings.HasPrefix(name, "ttyprintk")
	}
	kind, err := os.ReadFile(o.path("sys/class/tty", name, "type"))
	return err != nil || strings.TrimSpace(string(kind)) != "0"
}

// maxUp is how many folders up the name of a USB device may stand.
const maxUp = 5

// product gives the maker and name of the USB device behind a folder of sysfs.
func (o *Options) product(device string) string {
	dir, err := filepath.EvalSymlinks(device)
	for range maxUp {
		if err != nil {
			return ""
		}
		if name, err := os.ReadFile(filepath.Join(dir, "product")); err == nil {
			maker, _ := os.ReadFile(filepath.Join(dir, "manufacturer")) // not every device has one
			return strings.TrimSpace(strings.TrimSpace(string(maker)) + " " + strings.TrimSpace(string(name)))
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// inputDevices lists keyboards, keypads and scanners by their lasting names.
func inputDevices(_ context.Context, o *Options) ([]Finding, error) {
	byID, err := o.links("dev/input/by-id")
	if err != nil {
		return nil, err
	}
	var out []Finding
	for event, link := range byID {
		if !strings.HasPrefix(event, "event") {
			continue
		}
		name, _ := os.ReadFile(o.path("sys/class/input", event, "device/name")) // the link names it too
		path := o.name(link)
		f := Finding{Where: path, What: strings.TrimSpace(string(name)), Note: noteKeys}
		if strings.HasSuffix(path, "-event-kbd") {
			key := id("keys-" + strings.TrimSuffix(filepath.Base(path), "-event-kbd"))
			f.Block = propose(
				fmt.Sprintf("- id: %s\n  driver: input-keypad\n  window: w1\n  input: {device: %s}", key, quoted(path)),
				fmt.Sprintf("- id: %s\n  driver: input-keypad\n  window: w1\n  input: {path: %s}", key, quoted(path)),
			)
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Finding) int { return strings.Compare(a.Where, b.Where) })
	return out, nil
}

// gpioChips lists the machine's GPIO chips.
func gpioChips(_ context.Context, o *Options) ([]Finding, error) {
	chips, err := filepath.Glob(o.path("dev/gpiochip*"))
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, chip := range chips {
		what := ""
		for _, file := range []string{"label", "ngpio"} {
			text, err := os.ReadFile(o.path("sys/bus/gpio/devices", filepath.Base(chip), file))
			if err != nil {
				matches, _ := filepath.Glob(o.path("sys/bus/gpio/devices", filepath.Base(chip), "gpio", "*", file)) // the pattern is right
				if len(matches) > 0 {
					text, _ = os.ReadFile(matches[0]) // not every kernel has it
				}
			}
			what = strings.TrimSpace(what + " " + strings.TrimSpace(string(text)))
		}
		out = append(out, Finding{Where: o.name(chip), What: what, Note: noteLines,
			Block: propose("- id: door\n  driver: beam-pair\n  zone: waiting\n  beam: {outer: GPIO17, inner: GPIO27}")})
	}
	return out, nil
}
