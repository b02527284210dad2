package app

import (
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// gateway speaks the protocol of a hall over a raw MQTT client.
type gateway struct {
	t       *testing.T
	desc    hall.Hall
	epoch   uint64
	boot    uint32
	version uint64
	client  paho.Client
	acks    chan wire.Ack
	lost    chan struct{} // closed when the connection ended

	mu   sync.Mutex
	conn net.Conn
}

// dial connects as a hall; the error is the broker's refusal.
func (b *bench) dial(t *testing.T, d hall.Hall, credential string) (*gateway, error) {
	t.Helper()
	g := &gateway{t: t, desc: d, epoch: 77, boot: 1, acks: make(chan wire.Ack, 1000), lost: make(chan struct{})}
	will, err := wire.EncodeWill(wire.Will{Boot: g.boot, Sent: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	o := paho.NewClientOptions().AddBroker("tcp://"+b.BrokerAddr()).SetClientID(string(d.ID)).SetUsername(string(d.ID)).SetPassword(credential).
		SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).SetConnectTimeout(patience).
		SetBinaryWill(wire.TopicWill(d.ID), will, 1, true).SetConnectionLostHandler(func(paho.Client, error) { close(g.lost) })
	o.SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (net.Conn, error) {
		c, err := net.Dial("tcp", u.Host)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.conn = c
		return c, err
	})
	g.client = paho.NewClient(o)
	if err := wait(t, g.client.Connect()); err != nil {
		return nil, err
	}
	t.Cleanup(func() { g.client.Disconnect(0) })
	return g, wait(t, g.client.Subscribe(wire.TopicAck(d.ID), 1, func(_ paho.Client, m paho.Message) {
		a, err := wire.DecodeAck(m.Payload())
		if err != nil {
			t.Errorf("ack: %v", err)
		}
		g.acks <- a
	}))
}

// connect enrols a hall, connects and says the birth.
func (b *bench) connect(t *testing.T, d hall.Hall) *gateway {
	t.Helper()
	credential, err := b.admin.Enrol(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	g, err := b.dial(t, d, credential)
	if err != nil {
		t.Fatal(err)
	}
	g.birth()
	return g
}

func wait(t *testing.T, tok paho.Token) error {
	t.Helper()
	if !tok.WaitTimeout(patience) {
		t.Fatal("the client waits for ever")
	}
	return tok.Error()
}

func (g *gateway) publish(topic string, payload []byte, err error) {
	g.t.Helper()
	if err == nil {
		err = wait(g.t, g.client.Publish(topic, 1, false, payload))
	}
	if err != nil {
		g.t.Fatalf("%s: %v", topic, err)
	}
}

// birth says the birth and waits for the county's answer.
func (g *gateway) birth() {
	g.t.Helper()
	payload, err := wire.EncodeBirth(wire.Birth{Hall: g.desc, Epoch: g.epoch, Boot: g.boot, Version: "test", Sent: time.Now()})
	g.publish(wire.TopicBirth(g.desc.ID), payload, err)
	g.await("hello", func(a wire.Ack) bool { return a.Hello && a.Lane == hall.Facts && !a.Time.IsZero() })
}

func (g *gateway) await(what string, fits func(wire.Ack) bool) wire.Ack {
	g.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case a := <-g.acks:
			if fits(a) {
				return a
			}
		case <-deadline:
			g.t.Fatalf("no ack: %s", what)
		}
	}
}

// tickets sends the tickets of sequences first to last.
func (g *gateway) tickets(first, last uint64) {
	g.t.Helper()
	batch := wire.FactBatch{Epoch: g.epoch, First: first, Oldest: 1}
	for n := first; n <= last; n++ {
		batch.Facts = append(batch.Facts, hall.Fact{
			Seq: n, Kind: hall.KindTicket, At: hall.Stamp{Wall: time.Now().Truncate(time.Microsecond), Boot: g.boot}, Device: "printer",
			Ticket: &hall.TicketIssued{Number: fmt.Sprintf("A%03d", n), Category: "social", Ahead: -1},
		})
	}
	payload, err := wire.EncodeFactBatch(batch)
	g.publish(wire.TopicLog(g.desc.ID, hall.Facts), payload, err)
}

func (g *gateway) awaitFacts(seq uint64) {
	g.t.Helper()
	g.await(fmt.Sprint("facts ", seq), func(a wire.Ack) bool { return a.Lane == hall.Facts && a.Seq == seq && !a.Hello && !a.Resend })
}

// say sends a section.
func (g *gateway) say(s wire.Snapshot) {
	g.t.Helper()
	g.version++
	s.Version, s.Boot, s.AsOf, s.Sent = g.version, g.boot, time.Now(), time.Now()
	payload, err := wire.EncodeSnapshot(s)
	g.publish(wire.TopicState(g.desc.ID, s.Section), payload, err)
}

func (g *gateway) waiting(n int) {
	g.t.Helper()
	g.say(wire.Snapshot{Section: hall.SectionQueue, Queue: &hall.QueueState{Waiting: n, Day: "2026-11-24"}})
}

func (g *gateway) keypad(h hall.Health) {
	g.t.Helper()
	g.say(wire.Snapshot{Section: hall.SectionDevices, Devices: &hall.DevicesState{Devices: []hall.DeviceState{{ID: "keypad", Health: h, Since: time.Now()}}}})
}

// vanish cuts the connection without a word.
func (g *gateway) vanish() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.conn.Close()
}

// readings sends a reading of as many people as its sequence says.
func (g *gateway) readings(first, last uint64) {
	g.t.Helper()
	batch := wire.ReadingBatch{Epoch: g.epoch, First: first, Oldest: 1}
	for n := first; n <= last; n++ {
		at := time.Now().Add(time.Duration(n) * time.Millisecond).Truncate(time.Millisecond)
		batch.Readings = append(batch.Readings, hall.Reading{Seq: n, Series: hall.Series{Metric: hall.MetricPeople}, At: at, Value: float64(n)})
	}
	payload, err := wire.EncodeReadingBatch(batch)
	g.publish(wire.TopicLog(g.desc.ID, hall.Readings), payload, err)
}
