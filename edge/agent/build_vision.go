package agent

import (
	"hallpulse/edge/config"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/camera"
	"hallpulse/edge/driver/frigate"
	"hallpulse/edge/driver/onvif"
	"hallpulse/hall"
)

func visionFamilies() map[config.Driver]constructor {
	return map[config.Driver]constructor{
		config.ONVIFCamera: newONVIF, config.ONVIFCounter: newONVIF, config.FrigateCamera: newFrigate,
		config.RTSPCamera: newCamera,
	}
}

func newCamera(_ *Agent, d *config.Device, _ *prepared) built {
	c := d.Camera
	return camera.New(camera.Options{
		RTSP: c.RTSP, Snapshot: c.Snapshot, Username: c.Username, Password: c.Password.Reveal(),
		Interval: c.Interval, Black: c.Black, Covered: c.Covered, Frozen: c.Frozen,
		Defocused: c.Defocused, Moved: c.Moved, Relearn: c.Relearn, Frames: c.Frames,
	})
}

func newONVIF(_ *Agent, d *config.Device, _ *prepared) built {
	c := d.ONVIF
	counters := map[string]hall.Direction{}
	for rule, way := range c.Counters {
		counters[rule] = hall.In
		if way == "out" {
			counters[rule] = hall.Out
		}
	}
	return onvif.New(onvif.Options{
		URL: c.URL, Username: c.Username, Password: c.Password.Reveal(), Zone: d.Zone, Counters: counters, Ignore: c.Ignore,
		InputsClosed: c.InputsClosed, Pull: c.Pull, Snapshot: c.Snapshot, Stream: c.Stream,
		Look: func(stream, snapshot string) driver.Driver {
			return camera.New(camera.Options{
				RTSP: stream, Snapshot: snapshot, Username: c.Username, Password: c.Password.Reveal(),
				Interval: c.Interval, Black: c.Black, Covered: c.Covered, Frozen: c.Frozen,
				Defocused: c.Defocused, Moved: c.Moved, Relearn: c.Relearn, Frames: c.Frames,
			})
		},
	})
}

func newFrigate(a *Agent, d *config.Device, _ *prepared) built {
	c := d.Frigate
	return frigate.New(frigate.Options{
		Broker: a.hallBroker(), Prefix: c.Prefix, Camera: c.Camera, Area: c.Area, Label: c.Label, Zone: d.Zone, Stats: c.Stats,
	})
}
