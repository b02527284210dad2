package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

const patience = 20 * time.Second

// county is everything a broker talks to.
type county struct {
	mu       sync.Mutex
	good     map[hall.HallID]string
	asked    int
	broken   error
	heard    chan message
	refusals chan Refusal
	full     bool
}

type message struct {
	hall      hall.HallID
	what, sub string
	payload   string
}

func (c *county) CheckGateway(_ context.Context, id hall.HallID, credential string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return credential != "" && c.good[id] == credential, c.broken
}

func (c *county) Receive(id hall.HallID, what, sub string, payload []byte) bool {
	c.heard <- message{id, what, sub, string(payload)}
	return !c.full
}

func (c *county) NoteRefusals(_ context.Context, list []Refusal) error {
	for _, r := range list {
		c.refusals <- r
	}
	return nil
}

func start(t *testing.T) (*Broker, *county) {
	t.Helper()
	c := &county{good: map[hall.HallID]string{"a": "secret-a", "b": "secret-b"}, heard: make(chan message, 100), refusals: make(chan Refusal, 100)}
	b, err := Start(t.Context(), Options{Credentials: c, Receiver: c, Refusals: c, report: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	})
	return b, c
}

func options(b *Broker, id, user, password string) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID(id).SetUsername(user).SetPassword(password).
		SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).SetConnectTimeout(patience)
}

func done(t *testing.T, tok paho.Token) error {
	t.Helper()
	if !tok.WaitTimeout(patience) {
		t.Fatal("the client waits for ever")
	}
	return tok.Error()
}

func connect(t *testing.T, o *paho.ClientOptions) paho.Client {
	t.Helper()
	cl := paho.NewClient(o)
	if err := done(t, cl.Connect()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cl.Disconnect(0) })
	return cl
}

func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func none[T any](t *testing.T, ch <-chan T) {
	t.Helper()
	select {
	case v := <-ch:
		t.Fatalf("unexpected: %+v", v)
	default:
	}
}

