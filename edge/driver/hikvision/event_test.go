package hikvision

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// goldenAccess is a push as terminals write it, without the part around it.
const goldenAccess = `{"ipAddress":"192.0.2.64","portNo":8090,"protocol":"HTTP","macAddress":"a4:d5:c2:00:00:01","channelID":1,
 "dateTime":"2026-10-05T08:58:11+08:00","activePostCount":1,"eventType":"AccessControllerEvent","eventState":"active",
 "eventDescription":"Access Controller Event","AccessControllerEvent":{"deviceName":"Hall A","majorEventType":5,"subEventType":75,
 "cardReaderNo":1,"doorNo":1,"employeeNoString":"1001","name":"李四","serialNo":139,"frontSerialNo":138,"userType":"normal",
 "currentVerifyMode":"cardOrFaceOrFp","attendanceStatus":"checkIn","label":"Check In","mask":"no"}}`

// goldenPost is the whole push.
const goldenPost = "--MIME_boundary\r\nContent-Disposition: form-data; name=\"event_log\"\r\nContent-Type: application/json\r\n\r\n" + goldenAccess +
	"\r\n--MIME_boundary--\r\n"

// goldenCount is a report of a counting camera.
const goldenCount = `<EventNotificationAlert version="2.0"><ipAddress>192.0.2.64</ipAddress><protocol>HTTP</protocol><macAddress>44:47:cc:00:00:01</macAddress>
 <channelID>1</channelID><dateTime>2026-10-05T09:15:00+08:00</dateTime><activePostCount>1</activePostCount>
 <eventType>PeopleCounting</eventType><eventState>active</eventState><eventDescription>peopleCounting alarm</eventDescription>
 <peopleCounting><statisticalMethods>realTime</statisticalMethods><RealTime><time>2026-10-05T09:15:00+08:00</time></RealTime>
  <enter>70</enter><exit>65</exit><pass>0</pass><regionsID>1</regionsID></peopleCounting>
 <childCounting><enter>9</enter><exit>9</exit></childCounting>
</EventNotificationAlert>`

const goldenHeartbeat = `<EventNotificationAlert version="1.0" xmlns="urn:psialliance-org"><dateTime>2026-10-05T09:15:00+08:00</dateTime><activePostCount/>
<eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>`

const goldenQueue = `{"eventType":"personQueueCounting","eventState":"active","dateTime":"2026-10-05T09:15:00+08:00","channelID":"2",
"RegionCapture":[{"humanCounting":{"count":7},"rule":{"ruleID":2}}]}`

func goldens() []string { return []string{goldenAccess, goldenCount, goldenHeartbeat, goldenQueue} }

func TestParseEvent(t *testing.T) {
	access := &Event{Type: "AccessControllerEvent", Active: true, Time: "2026-10-05T08:58:11+08:00", Channel: 1, MAC: "a4:d5:c2:00:00:01",
		Access: &Access{Major: 5, Minor: 75, Time: "2026-10-05T08:58:11+08:00", Person: "1001", Serial: 139, Front: 138, Status: "checkIn", Reader: 1, Door: 1}}
	count := &Event{Type: "PeopleCounting", Active: true, Time: "2026-10-05T09:15:00+08:00", Channel: 1, MAC: "44:47:cc:00:00:01",
		Counting: &Counting{RealTime: true, Time: "2026-10-05T09:15:00+08:00", Region: 1, Enter: 70, Exit: 65}}
	spaces := []string{"http://www.hikvision.com/ver20/XMLSchema", "http://www.isapi.org/ver20/XMLSchema", "http://www.isapi.com/ver20/XMLSchema", "urn:psialliance-org"}
	for name, c := range map[string]struct {
		text string
		want *Event
	}{
		"access":      {goldenAccess, access},
		"nested":      {`{"EventNotificationAlert":` + goldenAccess + `}`, access},
		"other name":  {strings.Replace(goldenAccess, `"AccessControllerEvent":{`, `"AcsEvent":{`, 1), access},
		"text number": {strings.NewReplacer(`:139`, `:"139"`, `:138`, `:"138"`, `:75`, `:"75"`).Replace(goldenAccess), access},
		"trailing":    {goldenAccess + "\r\n--MIME", access},
		"mark":        {"\xef\xbb\xbf" + goldenAccess, access},
		"count":       {goldenCount, count},
		"space 1":     {strings.Replace(goldenCount, `version="2.0"`, `xmlns="`+spaces[0]+`"`, 1), count},
		"space 2":     {strings.Replace(goldenCount, `version="2.0"`, `xmlns="`+spaces[1]+`"`, 1), count},
		"space 3":     {strings.Replace(goldenCount, `version="2.0"`, `xmlns="`+spaces[2]+`"`, 1), count},
		"space 4":     {strings.Replace(goldenCount, `version="2.0"`, `xmlns="`+spaces[3]+`"`, 1), count},
		"GBK":         {`<?xml version="1.0" encoding="GB2312"?>` + strings.Replace(goldenCount, "peopleCounting alarm", "\xd5\xc5", 1), count},
		"heartbeat":   {goldenHeartbeat, &Event{Type: "videoloss", Time: "2026-10-05T09:15:00+08:00"}},
		"queue":       {goldenQueue, &Event{Type: "personQueueCounting", Active: true, Time: "2026-10-05T09:15:00+08:00", Channel: 2, Queue: &Queue{Rule: 2, Count: 7}}},
		"queue, named": {`{"eventType":"personQueueRealTime","personQueueRealTime":{"PersonQueueRealTimeData":{"ruleID":1,"peopleNum":4}}}`,
			&Event{Type: "personQueueRealTime", Active: true, Queue: &Queue{Rule: 1, Count: 4}}},
		"number alone": {`{"eventType":"AccessControllerEvent","AccessControllerEvent":{"majorEventType":5,"subEventType":1,"employeeNo":12,"currentEvent":false}}`,
			&Event{Type: "AccessControllerEvent", Active: true, Access: &Access{Major: 5, Minor: 1, Person: "12", Replayed: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseEvent([]byte(c.text))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, c.want)
			}
		})
	}
}

func TestParseEventRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"": errEvent, "OK": errEvent, "{": errEvent, "<a": errEvent, "{}": errType, "<a/>": errType, "[1]": errEvent,
		`{"eventType":"x","AccessControllerEvent":{"employeeNoString":"a b"}}`:                                      errPerson,
		`{"eventType":"x","AccessControllerEvent":{"employeeNoString":"` + strings.Repeat("1", maxPerson+1) + `"}}`: errPerson,
		`{"eventType":"x","AccessControllerEvent":7}`:                                                               errEvent,
		`{"eventType":"x","peopleCounting":{"enter":-1}}`:                                                           errEvent,
		`{"eventType":"x","RegionCapture":{"humanCounting":{"count":99999}}}`:                                       errEvent,
		strings.Repeat(" ", 10) + "{" + strings.Repeat(`"a":{`, 20000):                                              errEvent,
	} {
		if _, err := ParseEvent([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

func TestHeartbeat(t *testing.T) {
	for text, want := range map[string]bool{goldenHeartbeat: true, `{"eventType":"heartBeat"}`: true, strings.Replace(goldenHeartbeat, "inactive", "active", 1): false, goldenCount: false} {
		if e, err := ParseEvent([]byte(text)); err != nil || e.Heartbeat() != want {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func TestPunchStatus(t *testing.T) {
	for s, want := range map[string]int{"checkIn": 0, "CheckOut": 1, "break-out": 2, "breakIn": 3, "overTime_In": 4, "overtimeOut": 5, "undefined": 255, "": 255} {
		if got := punchStatus(s); got != want {
			t.Errorf("%q: %d", s, got)
		}
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(2026, 10, 5, 0, 58, 11, 0, time.UTC)
	for _, s := range []string{"2026-10-05T08:58:11+08:00", "2026-10-05T00:58:11Z", "2026-10-05T08:58:11+0800", "2026-10-05T08:58:11", "2026-10-05 08:58:11"} {
		if got, err := parseTime(s, cst); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "2026-02-31T08:00:00+08:00", "1970-01-01T00:00:00Z", "2026-10-05", "now"} {
		if _, err := parseTime(s, cst); !errors.Is(err, errTime) {
			t.Errorf("%q was taken", s)
		}
	}
}

func TestPrivate(t *testing.T) {
	for _, text := range []string{goldenAccess[190:], `<name>李四</name><cardNo>123</cardNo>`, `"name" : "李四", "cardNo":"0012345678"`} {
		if got := string(private([]byte(text))); strings.Contains(got, "李四") || strings.Contains(got, "123") || strings.Contains(got, "1001") {
			t.Errorf("kept %s", got)
		}
	}
}

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{" a\x00b ": "ab", strings.Repeat("\xe4", 40): "", "张三": "张", strings.Repeat("x", 9): "xxxxx"} {
		if got := tidy(in, 5); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestMeaning(t *testing.T) {
	for _, c := range []struct {
		major, minor int
		want         meaning
	}{{5, 75, personGranted}, {5, 38, personGranted}, {5, 76, personDenied}, {5, 21, doorEvent}, {5, 999, unknownEvent}, {1, 0x404, tampered},
		{1, 0x407, restored}, {2, 75, otherMajor}, {3, 1, otherMajor}} {
		if got := (&Access{Major: c.major, Minor: c.minor}).meaning(nil); got != c.want {
			t.Errorf("%d/%d: %d", c.major, c.minor, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	i, err := parseInfo([]byte(`<DeviceInfo xmlns="urn:psialliance-org"><model>DS-K1T</model><serialNumber>DS-1</serialNumber><firmwareVersion>V1</firmwareVersion></DeviceInfo>`))
	if err != nil || i.Serial != "DS-1" || i.Model != "DS-K1T" || i.Firmware != "V1" {
		t.Errorf("%+v, %v", i, err)
	}
	for _, bad := range []string{"", "<html><body>login</body></html>", "<DeviceInfo><serialNumber/></DeviceInfo>"} {
		if _, err := parseInfo([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	at, err := parseClock([]byte(`<Time><localTime>2026-10-05T09:00:00</localTime></Time>`), cst)
	if err != nil || !at.Equal(time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("%v, %v", at, err)
	}
	p, err := parsePage([]byte(`{"AcsEvent":{"totalMatches":61,"numOfMatches":3,"responseStatusStrg":"MORE","InfoList":[
		{"major":5,"minor":75,"time":"2026-10-05T08:58:11+08:00","employeeNoString":"7","serialNo":3},{"major":5,"minor":21,"time":"x"},"?"]}}`))
	if err != nil || p.total != 61 || p.count != 3 || !p.more || len(p.items) != 2 || p.bad != 1 || p.items[0].Person != "7" || p.items[0].Serial != 3 {
		t.Errorf("%+v, %v", p, err)
	}
}
