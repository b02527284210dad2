package hikvision

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// info is what a device says of itself (System/deviceInfo).
type info struct {
	XMLName  xml.Name `xml:"DeviceInfo"`
	Serial   string   `xml:"serialNumber"`
	Model    string   `xml:"model"`
	Firmware string   `xml:"firmwareVersion"`
	MAC      string   `xml:"macAddress"`
}

// parseInfo reads a deviceInfo answer. Any bytes give an info or an error.
func parseInfo(text []byte) (i info, err error) {
	if err := decodeXML(text, &i); err != nil {
		return info{}, fmt.Errorf("hikvision: deviceInfo: %w", err)
	}
	i.Serial, i.Model = tidy(i.Serial, maxDeviceTxt), tidy(i.Model, maxDeviceTxt)
	i.Firmware, i.MAC = tidy(i.Firmware, maxDeviceTxt), tidy(i.MAC, maxDeviceTxt)
	if i.Serial == "" {
		return info{}, fmt.Errorf("hikvision: deviceInfo: %w: no serial number", errEvent)
	}
	return i, nil
}

func (c *client) info(ctx context.Context) (info, error) {
	text, err := c.read(ctx, http.MethodGet, pathInfo, nil)
	if err != nil {
		return info{}, err
	}
	return parseInfo(text)
}

// parseClock reads a System/time answer; loc is the zone of a time without an offset.
func parseClock(text []byte, loc *time.Location) (time.Time, error) {
	var x struct {
		Local string `xml:"localTime"`
	}
	if err := decodeXML(text, &x); err != nil {
		return time.Time{}, fmt.Errorf("hikvision: time: %w", err)
	}
	t, err := parseTime(strings.TrimSpace(x.Local), loc)
	if err != nil { // a clock that stands at 1970 after a flat battery is an answer, too
		if t, err = time.ParseInLocation(timeLayouts[0], strings.TrimSpace(x.Local), loc); err != nil {
			return time.Time{}, fmt.Errorf("hikvision: time: %w", errTime)
		}
	}
	return t, nil
}

// skew asks for the device's clock: how far it is ahead of now, taken at the middle of the question.
func (c *client) skew(ctx context.Context, loc *time.Location) (time.Duration, error) {
	before := c.now()
	text, err := c.read(ctx, http.MethodGet, pathTime, nil)
	if err != nil {
		return 0, err
	}
	is, err := parseClock(text, loc)
	if err != nil {
		return 0, err
	}
	return is.Sub(before.Add(c.now().Sub(before) / 2)), nil
}

// page is one answer of an AcsEvent search.
type page struct {
	total, count int
	more         bool
	items        []Access
	bad          int // items that cannot be told on
}

// parsePage reads an AcsEvent answer. Any bytes give a page or an error.
func parsePage(text []byte) (page, error) {
	var j struct {
		AcsEvent *struct {
			Total  number            `json:"totalMatches"`
			Count  number            `json:"numOfMatches"`
			Status flexible          `json:"responseStatusStrg"`
			List   []json.RawMessage `json:"InfoList"`
		}
	}
	if err := json.Unmarshal(text, &j); err != nil {
		return page{}, fmt.Errorf("hikvision: AcsEvent: %w", err)
	}
	if j.AcsEvent == nil {
		return page{}, fmt.Errorf("hikvision: AcsEvent: %w", errEvent)
	}
	p := page{total: j.AcsEvent.Total.small(), count: j.AcsEvent.Count.small(), more: strings.EqualFold(string(j.AcsEvent.Status), "MORE")}
	if p.count == 0 || p.count > len(j.AcsEvent.List) {
		p.count = len(j.AcsEvent.List)
	}
	for _, raw := range j.AcsEvent.List {
		var item jsonAccess
		if json.Unmarshal(raw, &item) != nil {
			p.bad++
			continue
		}
		a := item.access()
		if a.Time = tidy(a.Time, maxDeviceTxt); a.check() != nil {
			p.bad++
			continue
		}
		p.items = append(p.items, *a)
	}
	return p, nil
}

// searchTime is how a search writes a time.
const searchTime = "2006-01-02T15:04:05Z07:00"

// search asks for one page of stored events. Positions count from 0; one past the end is an error of the device.
func (c *client) search(ctx context.Context, id string, position int, from, to time.Time) (page, error) {
	type cond struct {
		ID       string `json:"searchID"`
		Position int    `json:"searchResultPosition"`
		Most     int    `json:"maxResults"`
		Major    int    `json:"major"`
		Minor    int    `json:"minor"`
		From     string `json:"startTime"`
		To       string `json:"endTime"`
	}
	body, err := json.Marshal(map[string]cond{"AcsEventCond": {id, position, pageEvents, majorEvent, 0, from.Format(searchTime), to.Format(searchTime)}})
	if err != nil {
		return page{}, fmt.Errorf("hikvision: %w", err)
	}
	text, err := c.read(ctx, http.MethodPost, pathSearch, body)
	if err != nil {
		return page{}, err
	}
	return parsePage(text)
}
