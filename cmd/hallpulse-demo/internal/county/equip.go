package county

import (
	"fmt"
	"path/filepath"
	"time"

	"hallpulse/edge/simulator/beam"
	"hallpulse/edge/simulator/camera"
	"hallpulse/edge/simulator/display"
	"hallpulse/edge/simulator/keypad"
	"hallpulse/edge/simulator/line"
	"hallpulse/edge/simulator/modbus"
	"hallpulse/edge/simulator/printer"
	"hallpulse/edge/simulator/terminal"
	"hallpulse/hall"
)

// walkTime is how long somebody is in a door whose beams are 12 cm apart: half a metre of person at 1 m/s.
const walkTime = 600 * time.Millisecond

// equip makes what the hall owns.
func (h *Hall) equip(seed uint64, attendance string) error {
	size := h.size()
	h.doors = doors()[:size.doors]
	for i := range size.windows {
		h.windows = append(h.windows, hall.WindowID(fmt.Sprintf("w%d", i+1)))
	}
	for i := range size.terminals {
		t := terminal.New(terminal.Options{Serial: h.serialOf(i), Server: "http://" + attendance, Poll: 5 * time.Second, Retry: time.Second})
		h.runners = append(h.runners, t.Run)
		if i == 0 {
			h.terminal = t // where people punch
		}
	}
	for _, w := range h.windows {
		if err := h.addKeypad(w); err != nil {
			return err
		}
	}
	for i := range size.cameras {
		c, err := camera.New(camera.Options{Username: "hall", Password: cameraPassword, Seed: seed + uint64(i)})
		if err != nil {
			return fmt.Errorf("county: %w", err)
		}
		h.cameras = append(h.cameras, c)
		h.runners = append(h.runners, c.Run)
	}
	if h.Kind == hall.Center {
		return h.addQueue(seed)
	}
	return nil
}

// addQueue makes the queue system and the door counter, which only township halls own.
func (h *Hall) addQueue(seed uint64) error {
	l, err := h.line(deviceDisplay)
	if err != nil {
		return err
	}
	if h.modbus {
		b := modbus.New(modbus.Options{Line: l, Addresses: h.addresses(), Refresh: 5 * time.Second})
		h.bus = b
		h.runners = append(h.runners, run(b.Run))
	} else {
		h.addDisplays(l)
	}
	if err := h.addPrinter(); err != nil {
		return err
	}
	h.GPIO = filepath.Join(h.dir, "gpio.sock")
	h.chip = beam.NewServer(beam.Options{Socket: h.GPIO, Pins: pinsOf(h.doors), Pace: walkTime})
	h.runners = append(h.runners, h.chip.Run)
	return nil
}

// addDisplays makes displays in one of the two private layouts.
func (h *Hall) addDisplays(l *line.Line) {
	layout := display.ASCII
	if h.layout() == "caller-display" {
		layout = display.Caller
	}
	b := display.New(display.Options{Line: l, Layout: layout, Addresses: h.addresses(), Refresh: 5 * time.Second})
	h.bus = b
	h.runners = append(h.runners, run(b.Run))
}

// addPrinter makes the ticket printer, on a serial line or on the network behind the gateway.
func (h *Hall) addPrinter() error {
	if h.proxy != "" {
		h.spooler = printer.NewNetwork("127.0.0.1:0")
		if err := h.spooler.Power(true); err != nil {
			return fmt.Errorf("county: %w", err)
		}
		h.closers = append(h.closers, h.spooler.Close)
		h.printer = printer.New(printer.Options{Out: printer.Remote(h.proxy), Hall: h.desc.name.ZH})
		return nil
	}
	l, err := h.line(deviceDispenser)
	if err != nil {
		return err
	}
	h.printer = printer.New(printer.Options{Line: l, Hall: h.desc.name.ZH})
	return nil
}

func (h *Hall) addKeypad(w hall.WindowID) error {
	l, err := h.line("keypad-" + string(w))
	if err != nil {
		return err
	}
	k := keypad.New(keypad.Options{Line: l, Address: 1})
	h.keypads[w] = k
	h.runners = append(h.runners, run(k.Run))
	return nil
}

// line makes a serial line at the path where the hall's configuration looks for it.
func (h *Hall) line(device string) (*line.Line, error) {
	l, err := line.Open(h.port(device))
	if err != nil {
		return nil, fmt.Errorf("county: %w", err)
	}
	h.lines = append(h.lines, l)
	return l, nil
}

func (h *Hall) port(device string) string { return filepath.Join(h.dir, "dev", device) }

// layout is the frame layout of the hall's display bus: both are in use in one county.
func (h *Hall) layout() string {
	if sum(string(h.ID))%2 == 0 {
		return "caller-display"
	}
	return "led-display"
}

// addresses gives every window's display its address.
func (h *Hall) addresses() map[hall.WindowID]int {
	out := map[hall.WindowID]int{}
	for i, w := range h.windows {
		out[w] = i + 1
	}
	return out
}

func categories() []hall.Category {
	return []hall.Category{
		{ID: "social", Name: hall.Text{ZH: "社保医保", EN: "Social insurance"}, Prefix: "A"},
		{ID: "civil", Name: hall.Text{ZH: "民政事务", EN: "Civil affairs"}, Prefix: "B"},
		{ID: "general", Name: hall.Text{ZH: "综合受理", EN: "General"}, Prefix: "C"},
	}
}
