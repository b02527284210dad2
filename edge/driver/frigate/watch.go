package frigate

import (
	"context"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// watch is what is known of a camera on one connection.
type watch struct {
	o      *Options
	out    driver.Sink
	topics map[string]kind

	known  bool // people is true now
	people int
	since  time.Time // when the connection was made
	uptime float64   // of Frigate, as it was told last; 0: not yet
	heard  time.Time // the last message that Frigate sent now
	status string    // of detection, as Frigate told it
	stats  *hall.Reason
	told   bool // the sink was told whether something is wrong
	bad    bool // it was
}

// ask wants camera_activity. Until it comes, or the count changes, the count is not known.
func (w *watch) ask(ctx context.Context) error {
	w.known = false
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if err := w.o.Broker.Publish(ctx, w.o.Prefix+"/onConnect", []byte("1"), false); err != nil {
		return fmt.Errorf("ask for activity: %w", err)
	}
	return nil
}

// hear takes a message. An error is the end of the Run.
func (w *watch) hear(ctx context.Context, m driver.Message) error {
	k := w.topics[m.Topic]
	if k == available {
		return w.available(ctx, m)
	}
	if k == 0 {
		return nil
	}
	if m.Retained { // of an unknown age, whatever it says
		w.out.Refused("kept by the broker: "+m.Topic, sample(m.Payload))
		return nil
	}
	w.heard = w.o.Now()
	w.out.Seen()
	var err error
	switch k {
	case statistics:
		return w.statistics(ctx, m.Payload)
	case activities:
		err = w.activities(m.Payload)
	case status:
		return w.detection(ctx, string(sample(m.Payload)))
	case motion:
		err = w.motion(string(sample(m.Payload)))
	case people:
		var n int
		if n, err = parseCount(m.Payload); err == nil {
			w.count(n)
		}
	}
	if err != nil {
		w.out.Refused(err.Error(), sample(m.Payload))
	}
	return nil
}

func sample(b []byte) []byte { return b[:min(len(b), sampleSize)] }

// available ends the Run when Frigate is away. That it is there is no evidence when the broker has kept it from before.
func (w *watch) available(ctx context.Context, m driver.Message) error {
	switch s := string(sample(m.Payload)); s {
	case "online":
		if m.Retained {
			return nil
		}
		w.heard = w.o.Now()
		w.out.Seen()
		return w.ask(ctx) // it has started again
	case "offline", "stopped":
		w.known = false
		return fmt.Errorf("%w: %s", ErrAway, s)
	default:
		w.out.Refused(errPayload.Error()+": available", sample(m.Payload))
	}
	return nil
}

// statistics says whether pictures come, and whether Frigate has started again without a word.
func (w *watch) statistics(ctx context.Context, b []byte) error {
	s, err := parseStats(b)
	if err != nil {
		w.out.Refused(err.Error(), sample(b))
		return nil
	}
	was := w.stats
	c, there := s.Cameras[w.o.Camera]
	switch {
	case !there:
		w.stats = &hall.Reason{Code: CodeNoCamera, Detail: w.o.Camera}
	case c.FPS != nil && *c.FPS < leastFPS:
		w.stats = &hall.Reason{Code: CodeNoFrames, Detail: fmt.Sprintf("camera_fps %.2f", *c.FPS)}
	case c.Detection != nil && !*c.Detection:
		w.stats = &hall.Reason{Code: CodeDetectOff, Detail: "detection_enabled false"}
	default:
		w.stats = nil
	}
	again := false
	if up := s.Service.Uptime; up != nil {
		if w.uptime == 0 { // has it started since we listen?
			w.uptime = w.o.Now().Sub(w.since).Seconds()
		}
		again = *up < w.uptime
		w.uptime = *up
	}
	w.tell()
	if again || was != nil && w.stats == nil {
		return w.ask(ctx)
	}
	return nil
}

// detection takes the state of the camera's detection.
func (w *watch) detection(ctx context.Context, s string) error {
	switch s {
	case "online", "offline", "disabled":
	default:
		w.out.Refused(errPayload.Error()+": status", []byte(s))
		return nil
	}
	was := w.status
	w.status = s
	w.tell()
	if s == "online" && was != "" && was != s {
		return w.ask(ctx)
	}
	return nil
}

func (w *watch) activities(b []byte) error {
	all, err := parseActivity(b)
	if err != nil {
		return err
	}
	if a, ok := all[w.o.Camera]; ok && a.Motion != nil {
		w.moves(*a.Motion)
	}
	if n, ok := count(all, w.o.Camera, w.o.Area, w.o.Label); ok {
		w.count(n)
	}
	return nil
}

func (w *watch) motion(s string) error {
	if s != "ON" && s != "OFF" {
		return fmt.Errorf("%w: motion", errPayload)
	}
	w.moves(s == "ON")
	return nil
}

func (w *watch) moves(on bool) {
	v := 0.0
	if on {
		v = 1
	}
	w.out.Reading(hall.MetricMotion, string(w.o.Zone), v)
}

// count takes a count, unless the camera is one that cannot be believed now.
func (w *watch) count(n int) {
	if _, bad := w.wrong(); bad {
		return
	}
	w.known, w.people = true, n
	if !w.told {
		w.tell()
	}
	w.read()
}

func (w *watch) read() { w.out.Reading(hall.MetricCounted, string(w.o.Zone), float64(w.people)) }

// again tells the count again while Frigate is known to live, and asks for it where it is not known.
func (w *watch) again(ctx context.Context) error {
	_, bad := w.wrong()
	switch {
	case bad || w.heard.IsZero() || w.o.Now().Sub(w.heard) > 2*w.o.Stats:
		return nil
	case !w.known:
		return w.ask(ctx)
	}
	w.read()
	return nil
}

// wrong gives what is wrong with the camera.
func (w *watch) wrong() (hall.Reason, bool) {
	switch {
	case w.status == "offline":
		return hall.Reason{Code: codeGone, Detail: "Frigate: detect " + w.status}, true
	case w.status == "disabled":
		return hall.Reason{Code: CodeDetectOff, Detail: "Frigate: detect " + w.status}, true
	case w.stats != nil:
		return *w.stats, true
	}
	return hall.Reason{}, false
}

// tell brings the sink to what is true. What a camera that sees nothing counted last is no count.
func (w *watch) tell() {
	why, bad := w.wrong()
	switch {
	case bad:
		w.known = false
		w.out.Degraded(false, why)
	case w.bad || !w.told:
		w.out.Healthy()
	}
	w.told, w.bad = true, bad
}
