package county

import (
	"fmt"

	"hallpulse/hall"
)

// size is how many devices of each kind a hall has.
type size struct{ windows, cameras, doors, terminals int }

// size of a hall. A big one has thirty devices – with the windows' keypads, the display bus and the dispenser – and four
// door counters, which need GPIO.
func (h *Hall) size() size {
	switch {
	case h.sixty:
		return size{windows: 20, cameras: 14, terminals: 4}
	case h.big:
		return size{windows: 14, cameras: 12, doors: 4, terminals: 2}
	case h.Kind == hall.Center:
		return size{windows: 4, cameras: 2, doors: 1, terminals: 1}
	}
	return size{windows: 1, cameras: 1, terminals: 1}
}

// Devices is how many devices the hall has, and how many of them are door counters.
func (h *Hall) Devices() (all, doors int) {
	s := h.size()
	all = s.windows + s.cameras + s.doors + s.terminals
	if h.Kind == hall.Center {
		all += 2 // display bus and dispenser
	}
	if h.extra != nil {
		all += len(h.extra.yaml)
	}
	return all, s.doors
}

// door is a pair of beams.
type door struct {
	device       hall.DeviceID
	name         hall.Text
	outer, inner string
}

// doors lists the most that a hall can have, the main one first.
func doors() []door {
	return []door{
		{deviceDoor, hall.Text{ZH: "大门客流", EN: "Door counter"}, "GPIO17", "GPIO27"},
		{"door-2", hall.Text{ZH: "侧门客流", EN: "Side door counter"}, "GPIO5", "GPIO6"},
		{"door-3", hall.Text{ZH: "自助区客流", EN: "Self-service counter"}, "GPIO22", "GPIO23"},
		{"door-4", hall.Text{ZH: "后门客流", EN: "Back door counter"}, "GPIO24", "GPIO25"},
	}
}

func pinsOf(list []door) (pins []string) {
	for _, d := range list {
		pins = append(pins, d.outer, d.inner)
	}
	return pins
}

// numbered names the i-th device of a kind; the first has no number.
func numbered(kind string, i int) (id, number string) {
	if i == 0 {
		return kind, ""
	}
	return fmt.Sprintf("%s-%d", kind, i+1), fmt.Sprintf(" %d", i+1)
}

// serialOf is the serial number of a terminal.
func (h *Hall) serialOf(i int) string {
	if i == 0 {
		return h.serial
	}
	return fmt.Sprintf("%s%d", h.serial, i)
}

func cameraName(i int) hall.Text {
	switch i {
	case 0:
		return hall.Text{ZH: "等候区摄像头", EN: "Camera, waiting area"}
	case 1:
		return hall.Text{ZH: "窗口摄像头", EN: "Camera, windows"}
	}
	return hall.Text{ZH: fmt.Sprintf("摄像头 %d", i+1), EN: fmt.Sprintf("Camera %d", i+1)}
}