func will(t *testing.T, w wire.Will) []byte {
	t.Helper()
	b, err := wire.EncodeWill(w)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhoMayConnect(t *testing.T) {
	b, c := start(t)
	lastWill := string(will(t, wire.Will{Boot: 1}))
	for _, x := range []struct {
		name, reason string
		o            *paho.ClientOptions
	}{
		{"wrong credential", "wrong credential", options(b, "a", "a", "secret-b")},
		{"a long credential", "wrong credential", options(b, "a", "a", strings.Repeat("x", 1000))},
		{"another hall's name", "wrong credential", options(b, "b", "b", "secret-a")},
		{"unknown hall", "wrong credential", options(b, "zz", "zz", "secret-a")},
		{"no credentials", "no credentials", options(b, "a", "", "")},
		{"no password", "no credentials", options(b, "a", "a", "")},
		{"no hall id", "user name is not a hall id", options(b, "A/+", "A/+", "x")},
		{"another client id", "client id is not the hall id", options(b, "b", "a", "secret-a")},
		{"will of another hall", "will on another topic", options(b, "a", "a", "secret-a").SetWill(wire.TopicWill("b"), lastWill, 1, true)},
		{"will that says online", "will cannot be read", options(b, "a", "a", "secret-a").SetBinaryWill(wire.TopicWill("a"), will(t, wire.Will{Online: true}), 1, true)},
		{"old protocol", "protocol is not MQTT 3.1.1", options(b, "a", "a", "secret-a").SetProtocolVersion(3)},
	} {
		cl := paho.NewClient(x.o)
		if err := done(t, cl.Connect()); err == nil {
			t.Errorf("%s: connected", x.name)
			cl.Disconnect(0)
			continue
		}
		r := next(t, c.refusals)
		if r.Reason != x.reason || r.What != "connection" || r.Count == 0 || r.Remote != "127.0.0.1" || r.First.IsZero() {
			t.Errorf("%s: %+v", x.name, r)
		}
	}
	connect(t, options(b, "a", "a", "secret-a"))
	none(t, c.heard)
	if s := b.Stats(); s.Refused != 11 || s.Connected != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAnErrorOfTheCheckAdmitsNobody(t *testing.T) {
	b, c := start(t)
	c.broken = errors.New("disk")
	if err := done(t, paho.NewClient(options(b, "a", "a", "secret-a")).Connect()); err == nil {
		t.Error("connected")
	}
}

func TestWhatIsPublishedIsHandedOnAndConfirmed(t *testing.T) {
	b, c := start(t)
	c.full = true // not accepting must not keep the client waiting
	cl := connect(t, options(b, "a", "a", "secret-a"))
	for _, m := range []message{
		{"a", "log", "facts", "1"}, {"a", "log", "readings", "2"}, {"a", "state", "queue", "3"}, {"a", "birth", "", "4"}, {"a", "will", "", "5"},
	} {
		topic := wire.TopicHall("a") + m.what
		if m.sub != "" {
			topic += "/" + m.sub
		}
		if err := done(t, cl.Publish(topic, 1, true, m.payload)); err != nil {
			t.Fatal(err)
		}
		if got := next(t, c.heard); got != m {
			t.Errorf("heard %+v, want %+v", got, m)
		}
	}
	if kept := b.server.Topics.Messages("hp/#"); len(kept) != 0 {
		t.Errorf("%d messages are retained", len(kept))
	}
	if s := b.Stats(); s.Received != 5 || s.Dropped != 5 {
		t.Errorf("%+v", s)
	}
}

func TestWhatAHallMayNotPublish(t *testing.T) {
	b, c := start(t)
	for _, topic := range []string{"hp/1/b/log/facts", "hp/1/a/ack", "hp/1/a/log/other", "hp/2/a/birth", "hp/1/a", "x", "hp/1/a/state/queue/x"} {
		lost := make(chan error, 1)
		o := options(b, "a", "a", "secret-a").SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
		cl := connect(t, o)
		cl.Publish(topic, 1, false, "x")
		_ = next(t, lost)
		r := next(t, c.refusals)
		if r.What != "publish" || r.Who != "a" || r.Topic != topic {
			t.Errorf("%s: %+v", topic, r)
		}
		if m := next(t, c.heard); m.what != wire.WhatWill {
			t.Errorf("%s: heard %+v", topic, m)
		}
	}
}

func TestAHallHearsItsOwnAcksOnly(t *testing.T) {
	b, c := start(t)
	got := make(chan paho.Message, 10)
	cl := connect(t, options(b, "a", "a", "secret-a"))
	on := func(_ paho.Client, m paho.Message) { got <- m }
	for _, filter := range []string{"hp/1/b/ack", "#", "hp/1/+/ack", "hp/1/a/#", "$SYS/#", "hp/1/a/log/facts", "$share/x/hp/1/b/ack"} {
		tok := cl.Subscribe(filter, 1, nil)
		if err := done(t, tok); err == nil && !refusedAll(tok.(*paho.SubscribeToken).Result()) {
			t.Errorf("subscribed to %s: %v", filter, tok.(*paho.SubscribeToken).Result())
		}
		_ = next(t, c.refusals)
	}
	if err := done(t, cl.Subscribe(wire.TopicAck("a"), 1, on)); err != nil {
		t.Fatal(err)
	}
	b.Ack("b", wire.Ack{Lane: hall.Facts, Seq: 1})
	b.Ack("a", wire.Ack{Lane: hall.Readings, Epoch: 4, Seq: 7})
	m := next(t, got)
	a, err := wire.DecodeAck(m.Payload())
	if err != nil || a.Seq != 7 || m.Topic() != wire.TopicAck("a") || m.Qos() != 1 {
		t.Errorf("%+v on %s, %v", a, m.Topic(), err)
	}
	none(t, got)
}

func refusedAll(codes map[string]byte) bool {
	for _, c := range codes {
		if c != 0x80 {
			return false
		}
	}
	return true
}

func TestTheLastWillIsToldOnceWhenTheConnectionEnds(t *testing.T) {
	b, c := start(t)
	w := will(t, wire.Will{Boot: 9})
	conns := make(chan net.Conn, 1)
	o := options(b, "a", "a", "secret-a").SetBinaryWill(wire.TopicWill("a"), w, 1, true)
	o.SetCustomOpenConnectionFn(dial(b, conns))
	connect(t, o)
	if err := (<-conns).Close(); err != nil { // the link drops
		t.Fatal(err)
	}
	if m := next(t, c.heard); m != (message{"a", wire.WhatWill, "", string(w)}) {
		t.Errorf("heard %+v", m)
	}
	cl := connect(t, options(b, "a", "a", "secret-a")) // without a will
	cl.Disconnect(0)
	m := next(t, c.heard)
	if got, err := wire.DecodeWill([]byte(m.payload)); err != nil || m.what != wire.WhatWill || got.Online {
		t.Errorf("heard %+v, %v", m, err)
	}
	none(t, c.heard)
}

func dial(b *Broker, out chan<- net.Conn) paho.OpenConnectionFunc {
	return func(_ *url.URL, _ paho.ClientOptions) (net.Conn, error) {
		c, err := net.Dial("tcp", b.Addr())
		if err == nil {
			out <- c
		}
		return c, err
	}
}

func TestASecondConnectionTakesOver(t *testing.T) {
	b, c := start(t)
	w := will(t, wire.Will{Boot: 9})
	for i := range 20 {
		got := make(chan paho.Message, 10)
		o := options(b, "a", "a", "secret-a").SetBinaryWill(wire.TopicWill("a"), w, 1, true)
		cl := connect(t, o)
		if err := done(t, cl.Subscribe(wire.TopicAck("a"), 1, func(_ paho.Client, m paho.Message) { got <- m })); err != nil {
			t.Fatal(err)
		}
		if err := done(t, cl.Publish(wire.TopicBirth("a"), 1, true, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if m := next(t, c.heard); m.what != wire.WhatBirth || m.payload != fmt.Sprint(i) {
			t.Fatalf("heard %+v", m) // the will of the one before would stand here
		}
		b.Ack("a", wire.Ack{Lane: hall.Facts, Epoch: 1, Seq: uint64(i)})
		_ = next(t, got)
	}
	if s := b.Stats(); s.Connected != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAReconnectStormAsksOnce(t *testing.T) {
	b, c := start(t)
	for range 20 {
		connect(t, options(b, "a", "a", "secret-a")).Disconnect(0)
	}
	c.mu.Lock()
	asked := c.asked
	c.good["a"] = "other"
	c.mu.Unlock()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	b.Disconnect("a") // revoked: the answer must not outlive it
	if err := done(t, paho.NewClient(options(b, "a", "a", "secret-a")).Connect()); err == nil {
		t.Error("connected with a revoked credential")
	}
}

func TestDisconnectEndsTheConnection(t *testing.T) {
	b, c := start(t)
	lost := make(chan error, 1)
	connect(t, options(b, "a", "a", "secret-a").SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err }))
	b.Disconnect("a")
	_ = next(t, lost)
	if m := next(t, c.heard); m.what != wire.WhatWill {
		t.Errorf("heard %+v", m)
	}
}

func TestTooManyConnections(t *testing.T) {
	c := &county{heard: make(chan message, 9), refusals: make(chan Refusal, 9)}
	b, err := Start(t.Context(), Options{Credentials: c, Receiver: c, Refusals: c, MaxClients: 1, report: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for range 1 + waiting + 1 { // none says who it is
		conn, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	if r := next(t, c.refusals); r.Reason != "too many connections" {
		t.Errorf("%+v", r)
	}
}

func TestAMessageBeyondTheLimitEndsTheConnection(t *testing.T) {
	b, c := start(t)
	lost := make(chan error, 1)
	cl := connect(t, options(b, "a", "a", "secret-a").SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err }))
	cl.Publish(wire.TopicLog("a", hall.Facts), 1, false, make([]byte, wire.MaxMessage+2*packetSlack))
	_ = next(t, lost)
	if m := next(t, c.heard); m.what != wire.WhatWill {
		t.Errorf("heard %+v", m)
	}
}

// TestAStrangerGetsNoRoom: before anybody has said who they are, a packet is as long as a CONNECT at most.
func TestAStrangerGetsNoRoom(t *testing.T) {
	b, c := start(t)
	for name, head := range map[string][]byte{
		"a long CONNECT":       {0x10, 0xff, 0xff, 0x3f}, // 1,048,575 bytes are to follow
		"a PUBLISH":            {0x30, 0x10},
		"a length without end": {0x10, 0xff, 0xff, 0xff, 0xff, 0x7f},
	} {
		conn, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := conn.Write(head); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(connectTime / 2)); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(make([]byte, 1)); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the broker waits for the rest: %d, %v", name, n, err)
		}
		if r := next(t, c.refusals); r.Reason != "does not begin with a CONNECT" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestRevokedWhileItConnects: a credential that is taken away between its check and the connection's entry among the
// others leaves no connection behind, and no answer that lets the next one in.
func TestRevokedWhileItConnects(t *testing.T) {
	c := &county{good: map[hall.HallID]string{"a": "secret-a"}, heard: make(chan message, 9), refusals: make(chan Refusal, 99)}
	slow := &slowCheck{county: c}
	b, err := Start(t.Context(), Options{Credentials: slow, Receiver: c, Refusals: c, report: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	}()
	slow.after = sync.OnceFunc(func() { // the answer is on its way
		c.mu.Lock()
		delete(c.good, "a")
		c.mu.Unlock()
		b.Disconnect("a")
	})
	lost := make(chan error, 1)
	cl := paho.NewClient(options(b, "a", "a", "secret-a").SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err }))
	defer cl.Disconnect(0)
	if done(t, cl.Connect()) == nil {
		_ = next(t, lost)
	}
	if err := done(t, paho.NewClient(options(b, "a", "a", "secret-a")).Connect()); err == nil {
		t.Error("connected with a revoked credential")
	}
}

// slowCheck does something between the look at a credential and the answer.
type slowCheck struct {
	*county
	after func()
}

func (s *slowCheck) CheckGateway(ctx context.Context, id hall.HallID, credential string) (bool, error) {
	ok, err := s.county.CheckGateway(ctx, id, credential)
	s.after()
	return ok, err
}

func TestRefusalsOfOneKindAreOneEntry(t *testing.T) {
	r := newRefusals(Options{Now: time.Now})
	for i := range 10_000 {
		r.note(Refusal{What: "connection", Who: fmt.Sprint(i), Remote: "10.0.0.1:99", Reason: "x\x00"})
	}
	if len(r.kinds) != maxKinds+1 || r.total.Load() != 10_000 {
		t.Errorf("%d kinds, %d in all", len(r.kinds), r.total.Load())
	}
	if got := clean("a\x00\n\xff" + string(make([]byte, 300))); len(got) != maxRefusalStr || got[:4] != "a???" {
		t.Errorf("clean: %q", got)
	}
}
