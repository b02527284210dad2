package onvif

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Namespaces of requests; answers are read by local names, because makers differ in the others.
const (
	nsSOAP   = "http://www.w3.org/2003/05/soap-envelope"
	nsWSA    = "http://www.w3.org/2005/08/addressing"
	nsWSSE   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	nsWSU    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	nsDevice = "http://www.onvif.org/ver10/device/wsdl"
	nsMedia  = "http://www.onvif.org/ver10/media/wsdl"
	nsEvents = "http://www.onvif.org/ver10/events/wsdl"
	nsSchema = "http://www.onvif.org/ver10/schema"
	nsWSNT   = "http://docs.oasis-open.org/wsn/b-2"
)

// Actions of the event calls: some cameras want them in the header (WS-Addressing).
const (
	actCreate      = nsEvents + "/EventPortType/CreatePullPointSubscriptionRequest"
	actPull        = nsEvents + "/PullPointSubscription/PullMessagesRequest"
	actSync        = nsEvents + "/PullPointSubscription/SetSynchronizationPointRequest"
	actRenew       = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest"
	actUnsubscribe = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest"
)

// parameter is a part of a subscription's address that must come back with every question to it.
type parameter struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

// endpoint is an address and what belongs to it.
type endpoint struct {
	url        string
	parameters []parameter
}

// envelope writes a request. action empty: without WS-Addressing.
func envelope(security, action string, to endpoint, body string) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="` + nsSOAP + `"><s:Header>` + security)
	if action != "" {
		fmt.Fprintf(&b, `<a:Action xmlns:a="%s">%s</a:Action><a:To xmlns:a="%s">%s</a:To>`, nsWSA, action, nsWSA, escape(to.url))
		for _, p := range to.parameters {
			fmt.Fprintf(&b, `<p:%s xmlns:p="%s" xmlns:a="%s" a:IsReferenceParameter="true">%s</p:%s>`,
				p.XMLName.Local, escape(p.XMLName.Space), nsWSA, escape(p.Text), p.XMLName.Local)
		}
	}
	b.WriteString(`</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`)
	return b.Bytes()
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// fault is a SOAP fault (SOAP 1.2 part 1, clause 5.4).
type fault struct {
	Codes  []string `xml:"Code>Value"`
	Sub    []string `xml:"Code>Subcode>Value"`
	SubSub []string `xml:"Code>Subcode>Subcode>Value"`
	Reason string   `xml:"Reason>Text"`
}

// Fault is a refusal of the camera.
type Fault struct {
	Code   string // the most exact one, without prefix: NotAuthorized, InvalidArgVal, ...
	Reason string
}

// Error gives code and reason.
func (f *Fault) Error() string { return fmt.Sprintf("camera refused: %s %s", f.Code, f.Reason) }

func (f *fault) short() *Fault {
	out := &Fault{Reason: clip(strings.Join(strings.Fields(f.Reason), " "))}
	for _, list := range [][]string{f.Codes, f.Sub, f.SubSub} {
		for _, c := range list {
			out.Code = clip(local(c))
			if out.Code == "NotAuthorized" {
				return out
			}
		}
	}
	return out
}

// local drops a prefix.
func local(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, ':')+1:]
}

// clip bounds a text, on a character's border.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}

// decode reads an answer into v, whose fields are named from Body on. Any bytes give a value or an error: a *Fault or ErrAnswer.
func decode(b []byte, v any) error {
	var f struct {
		Fault *fault `xml:"Body>Fault"`
	}
	if err := parse(b, &f); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if f.Fault != nil {
		return f.Fault.short()
	}
	if err := parse(b, v); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return nil
}

// parse is xml.Unmarshal for one Envelope.
func parse(b []byte, v any) error {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "utf8", "us-ascii", "ascii", "iso-8859-1": // what counts is ASCII; anything else is refused as invalid
			return in, nil
		}
		return nil, fmt.Errorf("encoding %q", clip(label))
	}
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		if start, ok := t.(xml.StartElement); ok {
			if start.Name.Local != "Envelope" {
				return fmt.Errorf("<%s> is no envelope", clip(start.Name.Local))
			}
			return d.DecodeElement(v, &start)
		}
	}
}
