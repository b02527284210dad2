package onvif

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver/drivertest"
	"hallpulse/hall"
)

// golden is a PullMessages answer of a camera that was turned.
const golden = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tns1="http://www.onvif.org/ver10/topics"><s:Body><tev:PullMessagesResponse><tev:CurrentTime>2026-10-05T01:00:03Z</tev:CurrentTime><tev:TerminationTime>2026-10-05T01:10:00Z</tev:TerminationTime>
<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:VideoSource/GlobalSceneChange/ImagingService</wsnt:Topic>
<wsnt:Message><tt:Message UtcTime="2026-10-05T01:00:03Z" PropertyOperation="Changed"><tt:Source><tt:SimpleItem Name="Source" Value="VideoSource_1"/></tt:Source>
<tt:Data><tt:SimpleItem Name="State" Value="true"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage></tev:PullMessagesResponse></s:Body></s:Envelope>`

type pulled struct {
	List []notification `xml:"Body>PullMessagesResponse>NotificationMessage"`
}

func TestGolden(t *testing.T) {
	var v pulled
	if err := decode([]byte(golden), &v); err != nil || len(v.List) != 1 {
		t.Fatalf("%v: %+v", err, v)
	}
	e, err := v.List[0].understand()
	want := event{topic: "VideoSource/GlobalSceneChange/ImagingService", change: changed, source: "VideoSource_1", name: "State", value: "true",
		at: time.Date(2026, 10, 5, 1, 0, 3, 0, time.UTC)}
	if err != nil || e != want {
		t.Errorf("got %+v, %v", e, err)
	}
	if m, code := mean(e.topic); m != trouble || code != CodeScene {
		t.Errorf("means %v %s", m, code)
	}
}

func TestPasswordDigest(t *testing.T) {
	nonce, err := base64.StdEncoding.DecodeString("LKqI6G/AikKCQrN0zqZFlg==")
	if got := passwordDigest(nonce, "2010-09-16T07:50:45Z", "userpassword"); err != nil || got != "tuOSpGlFlIXsozq4HFNeeGeFLEI=" {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestTopics(t *testing.T) {
	for in, want := range map[string]meaning{
		"tns1:RuleEngine/CellMotionDetector/Motion//.": motion, " tns1:VideoSource/MotionAlarm ": motion, "tns1:VideoSource/tnsx:ImageTooBlurry/X": trouble,
		"tns1:RuleEngine/CountAggregation/Counter": counter, "tns1:Device/Trigger/Relay": nothing, "tns1:VideoSource/MotionAlarmX": nothing, "": nothing,
	} {
		if got, _ := mean(topic(in)); got != want {
			t.Errorf("%q means %v, want %v", in, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	text := `<e:Envelope xmlns:e="x"><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>ter:%s</e:Value></e:Subcode></e:Code><e:Reason><e:Text>no  way</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>`
	var f *Fault
	if err := decode(fmt.Appendf(nil, text, "InvalidArgVal"), &struct{}{}); !errors.As(err, &f) || f.Code != "InvalidArgVal" || f.Reason != "no way" {
		t.Errorf("got %v", err)
	}
	for _, s := range []string{"", "x", "<a/>", "<Envelope>", `<?xml version="1.0" encoding="GB2312"?><Envelope/>`} {
		if err := decode([]byte(s), &struct{}{}); !errors.Is(err, ErrAnswer) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	base, err := address("https://cam.example:8443")
	if err != nil || base.Path != devicePath {
		t.Fatal(err)
	}
	c := newClient(base, "", "", &gate{}, time.Now)
	if got, err := c.within("http://192.168.255.10:8899/onvif/events?x=1"); err != nil || got != "https://cam.example:8443/onvif/events?x=1" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := c.onHost(" rtsp://u:p@10.0.0.9:554/live ", "rtsp"); err != nil || got != "rtsp://cam.example:554/live" {
		t.Errorf("%s, %v", got, err)
	}
	for _, s := range []string{"", "/relative", "file:///etc/passwd", "://"} {
		if _, err := c.within(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

const probeAnswer = `<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><e:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference><d:Scopes>onvif://www.onvif.org/hardware/IPC onvif://www.onvif.org/name/Door%201</d:Scopes><d:XAddrs>http://10.0.0.9/onvif/device_service http://127.0.0.1/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>`

