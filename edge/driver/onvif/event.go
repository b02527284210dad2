package onvif

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// item is a named value of an event.
type item struct {
	Name  string `xml:"Name,attr"`
	Value string `xml:"Value,attr"`
}

// notification is an event as it is sent (Core clause 9.4).
type notification struct {
	Topic   string `xml:"Topic"`
	Message struct {
		Time   string `xml:"UtcTime,attr"`
		Change string `xml:"PropertyOperation,attr"`
		Source []item `xml:"Source>SimpleItem"`
		Key    []item `xml:"Key>SimpleItem"`
		Data   []item `xml:"Data>SimpleItem"`
	} `xml:"Message>Message"`
}

// change is what an event says of its property.
type change uint8

const (
	pulse   change = iota // no property: something happened
	initial               // the state as it is, no edge
	changed
	deleted
)

// event is a notification that was understood.
type event struct {
	topic  string // without prefix and trailing signs
	change change
	source string    // what it comes from: values of the source and key
	rule   string    // of an analytics rule, else empty
	name   string    // of the value
	value  string    // the first of the data
	at     time.Time // by the camera; zero: not known
}

// errEvent says why a notification is refused.
var errEvent = errors.New("event cannot be understood")

// understand reads a notification; any gives an event or an error.
func (n *notification) understand() (e event, err error) {
	m := &n.Message
	if len(m.Source)+len(m.Key) > maxItems || len(m.Data) > maxItems {
		return e, fmt.Errorf("%w: more than %d items", errEvent, maxItems)
	}
	e.topic = topic(n.Topic)
	if e.topic == "" || len(e.topic) > maxText {
		return e, fmt.Errorf("%w: topic %q", errEvent, clip(n.Topic))
	}
	switch m.Change {
	case "Initialized":
		e.change = initial
	case "Changed":
		e.change = changed
	case "Deleted":
		e.change = deleted
	case "":
	default:
		return e, fmt.Errorf("%w: operation %q", errEvent, clip(m.Change))
	}
	var from []string
	for _, i := range append(m.Source[:len(m.Source):len(m.Source)], m.Key...) {
		from = append(from, clip(i.Value))
		if i.Name == "Rule" || i.Name == "RuleName" {
			e.rule = clip(i.Value)
		}
	}
	e.source = clip(strings.Join(from, " "))
	if len(m.Data) > 0 {
		e.name, e.value = m.Data[0].Name, clip(strings.TrimSpace(m.Data[0].Value))
	}
	if t, err := time.Parse(time.RFC3339, m.Time); err == nil && t.Year() >= 2000 {
		e.at = t
	}
	return e, nil
}

// topic drops the prefix, and the empty levels and dots that some cameras write at the end.
func topic(s string) string {
	s = strings.TrimRight(strings.TrimSpace(s), "/.")
	var levels []string
	for l := range strings.SplitSeq(s, "/") {
		levels = append(levels, l[strings.IndexByte(l, ':')+1:])
	}
	return strings.Join(levels, "/")
}

// truth reads a boolean of XML Schema, and active and inactive of relays and inputs.
func (e *event) truth() (bool, error) {
	switch strings.ToLower(e.value) {
	case "true", "1", "active":
		return true, nil
	case "false", "0", "inactive":
		return false, nil
	}
	return false, fmt.Errorf("%w: %s is %q", errEvent, e.topic, e.value)
}

// count reads a running value.
func (e *event) count() (int64, error) {
	n, err := strconv.ParseInt(e.value, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%w: %s is %q", errEvent, e.topic, e.value)
	}
	return n, nil
}

// raw writes what is kept of an event.
func (e *event) raw() []byte {
	when := ""
	if !e.at.IsZero() {
		when = " " + e.at.UTC().Format(time.RFC3339)
	}
	return fmt.Appendf(nil, "%s [%s] %s=%s%s", e.topic, e.source, e.name, e.value, when)
}

// meaning is what a topic tells.
type meaning uint8

const (
	nothing meaning = iota
	motion
	input
	counter
	trouble
)

// mean gives what a topic tells, and for a trouble its code.
func mean(topic string) (meaning, string) {
	for _, t := range []struct {
		prefix string
		meaning
		code string
	}{
		{"VideoSource/MotionAlarm", motion, ""},
		{"RuleEngine/CellMotionDetector/Motion", motion, ""},
		{"RuleEngine/MotionRegionDetector/Motion", motion, ""},
		{"RuleEngine/FieldDetector/ObjectsInside", motion, ""},
		{"RuleEngine/MyRuleDetector/PeopleDetect", motion, ""},
		{"RuleEngine/CountAggregation/Counter", counter, ""},
		{"Device/Trigger/DigitalInput", input, ""},
		{"RuleEngine/TamperDetector/Tamper", trouble, CodeTamper},
		{"VideoSource/GlobalSceneChange", trouble, CodeScene},
		{"VideoSource/ImageTooDark", trouble, CodeDark},
		{"VideoSource/ImageTooBright", trouble, CodeBright},
		{"VideoSource/ImageTooBlurry", trouble, CodeBlurry},
		{"Device/HardwareFailure/StorageFailure", trouble, CodeStorage},
	} {
		if rest, ok := strings.CutPrefix(topic, t.prefix); ok && (rest == "" || rest[0] == '/') {
			return t.meaning, t.code
		}
	}
	return nothing, ""
}
