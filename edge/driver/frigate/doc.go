// Package frigate reads the people that a Frigate video recorder sees, through the MQTT broker of the hall (Frigate documentation,
// integrations/mqtt, 0.16). One driver reads one camera and, of it, one zone.
//
// Frigate tells counts when they change only and the broker keeps none of them: after every connect and every restart of
// Frigate the count is not known, and nothing is told, until it changes or Frigate has answered frigate/onConnect with
// camera_activity. A message that the broker kept is never a count: nobody knows how old it is. Events (frigate/events) are not
// used: their ends may be missing or come twice, the counts are Frigate's own sum of them.
package frigate

import (
	"errors"
	"time"
)

// Limits of what Frigate may send.
const (
	maxPeople  = 1000
	maxPayload = 1 << 20 // bytes of stats or camera_activity; twenty cameras take about 60 KiB
	maxWaiting = 256     // messages that wait to be read
	sampleSize = 128     // bytes of what is refused
)

// Times of the driver.
const (
	StatsInterval = time.Minute      // mqtt.stats_interval of Frigate, unless told
	repeatEvery   = 10 * time.Second // the count is told again while Frigate lives
	askTime       = 5 * time.Second
)

// leastFPS is under what a camera gives no pictures.
const leastFPS = 0.1

// Codes of what is wrong with a camera of a Frigate that lives.
const (
	CodeNoFrames  = "no_frames"      // Frigate gets no pictures of it
	CodeNoCamera  = "camera_unknown" // Frigate has no camera of that name
	CodeDetectOff = "detection_off"  // somebody switched detection off
	codeGone      = "unreachable"
)

// ErrAway says that Frigate itself, or the broker in its name, says that it is away.
var ErrAway = errors.New("frigate is away")
