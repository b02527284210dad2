package localbroker

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func started(t *testing.T, o Options) *Broker {
	t.Helper()
	if o.Users == nil {
		o.Users = []User{{"door", "a long password", []string{"tele/door", "stat/door"}}, {"gateway", "another password", nil}}
	}
	b, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func client(t *testing.T, b *Broker, id, user, password string) (mqtt.Client, error) {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID(id).SetUsername(user).SetPassword(password).
		SetAutoReconnect(false).SetConnectTimeout(3 * time.Second).SetProtocolVersion(4))
	k := c.Connect()
	if !k.WaitTimeout(5 * time.Second) {
		return nil, errors.New("no answer")
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c, k.Error()
}

func TestNobodyWithoutAPassword(t *testing.T) {
	b := started(t, Options{})
	for _, who := range [][2]string{{"", ""}, {"door", ""}, {"door", "wrong"}, {"stranger", "a long password"}} {
		if _, err := client(t, b, "x", who[0], who[1]); err == nil {
			t.Errorf("%q %q came in", who[0], who[1])
		}
	}
	if n := b.Stats().Refused; n != 4 {
		t.Errorf("%d refusals counted", n)
	}
}

func TestTopicsOfOthers(t *testing.T) {
	b := started(t, Options{})
	gateway, err := client(t, b, "gateway", "gateway", "another password")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 10)
	if k := gateway.Subscribe("#", 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Topic() }); !k.WaitTimeout(5*time.Second) || k.Error() != nil {
		t.Fatal(k.Error())
	}
	door, err := client(t, b, "door", "door", "a long password")
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := door.Subscribe("tele/#", 1, nil).(*mqtt.SubscribeToken); !ok || !k.WaitTimeout(5*time.Second) || k.Result()["tele/#"] < 0x80 {
		t.Error("it may hear what others say")
	}
	for _, topic := range []string{"tele/other/STATE", "stat", "tele/door/STATE"} {
		door.Publish(topic, 0, false, "x")
	}
	select {
	case got := <-heard:
		if got != "tele/door/STATE" {
			t.Errorf("heard %s", got)
		}
	case <-time.After(5 * time.Second):
		t.Error("nothing heard")
	}
}

// A stranger cannot make room for what a header promises, nor hold a connection without saying who they are.
func TestHostileOpenings(t *testing.T) {
	b := started(t, Options{})
	for name, first := range map[string]string{"a huge CONNECT": "\x10\xff\xff\xff\x7f", "something else": "GET / HTTP/1.1\r\n\r\n"} {
		c, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, first); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s: %v", name, err)
		}
		_ = c.Close()
	}
}

func TestRetainedIsBounded(t *testing.T) {
	s := shelf{sizes: map[string]int{}}
	for i := range MaxRetained {
		topic := fmt.Sprintf("t/%d", i)
		if !s.fits(topic, 10) {
			t.Fatalf("no room for %d", i)
		}
		s.put(topic, 10)
	}
	if s.fits("one/more", 10) || !s.fits("t/1", 20) || !s.fits("one/more", 0) {
		t.Error("bounds of topics")
	}
	s.put("t/1", 0)
	if !s.fits("one/more", 10) || s.fits("one/more", MaxRetainBytes) {
		t.Error("bounds of bytes")
	}
}

func TestPasswordsDiffer(t *testing.T) {
	a, err := NewPassword()
	b, err2 := NewPassword()
	if err != nil || err2 != nil || a == b || len(a) < 32 {
		t.Errorf("%q %q %v %v", a, b, err, err2)
	}
}
