package frigate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// errPayload says why a message is refused.
var errPayload = errors.New("message cannot be understood")

// parseCount reads a count.
func parseCount(b []byte) (int, error) {
	n, err := strconv.Atoi(string(b[:min(len(b), 8)]))
	if err != nil || len(b) > 8 || n < 0 || n > maxPeople {
		return 0, fmt.Errorf("%w: count", errPayload)
	}
	return n, nil
}

// activity is what camera_activity says of one camera.
type activity struct {
	Motion  *bool     `json:"motion"`
	Objects *[]object `json:"objects"`
}

type object struct {
	Label string    `json:"label"`
	Zones *[]string `json:"current_zones"`
}

// parseActivity reads what every camera sees, by camera.
func parseActivity(b []byte) (map[string]activity, error) {
	var out map[string]activity
	if err := read(b, &out); err != nil {
		return nil, err
	}
	if out == nil {
		return nil, fmt.Errorf("%w: no cameras", errPayload)
	}
	return out, nil
}

// count gives how many with a label are in the zone, or before the camera where zone is empty; ok is false when that is not told.
func count(all map[string]activity, camera, zone, label string) (n int, ok bool) {
	for name, a := range all {
		if zone == "" && name != camera {
			continue
		}
		if a.Objects == nil {
			return 0, false
		}
		for _, o := range *a.Objects {
			switch {
			case strings.TrimSuffix(o.Label, "-verified") != label:
			case zone == "":
				n++
			case o.Zones == nil:
				return 0, false
			case slices.Contains(*o.Zones, zone):
				n++
			}
		}
	}
	_, ok = all[camera]
	return n, ok && n <= maxPeople
}

// stats is what Frigate says of itself now and then.
type stats struct {
	Cameras map[string]cameraStats `json:"cameras"`
	Service struct {
		Uptime *float64 `json:"uptime"`
	} `json:"service"`
}

type cameraStats struct {
	FPS       *float64 `json:"camera_fps"`
	Detection *bool    `json:"detection_enabled"`
}

func parseStats(b []byte) (s stats, err error) {
	if err := read(b, &s); err != nil {
		return s, err
	}
	if s.Cameras == nil {
		return s, fmt.Errorf("%w: no cameras", errPayload)
	}
	return s, nil
}

// read is json.Unmarshal of a bounded message. camera_activity is a text with JSON in it in some versions.
func read(b []byte, v any) error {
	if len(b) > maxPayload {
		return fmt.Errorf("%w: %d bytes", errPayload, len(b))
	}
	var text string
	if len(b) > 0 && b[0] == '"' && json.Unmarshal(b, &text) == nil {
		b = []byte(text)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %w", errPayload, err)
	}
	return nil
}
