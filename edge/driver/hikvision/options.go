package hikvision

import (
	"time"

	"hallpulse/hall"
)

// Mode is how a device's events reach the gateway.
type Mode string

// The modes.
const (
	Listen Mode = "listen" // the device posts
	Stream Mode = "stream" // the gateway holds the device's alertStream open
)

// DeviceOptions are those of every device. Listen needs Token, Stream needs URL.
type DeviceOptions struct {
	ID        hall.DeviceID
	Mode      Mode
	Token     string // secret part of the path that it posts to
	URL       string // http://host, without user and password; empty: it is asked nothing
	Username  string // empty: no login
	Password  string
	Serial    string         // empty: asked; a terminal's punches carry it
	Location  *time.Location // zone of times without an offset; nil: UTC+8
	Heartbeat time.Duration  // between two of its events or heartbeats; 0: 10 s in a stream, a minute with Listen
	Interval  time.Duration  // between two looks at its clock; 0: Interval
}

func (o DeviceOptions) location() *time.Location {
	if o.Location != nil {
		return o.Location
	}
	return time.FixedZone("UTC+8", 8*3600)
}

// Status counts what a device sent since the program started. Nothing in it identifies a person.
type Status struct {
	ID         hall.DeviceID `json:"id"`
	Serial     string        `json:"serial"`
	Model      string        `json:"model,omitempty"`
	Firmware   string        `json:"firmware,omitempty"`
	Last       time.Time     `json:"last"` // any event or answer
	Skew       time.Duration `json:"skew"` // device clock minus gateway clock; 0 while not known
	SkewKnown  bool          `json:"skew_known"`
	Heartbeats int           `json:"heartbeats"`
	Punches    int           `json:"punches"`  // durable
	Found      int           `json:"found"`    // of these, by a search
	Passages   int           `json:"passages"` // durable, or queued in a stream
	Repeated   int           `json:"repeated"` // punches told again
	Denied     int           `json:"denied"`   // persons refused by the terminal
	Doors      int           `json:"doors"`    // door events
	Ignored    int           `json:"ignored"`  // other events
	Late       int           `json:"late"`     // reports of a counter that were told again
	Resets     int           `json:"resets"`   // of a counter's totals
	Gaps       int           `json:"gaps"`     // of serialNo
	Searches   int           `json:"searches"` // finished
	Reopened   int           `json:"reopened"` // streams after one that the device closed
	Refused    int           `json:"refused"`  // what could not be understood
	LastReset  string        `json:"last_reset,omitempty"`
}
