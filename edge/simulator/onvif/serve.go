package onvif

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxRequest = 64 << 10
	inner      = "http://192.168.255.10:8899" // of a camera behind NAT
)

// request is what is read of a question.
type request struct {
	Header struct {
		Action    string `xml:"Action"`
		Parameter int    `xml:"SubscriptionId"`
		Token     struct {
			Username string `xml:"Username"`
			Password string `xml:"Password"`
			Nonce    string `xml:"Nonce"`
			Created  string `xml:"Created"`
		} `xml:"Security>UsernameToken"`
	} `xml:"Header"`
	Body struct {
		Ask struct {
			XMLName xml.Name
			Timeout string `xml:"Timeout"`
			Limit   int    `xml:"MessageLimit"`
		} `xml:",any"`
	} `xml:"Body"`
}

// ServeHTTP answers one question.
func (c *Camera) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q request
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err == nil {
		err = xml.Unmarshal(body, &q)
	}
	if err != nil || r.Method != http.MethodPost {
		http.Error(w, "not SOAP", http.StatusBadRequest)
		return
	}
	ask := q.Body.Ask.XMLName.Local
	if ask != "GetSystemDateAndTime" && !c.allowed(w, r, &q) {
		return
	}
	switch ask {
	case "PullMessages", "Renew", "SetSynchronizationPoint", "Unsubscribe":
		c.subscribed(w, r, &q)
	case "CreatePullPointSubscription":
		c.create(w)
	default:
		c.plain(w, ask)
	}
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" `+
		`xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" `+
		`xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:wsa5="http://www.w3.org/2005/08/addressing" `+
		`xmlns:ter="http://www.onvif.org/ver10/error" xmlns:tns1="http://www.onvif.org/ver10/topics"><SOAP-ENV:Body>%s</SOAP-ENV:Body></SOAP-ENV:Envelope>`, body)
}

func fail(w http.ResponseWriter, status int, code, reason string) {
	answer(w, status, fmt.Sprintf(`<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>ter:%s</SOAP-ENV:Value>`+
		`</SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">%s</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>`, code, reason))
}

// root gives the address that the camera believes to have.
func (c *Camera) root() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults.InnerAddress {
		return inner
	}
	return c.URL()
}

// clock gives the camera's own time.
func (c *Camera) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.o.Now().Add(c.faults.ClockOff).UTC()
}

// plain answers what needs no subscription.
func (c *Camera) plain(w http.ResponseWriter, ask string) {
	uri := func(of, at string) {
		answer(w, http.StatusOK, fmt.Sprintf(`<trt:%sResponse><trt:MediaUri><tt:Uri>%s</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>`+
			`<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:%sResponse>`, of, escape(at), of))
	}
	switch ask {
	case "GetSystemDateAndTime":
		t := c.clock()
		answer(w, http.StatusOK, fmt.Sprintf(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:UTCDateTime>`+
			`<tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time><tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month>`+
			`<tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
			t.Hour(), t.Minute(), t.Second(), t.Year(), t.Month(), t.Day()))
	case "GetCapabilities":
		c.mu.Lock()
		events := !c.faults.NoEvents
		c.mu.Unlock()
		service := func(name, path string) string {
			return fmt.Sprintf(`<tt:%s><tt:XAddr>%s/onvif/%s</tt:XAddr></tt:%s>`, name, c.root(), path, name)
		}
		list := service("Device", "device_service") + service("Media", "media_service")
		if events {
			list += service("Events", "event_service")
		}
		answer(w, http.StatusOK, `<tds:GetCapabilitiesResponse><tds:Capabilities>`+list+`</tds:Capabilities></tds:GetCapabilitiesResponse>`)
	case "GetDeviceInformation":
		answer(w, http.StatusOK, `<tds:GetDeviceInformationResponse><tds:Manufacturer>HallPulse</tds:Manufacturer><tds:Model>SIM-1</tds:Model>`+
			`<tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>SIM0001</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>`)
	case "GetProfiles":
		answer(w, http.StatusOK, `<trt:GetProfilesResponse><trt:Profiles token="main" fixed="true"><tt:Name>main</tt:Name></trt:Profiles>`+
			`<trt:Profiles token="sub"><tt:Name>sub</tt:Name></trt:Profiles></trt:GetProfilesResponse>`)
	case "GetSnapshotUri":
		uri(ask, c.o.Snapshot)
	case "GetStreamUri":
		uri(ask, c.o.Stream)
	default:
		fail(w, http.StatusBadRequest, "ActionNotSupported", "no such action")
	}
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
