package hikvision

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ServeHTTP answers the questions of ISAPI that a gateway asks.
func (d *Device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.allowed(w, r) {
		return
	}
	switch r.URL.Path {
	case "/ISAPI/System/deviceInfo":
		d.xml(w, fmt.Sprintf(`<DeviceInfo version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><deviceName>Hall A</deviceName>`+
			`<model>%s</model><serialNumber>%s</serialNumber><macAddress>a4:d5:c2:00:00:01</macAddress>`+
			`<firmwareVersion>V3.2.30</firmwareVersion><deviceType>ACS</deviceType></DeviceInfo>`, d.model(), d.o.Serial))
	case "/ISAPI/System/time":
		d.mu.Lock()
		now := d.stamp(d.now())
		d.mu.Unlock()
		d.xml(w, `<Time version="2.0"><timeMode>manual</timeMode><localTime>`+now+`</localTime><timeZone>CST-8:00:00</timeZone></Time>`)
	case "/ISAPI/Event/notification/alertStream":
		d.follow(w, r)
	case "/ISAPI/AccessControl/AcsEvent":
		d.search(w, r)
	default:
		d.status(w, http.StatusNotFound, "notSupport")
	}
}

func (d *Device) model() string {
	if d.o.Kind == Counter {
		return "DS-2CD-COUNT"
	}
	return "DS-K1T-SIM"
}

func (d *Device) xml(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write([]byte(text)) // a client that went away needs no answer
}

func (d *Device) status(w http.ResponseWriter, code int, sub string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = fmt.Fprintf(w, `{"statusCode":4,"statusString":"Invalid Operation","subStatusCode":%q}`, sub)
}

// follow is alertStream: parts without an end.
func (d *Device) follow(w http.ResponseWriter, r *http.Request) {
	in := make(chan message, 1024)
	d.update(func() { d.streams[in] = struct{}{}; d.stats.Streams++ })
	defer d.update(func() { delete(d.streams, in) })
	w.Header().Set("Content-Type", `multipart/mixed; boundary=`+boundary)
	w.Header().Set("Connection", "close")
	out := http.NewResponseController(w)
	if out.Flush() != nil {
		return
	}
	for n := 1; ; n++ {
		select {
		case <-r.Context().Done():
			return
		case m := <-in:
			d.mu.Lock()
			f := d.faults
			d.mu.Unlock()
			if err := write(w, out, m.parts(f), f.Split); err != nil || n == f.CloseAfter {
				return
			}
		}
	}
}

// write sends bytes at once, or in pieces.
func write(w http.ResponseWriter, out *http.ResponseController, p []byte, split bool) error {
	step := len(p)
	if split {
		step = 3
	}
	for ; len(p) > 0; p = p[min(step, len(p)):] {
		if _, err := w.Write(p[:min(step, len(p))]); err != nil {
			return fmt.Errorf("hikvision: %w", err)
		}
		if split && len(p) > 2000 { // of a picture the beginning is enough
			step = len(p)
		}
		if err := out.Flush(); err != nil {
			return fmt.Errorf("hikvision: %w", err)
		}
	}
	return nil
}

// pageSize is how many stored events an answer holds, whatever is asked.
const pageSize = 30

// search answers AcsEvent.
func (d *Device) search(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Cond struct {
			ID       string `json:"searchID"`
			Position int    `json:"searchResultPosition"`
			Most     int    `json:"maxResults"`
			Major    int    `json:"major"`
			From     string `json:"startTime"`
			To       string `json:"endTime"`
		} `json:"AcsEventCond"`
	}
	from, to := time.Time{}, time.Time{}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&ask)
	if err == nil {
		from, err = time.Parse(time.RFC3339, ask.Cond.From)
	}
	if err == nil {
		to, err = time.Parse(time.RFC3339, ask.Cond.To)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.faults.NoSearch || d.o.Kind != Terminal:
		d.status(w, http.StatusForbidden, "notSupport")
		return
	case err != nil:
		d.status(w, http.StatusBadRequest, "badJsonContent")
		return
	}
	var found []Record
	for _, rec := range d.records {
		if (ask.Cond.Major == 0 || rec.Major == ask.Cond.Major) && !rec.at.Before(from) && !rec.at.After(to) {
			found = append(found, rec)
		}
	}
	if ask.Cond.Position < 0 || ask.Cond.Position > 0 && ask.Cond.Position >= len(found) {
		d.status(w, http.StatusBadRequest, "badParameters")
		return
	}
	d.stats.Searches++
	d.answer(w, ask.Cond.ID, found, ask.Cond.Position, min(max(ask.Cond.Most, 1), pageSize))
}

// answer writes one page; the caller holds the lock.
func (d *Device) answer(w http.ResponseWriter, id string, found []Record, position, most int) {
	total := len(found)
	found = found[position:min(total, position+most)]
	state := "OK"
	switch {
	case total == 0:
		state = "NO MATCH"
	case position+len(found) < total:
		state = "MORE"
	}
	list := []map[string]any{}
	for _, rec := range found {
		item := d.accessBody(rec, rec.Serial-1, false)
		item["major"], item["minor"], item["time"] = item["majorEventType"], item["subEventType"], rec.Time
		for _, k := range strings.Fields("majorEventType subEventType frontSerialNo currentEvent") {
			delete(item, k)
		}
		list = append(list, item)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"AcsEvent": map[string]any{"searchID": id, "totalMatches": total, "numOfMatches": len(found),
		"responseStatusStrg": state, "InfoList": list}}) // a client that went away needs no answer
}
