package county

import (
	"hallpulse/edge/simulator/camera"
	"hallpulse/hall"
)

// breakage is a way in which a device fails.
type breakage struct {
	device hall.DeviceID
	note   string
	set    func(on bool)
}

// breakage chooses one of the ways that lose nothing the truth holds: what an unplugged printer prints is nobody's fault.
func (h *Hall) breakage(n int) breakage {
	picture := func(p camera.Picture) func(bool) {
		return func(on bool) {
			if on {
				h.cameras[0].SetPicture(p)
			} else {
				h.cameras[0].SetPicture(camera.Live)
			}
		}
	}
	list := []breakage{
		{"camera-1", "covered", picture(camera.Covered)},
		{"terminal", "network cable pulled", h.terminal.Offline},
		{"camera-1", "black", picture(camera.Black)},
		{"camera-1", "unplugged", h.cameras[0].Offline},
		{keypadID(h.windows[0]), "silent", h.keypads[h.windows[0]].Mute},
	}
	return list[n%len(list)]
}
