package frigate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Stats publishes the statistics now.
func (f *Frigate) Stats(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	cameras := map[string]any{}
	for _, c := range f.o.Cameras {
		cameras[f.name(c)] = map[string]any{"camera_fps": f.fps[c], "process_fps": f.fps[c], "skipped_fps": 0.0, "detection_fps": 0.1,
			"detection_enabled": true, "pid": 300, "capture_pid": 301, "ffmpeg_pid": 302}
	}
	return f.json(ctx, "stats", map[string]any{"cameras": cameras, "detectors": map[string]any{"cpu": map[string]any{"inference_speed": 12.5}},
		"service": map[string]any{"uptime": time.Since(f.started).Seconds(), "version": "0.16.2"}})
}

// activity answers onConnect.
func (f *Frigate) activity(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.faults.NoActivity {
		return nil
	}
	out := map[string]any{}
	for _, c := range f.o.Cameras {
		objects := []any{}
		for _, p := range f.people {
			if p.camera == c {
				objects = append(objects, map[string]any{"id": p.id, "label": "person", "stationary": false, "score": 0.8, "sub_label": nil, "current_zones": []string{p.zone}})
			}
		}
		out[f.name(c)] = map[string]any{"motion": len(objects) > 0, "objects": objects}
	}
	return f.json(ctx, "camera_activity", out)
}

func (f *Frigate) name(camera string) string {
	if f.faults.UnknownCamera {
		return camera + "_renamed"
	}
	return camera
}

// counts publishes how many are before a camera and in a zone.
func (f *Frigate) counts(ctx context.Context, camera, zone string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen, inside := 0, 0
	for _, p := range f.people {
		if p.camera == camera {
			seen++
		}
		if p.zone == zone {
			inside++
		}
	}
	var all []error
	for name, n := range map[string]int{camera: seen, zone: inside} {
		text := strconv.Itoa(n)
		if f.faults.Babble {
			text = "many"
		}
		for _, label := range []string{"/person", "/all"} {
			all = append(all, f.o.Broker.Publish(ctx, f.o.Prefix+"/"+name+label, []byte(text), f.faults.RetainCounts))
		}
	}
	return errors.Join(all...)
}

// event publishes an event of a person; the lock is held.
func (f *Frigate) event(ctx context.Context, kind string, p person) error {
	state := map[string]any{"id": p.id, "camera": p.camera, "label": "person", "sub_label": nil, "top_score": 0.8, "false_positive": false,
		"current_zones": []string{p.zone}, "entered_zones": []string{p.zone}, "active": true, "stationary": false, "end_time": nil}
	return f.json(ctx, "events", map[string]any{"type": kind, "before": state, "after": state})
}

func (f *Frigate) json(ctx context.Context, topic string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("frigate: %w", err)
	}
	return f.o.Broker.Publish(ctx, f.o.Prefix+"/"+topic, b, false)
}

func (f *Frigate) publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.o.Broker.Publish(ctx, f.o.Prefix+"/"+topic, payload, retain)
}
