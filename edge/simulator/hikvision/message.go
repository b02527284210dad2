package hikvision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// message is what a device tells.
type message struct {
	contentType string
	text        []byte
	life        bool // a heartbeat: it goes alone
}

func (d *Device) envelope(kind, state string) map[string]any {
	e := map[string]any{"ipAddress": "192.0.2.64", "portNo": 80, "protocol": "HTTP", "macAddress": "a4:d5:c2:00:00:01", "channelID": 1,
		"dateTime": d.stamp(d.now()), "activePostCount": 1, "eventType": kind, "eventState": state, "eventDescription": kind}
	if d.faults.TextNumbers {
		e["channelID"], e["activePostCount"] = "1", ""
	}
	return e
}

func jsonMessage(v any) message {
	text, _ := json.Marshal(v) // maps of texts and numbers cannot fail
	return message{contentType: "application/json", text: text}
}

func (d *Device) number(n int64) any {
	if d.faults.TextNumbers {
		return strconv.FormatInt(n, 10)
	}
	return n
}

func (d *Device) accessMessage(r Record, front int64, current bool) message {
	e := d.envelope("AccessControllerEvent", "active")
	e["dateTime"] = r.Time
	e["AccessControllerEvent"] = d.accessBody(r, front, current)
	return jsonMessage(e)
}

func (d *Device) accessBody(r Record, front int64, current bool) map[string]any {
	a := map[string]any{"deviceName": "Hall A", "majorEventType": r.Major, "subEventType": d.number(int64(r.Minor)), "cardReaderNo": 1, "doorNo": 1,
		"serialNo": d.number(r.Serial), "frontSerialNo": d.number(front), "userType": "normal", "currentVerifyMode": "cardOrFaceOrFp", "mask": "no",
		"currentEvent": current}
	if r.Person != "" {
		a["employeeNoString"], a["name"], a["cardNo"] = r.Person, "张三", "0012345678"
	}
	if r.Status != "" {
		a["attendanceStatus"], a["label"] = r.Status, "Check"
	}
	return a
}

// countMessage is a PeopleCounting report, byte for byte as cameras write it.
func (d *Device) countMessage(enter, exit int64, at time.Time, again, ranged bool) message {
	when := fmt.Sprintf("<statisticalMethods>realTime</statisticalMethods><RealTime><time>%s</time></RealTime>", d.stamp(at))
	if ranged {
		when = fmt.Sprintf("<statisticalMethods>timeRange</statisticalMethods><TimeRange><startTime>%s</startTime><endTime>%s</endTime></TimeRange>",
			d.stamp(at.Add(-time.Hour)), d.stamp(at))
	}
	count := "<activePostCount>1</activePostCount>"
	if d.faults.TextNumbers {
		count = "<activePostCount/>"
	}
	text := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<ipAddress>192.0.2.64</ipAddress><protocol>HTTP</protocol><macAddress>44:47:cc:00:00:01</macAddress>
<channelID>1</channelID><dateTime>%s</dateTime>%s<eventType>PeopleCounting</eventType><eventState>active</eventState>
<eventDescription>peopleCounting alarm</eventDescription>
<peopleCounting>%s<enter>%d</enter><exit>%d</exit><pass>0</pass><regionsID>1</regionsID></peopleCounting>
<childCounting><enter>0</enter><exit>0</exit></childCounting><isDataRetransmission>%t</isDataRetransmission>
</EventNotificationAlert>`, d.stamp(at), count, when, enter, exit, again)
	return message{contentType: "application/xml", text: []byte(text)}
}

func (d *Device) lineMessage(people int) message {
	e := d.envelope("personQueueCounting", "active")
	e["RegionCapture"] = map[string]any{"humanCounting": map[string]any{"count": people},
		"rule": map[string]any{"ruleID": 1, "alarmCount": 5, "countTriggerType": "greater", "durationTime": 30}}
	return jsonMessage(e)
}

func (d *Device) videoMessage(lost bool) message {
	state := "inactive"
	if lost {
		state = "active"
	}
	text := fmt.Sprintf(`<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><ipAddress>192.0.2.64</ipAddress>`+
		`<channelID>1</channelID><dateTime>%s</dateTime><activePostCount>0</activePostCount><eventType>videoloss</eventType>`+
		`<eventState>%s</eventState><eventDescription>videoloss alarm</eventDescription></EventNotificationAlert>`, d.stamp(d.now()), state)
	return message{contentType: "application/xml", text: []byte(text)}
}

// heartbeat is a device's sign of life: cameras say that no picture is lost.
func (d *Device) heartbeat() message {
	m := d.videoMessage(false)
	if d.o.Kind == Terminal {
		m = jsonMessage(d.envelope("heartBeat", "active"))
	}
	m.life = true
	return m
}

// markers of the multipart bodies.
const (
	boundary = "MIME_boundary"
	junk     = "\x00\x17stray\r\n"
)

// picture is what a camera sends for one: it begins as a JPEG does and has a line of a boundary's form inside.
var picture = append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\r\n--notTheBoundary\r\n"), bytes.Repeat([]byte{0x5a, 0xa5, '{', '\n'}, 5000)...)

// parts writes a message as one or more parts of a multipart body.
func (m message) parts(f Faults) []byte {
	var b bytes.Buffer
	if f.Junk {
		b.WriteString(junk)
	}
	if f.PictureFirst && !m.life {
		part(&b, f, "Picture", "image/jpeg", picture)
	}
	part(&b, f, "event_log", m.contentType, m.text)
	if (f.Picture || f.PictureFirst) && !m.life {
		part(&b, f, "Picture", "image/jpeg", picture)
	}
	return b.Bytes()
}

func part(b *bytes.Buffer, f Faults, name, contentType string, content []byte) {
	b.WriteString("--" + boundary + "\r\n")
	if !f.NoNames {
		fmt.Fprintf(b, "Content-Disposition: form-data; name=%q\r\n", name)
	}
	fmt.Fprintf(b, "Content-Type: %s\r\n", contentType)
	if !f.NoLength {
		n := len(content)
		if contentType != "image/jpeg" {
			n += f.LengthOff
		}
		fmt.Fprintf(b, "Content-Length: %d\r\n", n)
	}
	b.WriteString("\r\n")
	b.Write(content)
	b.WriteString("\r\n")
}
