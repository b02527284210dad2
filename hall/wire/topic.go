package wire

import (
	"fmt"
	"strings"

	"hallpulse/hall"
)

// TopicRoot begins every topic; its number is the version of the protocol.
const TopicRoot = "hp/1/"

// What a topic carries: the first word after the hall.
const (
	WhatLog   = "log"   // with the lane
	WhatState = "state" // with the section
	WhatBirth = "birth"
	WhatWill  = "will"
	WhatAck   = "ack"
)

// MaxHallID is the longest hall id, in bytes.
const MaxHallID = hall.MaxHallID

// maxSection is the longest name of a section.
const maxSection = 32

// ValidHallID says whether id may stand in a topic: [a-z0-9-]{1,32}.
func ValidHallID(id hall.HallID) bool { return id.Valid() }

// validSection says whether s may be the name of a section, known or not: [a-z0-9_-]{1,32}.
func validSection(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= maxSection
}

// TopicLog is where a gateway publishes the batches of a lane (QoS 1).
func TopicLog(id hall.HallID, lane hall.Lane) string {
	return TopicHall(id) + WhatLog + "/" + lane.String()
}

// TopicState is where a gateway publishes a section of its state (QoS 1, retained).
func TopicState(id hall.HallID, section hall.Section) string {
	return TopicHall(id) + WhatState + "/" + string(section)
}

// TopicBirth is where a gateway publishes its Birth (QoS 1, retained).
func TopicBirth(id hall.HallID) string { return TopicHall(id) + WhatBirth }

// TopicWill is where the Will of a gateway stands (QoS 1, retained).
func TopicWill(id hall.HallID) string { return TopicHall(id) + WhatWill }

// TopicAck is where the hub publishes the acks for a gateway (QoS 1, not retained).
func TopicAck(id hall.HallID) string { return TopicHall(id) + WhatAck }

// TopicHall begins every topic of a hall; it ends with a slash.
func TopicHall(id hall.HallID) string { return TopicRoot + string(id) + "/" }

// Uplink lists the filters of everything that gateways publish, for a hub that subscribes at a broker of others.
func Uplink() []string {
	return []string{
		TopicRoot + "+/" + WhatLog + "/+", TopicRoot + "+/" + WhatState + "/+",
		TopicRoot + "+/" + WhatBirth, TopicRoot + "+/" + WhatWill,
	}
}

// ParseTopic takes a topic apart. what is one of the What constants; sub is the lane or section, else empty.
func ParseTopic(topic string) (id hall.HallID, what, sub string, err error) {
	rest, ok := strings.CutPrefix(topic, TopicRoot)
	if !ok {
		return "", "", "", fmt.Errorf("%w: topic does not begin with %s", ErrMalformed, TopicRoot)
	}
	name, rest, _ := strings.Cut(rest, "/")
	if id = hall.HallID(name); !ValidHallID(id) {
		return "", "", "", fmt.Errorf("%w: topic names no hall", ErrMalformed)
	}
	what, sub, more := strings.Cut(rest, "/")
	switch what {
	case WhatLog:
		if _, ok = ParseLane(sub); !ok {
			return "", "", "", fmt.Errorf("%w: topic names no lane", ErrMalformed)
		}
	case WhatState:
		if !validSection(sub) {
			return "", "", "", fmt.Errorf("%w: topic names no section", ErrMalformed)
		}
	case WhatBirth, WhatWill, WhatAck:
		if more {
			return "", "", "", fmt.Errorf("%w: topic goes on after %s", ErrMalformed, what)
		}
	default:
		return "", "", "", fmt.Errorf("%w: topic of an unknown kind", ErrMalformed)
	}
	return id, what, sub, nil
}

// ParseLane reads a lane as topics spell it.
func ParseLane(s string) (lane hall.Lane, ok bool) {
	for _, lane = range []hall.Lane{hall.Facts, hall.Readings} {
		if lane.String() == s {
			return lane, true
		}
	}
	return 0, false
}
