package hikvision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// number is a whole number that a device may write as text, as an empty text or not at all. What is no number is 0.
type number int64

// UnmarshalJSON reads a number or a text; it never fails.
func (n *number) UnmarshalJSON(p []byte) error {
	n.read(strings.Trim(string(p[:min(len(p), 32)]), `"`))
	return nil
}

// UnmarshalText reads the text of an XML element; it never fails.
func (n *number) UnmarshalText(p []byte) error {
	n.read(string(p[:min(len(p), 32)]))
	return nil
}

func (n *number) read(s string) {
	v, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		v = 0
	}
	*n = number(v)
}

// small gives a number of a few digits; what is larger or negative is 0: not said.
func (n number) small() int {
	if n < 0 || n > 1<<20 {
		return 0
	}
	return int(n)
}

// flexible is a text that a device may write as a number.
type flexible string

// UnmarshalJSON reads a text or a number; other values are no text.
func (f *flexible) UnmarshalJSON(p []byte) error {
	var s string
	switch {
	case len(p) > 0 && p[0] == '"':
		if err := json.Unmarshal(p, &s); err != nil {
			return err
		}
		*f = flexible(s)
	case len(p) > 0 && (p[0] >= '0' && p[0] <= '9' || p[0] == '-'):
		*f = flexible(p)
	}
	return nil
}

// truth is a truth value that a device may write as text.
type truth string

// UnmarshalJSON keeps the word.
func (t *truth) UnmarshalJSON(p []byte) error {
	*t = truth(strings.ToLower(strings.Trim(string(p[:min(len(p), 8)]), `"`)))
	return nil
}

// UnmarshalText keeps the word.
func (t *truth) UnmarshalText(p []byte) error {
	*t = truth(strings.ToLower(strings.TrimSpace(string(p[:min(len(p), 8)]))))
	return nil
}

// jsonEvent is an event's envelope; the member with the body is named like the event, or AcsEvent.
type jsonEvent struct {
	EventType      flexible
	EventState     flexible
	DateTime       flexible
	ChannelID      number
	MACAddress     flexible
	Retransmission truth `json:"isDataRetransmission"`

	AccessControllerEvent *jsonAccess
	AcsEvent              *jsonAccess
	PeopleCounting        *jsonCounting
	RegionCapture         oneOf[jsonRegion]
	PersonQueueRealTime   *jsonRealTime `json:"PersonQueueRealTimeData"`
	PersonQueueCounting   *jsonNested   `json:"personQueueCounting"`
	PersonQueueRealTime2  *jsonNested   `json:"personQueueRealTime"`
	Nested                *jsonEvent    `json:"EventNotificationAlert"`
}

// jsonNested is the body of a queue event whose firmware puts it under the event's name.
type jsonNested struct {
	RegionCapture oneOf[jsonRegion]
	RealTime      *jsonRealTime `json:"PersonQueueRealTimeData"`
}

type jsonAccess struct {
	MajorEventType, SubEventType number
	Major, Minor                 number // of a search's item
	Time                         flexible
	EmployeeNoString             flexible
	EmployeeNo                   flexible
	SerialNo, FrontSerialNo      number
	AttendanceStatus             flexible
	CardReaderNo, DoorNo         number
	CurrentEvent                 truth
}

type jsonCounting struct {
	StatisticalMethods flexible
	RealTime           struct{ Time flexible }
	Enter, Exit        number
	RegionsID          number
	Retransmission     truth `json:"isDataRetransmission"`
}

type jsonRegion struct {
	HumanCounting *struct{ Count number }
	Rule          struct{ RuleID number }
}

type jsonRealTime struct {
	RuleID    number
	PeopleNum *number
}

// oneOf is a value, or the first of a list of it.
type oneOf[T any] struct{ value *T }

// UnmarshalJSON reads a value or a list.
func (o *oneOf[T]) UnmarshalJSON(p []byte) error {
	if len(p) > 0 && p[0] == '[' {
		var list []T
		if err := json.Unmarshal(p, &list); err != nil || len(list) == 0 {
			return err
		}
		o.value = &list[0]
		return nil
	}
	return json.Unmarshal(p, &o.value)
}

// parseJSON reads the first value of text; a device that states a wrong length leaves something behind it.
func parseJSON(text []byte) (*Event, error) {
	var j jsonEvent
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&j); err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	if j.Nested != nil && j.EventType == "" {
		j = *j.Nested
	}
	e := &Event{Type: string(j.EventType), Active: !strings.EqualFold(string(j.EventState), "inactive"), Time: string(j.DateTime),
		Channel: j.ChannelID.small(), MAC: string(j.MACAddress), Again: j.Retransmission == "true"}
	e.Queue = j.queue()
	switch a := j.AccessControllerEvent; {
	case a != nil:
		e.Access = a.access()
	case j.AcsEvent != nil:
		e.Access = j.AcsEvent.access()
	}
	if e.Type == "" && e.Access != nil {
		e.Type = "AccessControllerEvent"
	}
	if c := j.PeopleCounting; c != nil {
		e.Counting = &Counting{RealTime: strings.EqualFold(string(c.StatisticalMethods), "realTime"), Time: string(c.RealTime.Time),
			Region: c.RegionsID.small(), Enter: int64(c.Enter), Exit: int64(c.Exit)}
		e.Again = e.Again || c.Retransmission == "true"
	}
	return e.check()
}

func (j *jsonEvent) queue() *Queue {
	region, live := j.RegionCapture.value, j.PersonQueueRealTime
	for _, n := range []*jsonNested{j.PersonQueueCounting, j.PersonQueueRealTime2} {
		if n == nil {
			continue
		}
		if n.RegionCapture.value != nil {
			region = n.RegionCapture.value
		}
		if n.RealTime != nil {
			live = n.RealTime
		}
	}
	switch {
	case region != nil && region.HumanCounting != nil:
		return &Queue{Rule: region.Rule.RuleID.small(), Count: clampCount(region.HumanCounting.Count)}
	case live != nil && live.PeopleNum != nil:
		return &Queue{Rule: live.RuleID.small(), Count: clampCount(*live.PeopleNum)}
	}
	return nil
}

// clampCount keeps a count that check will refuse recognisable on every word size.
func clampCount(n number) int { return int(max(-1, min(n, maxQueue+1))) }

func (a *jsonAccess) access() *Access {
	out := &Access{Major: a.MajorEventType.small(), Minor: a.SubEventType.small(), Time: string(a.Time), Person: strings.TrimSpace(string(a.EmployeeNoString)),
		Serial: int64(max(a.SerialNo, 0)), Front: int64(max(a.FrontSerialNo, 0)), Status: string(a.AttendanceStatus),
		Reader: a.CardReaderNo.small(), Door: a.DoorNo.small(), Replayed: a.CurrentEvent == "false"}
	if out.Major == 0 {
		out.Major, out.Minor = a.Major.small(), a.Minor.small()
	}
	if out.Person == "" && a.EmployeeNo != "0" {
		out.Person = strings.TrimSpace(string(a.EmployeeNo))
	}
	return out
}