func TestDiscover(t *testing.T) {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		b := make([]byte, maxDatagram)
		n, from, err := c.ReadFrom(b)
		if err == nil && !strings.Contains(string(b[:n]), "NetworkVideoTransmitter") {
			err = fmt.Errorf("asked %s", b[:n])
		}
		for _, s := range []string{"noise", probeAnswer, probeAnswer} {
			if err == nil {
				_, err = c.WriteTo([]byte(s), from)
			}
		}
		done <- err
	}()
	got, err := Discover(t.Context(), c.LocalAddr().String(), 300*time.Millisecond)
	if want := (Found{"urn:uuid:1", "http://127.0.0.1/onvif/device_service", "Door 1", "IPC"}); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%+v, %v", got, err)
	}
	if err := errors.Join(<-done, c.Close()); err != nil {
		t.Error(err)
	}
}

func fresh() (*state, *drivertest.Sink) {
	out := &drivertest.Sink{}
	o := &Options{Zone: "z", Now: time.Now, Counters: map[string]hall.Direction{"r": hall.In}}
	m := newMood(out, o.Now)
	m.begin()
	return &state{o: o, out: out, mood: m, motion: map[string]bool{}, inputs: map[string]bool{}, totals: map[string]total{}}, out
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(golden))
	f.Add([]byte(strings.NewReplacer("VideoSource/GlobalSceneChange/ImagingService", "RuleEngine/CountAggregation/Counter", `"true"`, `"7"`).Replace(golden)))
	f.Fuzz(func(t *testing.T, b []byte) { chew(t, b) })
}

func FuzzDiscovery(f *testing.F) {
	f.Add([]byte(probeAnswer))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, x := range matches(b, "127.0.0.1") {
			if x.URL == "" || len(x.Name) > maxText {
				t.Errorf("%+v", x)
			}
		}
	})
}

// chew feeds an answer to all that reads answers and gives how many notifications were refused.
func chew(t *testing.T, b []byte) (refused bool) {
	var v pulled
	s, out := fresh()
	if decode(b, &v) != nil {
		return true
	}
	for i := range v.List[:min(len(v.List), maxEvents)] {
		if err := s.take(t.Context(), &v.List[i]); err != nil {
			t.Fatal(err)
		}
	}
	s.read()
	h := out.Heard()
	for _, r := range h.Refusals {
		if len(r.Raw) > sampleBytes {
			t.Errorf("%d bytes kept", len(r.Raw))
		}
	}
	return len(h.Refusals) > 0
}

func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	rnd := rand.New(rand.NewPCG(7, 8))
	seeds := []string{golden, probeAnswer, strings.NewReplacer("VideoSource/GlobalSceneChange/ImagingService", "RuleEngine/CountAggregation/Counter", `"true"`, `"7"`).Replace(golden)}
	refused := 0
	for i := range n {
		b := []byte(seeds[i%len(seeds)])
		for range 1 + rnd.IntN(4) {
			switch at := rnd.IntN(len(b)); rnd.IntN(3) {
			case 0:
				b[at] = byte(rnd.Uint32())
			case 1:
				b = append(b[:at], b[min(len(b), at+rnd.IntN(20)):]...)
			case 2:
				b = append(b[:at:at], append([]byte(golden[:rnd.IntN(40)]), b[at:]...)...)
			}
			if len(b) == 0 {
				b = []byte("<")
			}
		}
		if chew(t, b) {
			refused++
		}
		matches(b, "h")
	}
	if refused < n/10 {
		t.Errorf("%d of %d refused", refused, n)
	}
	if chew(t, []byte(golden)) {
		t.Error("a good answer is refused after the noise")
	}
}
