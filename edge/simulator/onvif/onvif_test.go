package onvif

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icholy/digest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o Options) *Camera {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// envelope is what these tests read of an answer.
type envelope struct {
	Year    int      `xml:"Body>GetSystemDateAndTimeResponse>SystemDateAndTime>UTCDateTime>Date>Year"`
	Events  string   `xml:"Body>GetCapabilitiesResponse>Capabilities>Events>XAddr"`
	Profile []string `xml:"Body>GetProfilesResponse>Profiles>Name"`
	URI     string   `xml:"Body>GetSnapshotUriResponse>MediaUri>Uri"`
	At      string   `xml:"Body>CreatePullPointSubscriptionResponse>SubscriptionReference>Address"`
	Fault   string   `xml:"Body>Fault>Code>Subcode>Value"`
	Topics  []string `xml:"Body>PullMessagesResponse>NotificationMessage>Topic"`
	Told    []struct {
		Operation string `xml:"PropertyOperation,attr"`
		Time      string `xml:"UtcTime,attr"`
		Value     []struct {
			Text string `xml:"Value,attr"`
		} `xml:"Data>SimpleItem"`
	} `xml:"Body>PullMessagesResponse>NotificationMessage>Message>Message"`
}

// ask puts a question and gives the answer and its status.
func ask(t *testing.T, at string, rt http.RoundTripper, body string) (e envelope, status int, err error) {
	t.Helper()
	text := `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>` + body + `</s:Body></s:Envelope>`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if rt == nil {
		rt = &http.Transport{DisableKeepAlives: true}
	}
	resp, err := (&http.Client{Transport: rt, Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return e, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err == nil {
		_ = xml.Unmarshal(b, &e) // what is no XML stays empty
	}
	return e, resp.StatusCode, err
}

func (e envelope) value(i int) string {
	if len(e.Told) <= i || len(e.Told[i].Value) == 0 {
		return ""
	}
	return e.Told[i].Value[0].Text
}

const (
	create = "<CreatePullPointSubscription/>"
	pull   = "<PullMessages><Timeout>PT0.05S</Timeout><MessageLimit>10</MessageLimit></PullMessages>"
)

// TestEvents: states are told once when they are asked for, and again as they change.
func TestEvents(t *testing.T) {
	c := start(t, Options{})
	c.SetCount("enter", 5)
	c.Trouble(TopicTamper, true)
	e, _, err := ask(t, c.URL()+"/onvif/event_service", nil, create)
	if err != nil || !strings.HasPrefix(e.At, c.URL()) {
		t.Fatalf("%+v, %v", e, err)
	}
	at := e.At
	if e, _, err = ask(t, at, nil, pull); err != nil || len(e.Told) != 0 {
		t.Errorf("%+v, %v", e, err)
	}
	if _, _, err = ask(t, at, nil, "<SetSynchronizationPoint/>"); err != nil {
		t.Error(err)
	}
	c.Count("enter", 2)
	c.Input("DI1", true)
	if e, _, err = ask(t, at, nil, pull); err != nil || len(e.Told) != 4 || e.Told[0].Operation != "Initialized" || e.value(0) != "5" ||
		e.Topics[1] != TopicTamper || e.Told[2].Operation != "Changed" || e.value(2) != "7" || e.value(3) != "true" {
		t.Errorf("%+v, %v", e, err)
	}
	for _, body := range []string{"<Renew/>", "<Unsubscribe/>"} {
		if _, status, err := ask(t, at, nil, body); err != nil || status != http.StatusOK {
			t.Errorf("%s: %d, %v", body, status, err)
		}
	}
	if e, _, err = ask(t, at, nil, pull); err != nil || e.Fault != "ter:InvalidArgVal" {
		t.Errorf("%+v, %v", e, err)
	}
	if s := c.Stats(); s.Subscribed != 1 || s.Renewed != 1 || s.Unsubscribed != 1 || s.Open != 0 || s.Pulls != 2 || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}

func TestFaults(t *testing.T) {
	now := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	c := start(t, Options{Snapshot: "http://h/s.jpg", Now: func() time.Time { return now }})
	get := func(f Faults, body string) envelope {
		t.Helper()
		c.SetFaults(f)
		e, _, err := ask(t, c.URL()+"/onvif/device_service", nil, body)
		if err != nil {
			t.Error(err)
		}
		return e
	}
	if e := get(Faults{ClockOff: -365 * 24 * time.Hour}, "<GetSystemDateAndTime/>"); e.Year != 2025 {
		t.Errorf("%+v", e)
	}
	if e := get(Faults{InnerAddress: true}, "<GetCapabilities/>"); e.Events != inner+"/onvif/event_service" {
		t.Errorf("%+v", e)
	}
	if e := get(Faults{NoEvents: true}, "<GetCapabilities/>"); e.Events != "" {
		t.Errorf("%+v", e)
	}
	if e := get(Faults{}, "<GetSnapshotUri/>"); e.URI != "http://h/s.jpg" {
		t.Errorf("%+v", e)
	}
	if e := get(Faults{}, "<GetProfiles/>"); len(e.Profile) != 2 {
		t.Errorf("%+v", e)
	}
	for _, body := range []string{"<GetDeviceInformation/>", "<GetStreamUri/>"} {
		if e := get(Faults{}, body); e.Fault != "" {
			t.Errorf("%+v", e)
		}
	}
	if e := get(Faults{}, "<Reboot/>"); e.Fault != "ter:ActionNotSupported" {
		t.Errorf("%+v", e)
	}
	first := get(Faults{}, create)
	if e := get(Faults{MaxOpen: 1}, create); e.Fault != "ter:MaxNumberOfSubscriptions" {
		t.Errorf("%+v", e)
	}
	on := func(f Faults, body string) envelope {
		t.Helper()
		c.SetFaults(f)
		e, _, err := ask(t, first.At, nil, body)
		if (err != nil) != f.CutIdle {
			t.Errorf("%+v: %v", f, err)
		}
		return e
	}
	for want, f := range map[string]Faults{"ter:InvalidArgs": {NeedAction: true}, "ter:ActionNotSupported": {NoRenew: true}} {
		if e := on(f, "<Renew/>"); e.Fault != want {
			t.Errorf("%s: %+v", want, e)
		}
	}
	if e := on(Faults{NoInitial: true}, "<SetSynchronizationPoint/>"); e.Fault != "ter:ActionNotSupported" {
		t.Errorf("%+v", e)
	}
	on(Faults{CutIdle: true}, pull)
	if e := on(Faults{Babble: true}, pull); e.Fault != "" || e.Told != nil {
		t.Errorf("%+v", e)
	}
	c.SetFaults(Faults{NeverClear: true})
	c.Trouble(TopicDark, true)
	c.Trouble(TopicDark, false)
	if e := on(Faults{Empty: true}, pull); len(e.Told) != 0 {
		t.Errorf("%+v", e)
	}
	if e := on(Faults{ZeroTime: true, TrailingTopic: true}, pull); len(e.Told) != 1 || e.value(0) != "true" || e.Told[0].Time != "0000-00-00T00:00:00Z" ||
		e.Topics[0] != TopicDark+"//." {
		t.Errorf("%+v", e)
	}
	c.Expire()
	if e := on(Faults{}, pull); e.Fault != "ter:InvalidArgVal" {
		t.Errorf("%+v", e)
	}
	if e := get(Faults{NeedParameters: true}, create); !strings.HasSuffix(e.At, "event_service") {
		t.Errorf("%+v", e)
	}
}

// TestLogins: each way of a login is checked; the time is told to anybody.
func TestLogins(t *testing.T) {
	c := start(t, Options{Username: "admin", Password: "secret", Login: Digest})
	for password, want := range map[string]int{"secret": 200, "wrong": 401} {
		rt := &digest.Transport{Username: "admin", Password: password, Transport: &http.Transport{DisableKeepAlives: true}}
		if _, status, err := ask(t, c.URL()+"/onvif/device_service", rt, "<GetCapabilities/>"); err != nil || status != want {
			t.Errorf("%s: %d, %v", password, status, err)
		}
	}
	if n := c.Stats().Logins; n != 1 {
		t.Errorf("%d refused", n)
	}
	token := start(t, Options{Username: "admin", Password: "secret"})
	if e, status, err := ask(t, token.URL()+"/onvif/device_service", nil, "<GetCapabilities/>"); err != nil || status != 400 || e.Fault != "ter:NotAuthorized" {
		t.Errorf("%+v %d, %v", e, status, err)
	}
	if e, _, err := ask(t, token.URL()+"/onvif/device_service", nil, "<GetSystemDateAndTime/>"); err != nil || e.Year < 2024 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestOffline(t *testing.T) {
	c := start(t, Options{})
	if _, _, err := ask(t, c.URL(), nil, "<GetProfiles/>"); err != nil {
		t.Fatal(err)
	}
	c.Offline(true)
	if _, _, err := ask(t, c.URL(), nil, "<GetProfiles/>"); err == nil {
		t.Error("answered")
	}
	c.Offline(false)
	if _, _, err := ask(t, c.URL(), nil, "<GetProfiles/>"); err != nil {
		t.Error(err)
	}
	if _, err := New(Options{Addr: strings.TrimPrefix(c.URL(), "http://")}); err == nil {
		t.Error("a taken port was opened")
	}
	if _, status, err := ask(t, c.URL(), nil, "<"); err != nil || status != http.StatusBadRequest {
		t.Error(status, err)
	}
}

// TestQueue: events that nobody fetches do not fill the memory.
func TestQueue(t *testing.T) {
	c := start(t, Options{})
	e, _, err := ask(t, c.URL(), nil, create)
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxQueue + 5 {
		c.Tell(TopicMotion, fmt.Sprint(i))
	}
	if e, _, err = ask(t, e.At, nil, pull); err != nil || len(e.Told) != 10 || e.value(0) != "5" {
		t.Errorf("%+v, %v", e, err)
	}
}
