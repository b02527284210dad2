package hikvision

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// xmlEvent is an event in XML. Tags without a namespace match every namespace: each model has its own.
type xmlEvent struct {
	EventType      string       `xml:"eventType"`
	EventState     string       `xml:"eventState"`
	DateTime       string       `xml:"dateTime"`
	ChannelID      number       `xml:"channelID"`
	MACAddress     string       `xml:"macAddress"`
	Retransmission truth        `xml:"isDataRetransmission"`
	Counting       *xmlCounting `xml:"peopleCounting"`
	Access         *xmlAccess   `xml:"AccessControllerEvent"`
	Nested         *xmlEvent    `xml:"EventNotificationAlert"`
}

type xmlCounting struct {
	Methods        string `xml:"statisticalMethods"`
	Time           string `xml:"RealTime>time"`
	Enter          number `xml:"enter"`
	Exit           number `xml:"exit"`
	Region         number `xml:"regionsID"`
	Retransmission truth  `xml:"isDataRetransmission"`
}

type xmlAccess struct {
	Major   number `xml:"majorEventType"`
	Minor   number `xml:"subEventType"`
	Person  string `xml:"employeeNoString"`
	Number  string `xml:"employeeNo"`
	Serial  number `xml:"serialNo"`
	Front   number `xml:"frontSerialNo"`
	Status  string `xml:"attendanceStatus"`
	Reader  number `xml:"cardReaderNo"`
	Door    number `xml:"doorNo"`
	Current truth  `xml:"currentEvent"`
}

// decodeXML reads XML of a device into v: by local names, with its own idea of an encoding, as far as the first element goes.
func decodeXML(text []byte, v any) error {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if c := strings.ToLower(charset); strings.HasPrefix(c, "gb") {
			return simplifiedchinese.GB18030.NewDecoder().Reader(in), nil
		}
		return in, nil // names alone have other letters, and they are dropped
	}
	return d.Decode(v)
}

func parseXML(text []byte) (*Event, error) {
	var x xmlEvent
	if err := decodeXML(text, &x); err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	if x.Nested != nil && x.EventType == "" {
		x = *x.Nested
	}
	e := &Event{Type: x.EventType, Active: !strings.EqualFold(strings.TrimSpace(x.EventState), "inactive"), Time: strings.TrimSpace(x.DateTime),
		Channel: x.ChannelID.small(), MAC: x.MACAddress, Again: x.Retransmission == "true"}
	if c := x.Counting; c != nil {
		e.Counting = &Counting{RealTime: strings.EqualFold(strings.TrimSpace(c.Methods), "realTime"), Time: c.Time, Region: c.Region.small(),
			Enter: int64(c.Enter), Exit: int64(c.Exit)}
		e.Again = e.Again || c.Retransmission == "true"
	}
	if a := x.Access; a != nil {
		e.Access = a.access()
	}
	return e.check()
}

func (a *xmlAccess) access() *Access {
	out := &Access{Major: a.Major.small(), Minor: a.Minor.small(), Person: strings.TrimSpace(a.Person), Serial: int64(max(a.Serial, 0)),
		Front: int64(max(a.Front, 0)), Status: a.Status, Reader: a.Reader.small(), Door: a.Door.small(), Replayed: a.Current == "false"}
	if n := strings.TrimSpace(a.Number); out.Person == "" && n != "0" {
		out.Person = n
	}
	return out
}
