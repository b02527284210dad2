package hikvision

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Reasons for which an event is set aside.
var (
	errEvent  = errors.New("neither a JSON nor an XML event")
	errType   = errors.New("event without a type")
	errTime   = errors.New("impossible time")
	errPerson = errors.New("bad person number")
)

// Event is one EventNotificationAlert, as far as the gateway uses it. At most one of the bodies is set; none for a heartbeat
// and for events that the gateway does not know.
type Event struct {
	Type     string // eventType as the device spells it
	Active   bool   // eventState
	Time     string // dateTime as it was written
	Channel  int    // 0: not said
	MAC      string
	Again    bool      // isDataRetransmission: kept from before
	Access   *Access   // AccessControllerEvent
	Counting *Counting // PeopleCounting
	Queue    *Queue    // personQueueCounting, personQueueRealTime
}

// Access is an AccessControllerEvent, or an item of an AcsEvent search. Names, cards and labels are left out.
type Access struct {
	Major, Minor int
	Time         string // as it was written
	Person       string // employeeNoString; empty: none, as for a door
	Serial       int64  // serialNo; 0: not said
	Front        int64  // frontSerialNo; 0: not said
	Status       string // attendanceStatus
	Reader, Door int
	Replayed     bool // currentEvent is false
}

// Counting is a report of people counted. The totals of a realTime report run since the device's daily reset; those of a
// timeRange count inside a range and are never to be added to them.
type Counting struct {
	RealTime    bool
	Time        string // RealTime/time, else the event's
	Region      int    // 0: not said
	Enter, Exit int64
}

// Queue is how many people a queue camera sees in a line.
type Queue struct {
	Rule  int // 0: not said
	Count int
}

// Heartbeat says whether the event is only a sign of life: heartBeat, or the inactive videoloss of cameras.
func (e *Event) Heartbeat() bool {
	return strings.EqualFold(e.Type, "heartBeat") || e.videoLoss() && !e.Active
}

func (e *Event) videoLoss() bool { return strings.EqualFold(e.Type, "videoloss") }

// ParseEvent reads the text of an event, JSON or XML. Any bytes give an event or an error.
func ParseEvent(text []byte) (*Event, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	switch {
	case len(text) > maxText:
		return nil, fmt.Errorf("%w: %d bytes", errEvent, len(text))
	case len(text) > 0 && text[0] == '{':
		return parseJSON(text)
	case len(text) > 0 && text[0] == '<':
		return parseXML(text)
	}
	return nil, errEvent
}

// check refuses what cannot be told on.
func (e *Event) check() (*Event, error) {
	if e.Type = tidy(e.Type, maxDeviceTxt); e.Type == "" {
		return nil, errType
	}
	e.Time, e.MAC = tidy(e.Time, maxDeviceTxt), tidy(e.MAC, maxDeviceTxt)
	if c := e.Counting; c != nil {
		if c.Time = tidy(c.Time, maxDeviceTxt); c.Time == "" {
			c.Time = e.Time
		}
		if c.Enter < 0 || c.Exit < 0 {
			return nil, fmt.Errorf("%w: negative count", errEvent)
		}
	}
	if q := e.Queue; q != nil && (q.Count < 0 || q.Count > maxQueue) {
		return nil, fmt.Errorf("%w: %d people in a line", errEvent, q.Count)
	}
	if a := e.Access; a != nil {
		if a.Time = tidy(a.Time, maxDeviceTxt); a.Time == "" {
			a.Time = e.Time
		}
		return e, a.check()
	}
	return e, nil
}

func (a *Access) check() error {
	a.Status = tidy(a.Status, maxDeviceTxt)
	if a.Person == "" {
		return nil
	}
	if len(a.Person) > maxPerson || strings.ContainsFunc(a.Person, func(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError }) {
		return errPerson
	}
	return nil
}

// timeLayouts are how devices write a time, with and without an offset.
var timeLayouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05"}

// parseTime reads a device's time; loc is the zone of one without an offset. An impossible date is an error.
func parseTime(s string, loc *time.Location) (time.Time, error) {
	for _, layout := range timeLayouts {
		t, err := time.ParseInLocation(layout, s, loc)
		if err == nil && t.Year() >= 2000 && t.Year() <= 2099 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errTime
}

// tidy makes text of a device fit to be kept: valid UTF-8, no control characters, at most n bytes.
func tidy(s string, n int) string {
	s = strings.TrimSpace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), n)], ""))
}
