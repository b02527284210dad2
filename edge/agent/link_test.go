package agent

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"hallpulse/edge/config"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// county is a broker that keeps what the hall says and acknowledges every batch.
type county struct {
	mqtt.HookBase
	t      testing.TB
	server *mqtt.Server
	addr   string
	off    time.Duration // of its clock
	inbox  chan packets.Packet

	mu    sync.Mutex
	birth wire.Birth
	snaps map[hall.Section]wire.Snapshot
	facts []hall.Fact
}

func newCounty(t testing.TB, off time.Duration) *county {
	t.Helper()
	c := &county{t: t, off: off, inbox: make(chan packets.Packet, 1000), snaps: map[hall.Section]wire.Snapshot{}}
	c.server = mqtt.New(&mqtt.Options{InlineClient: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	l := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	must(t, c.server.AddHook(c, nil))
	must(t, c.server.AddListener(l))
	must(t, c.server.Serve())
	c.addr = l.Address()
	var wg sync.WaitGroup
	wg.Go(func() {
		for pk := range c.inbox {
			c.take(pk)
		}
	})
	t.Cleanup(func() { _ = c.server.Close(); close(c.inbox); wg.Wait() })
	return c
}

func (c *county) ID() string { return "county" }

func (c *county) Provides(b byte) bool {
	return bytes.Contains([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish}, []byte{b})
}

func (c *county) OnConnectAuthenticate(_ *mqtt.Client, pk packets.Packet) bool {
	return string(pk.Connect.Username) == "jiangkou" && string(pk.Connect.Password) == "secret"
}

func (c *county) OnACLCheck(*mqtt.Client, string, bool) bool { return true }

func (c *county) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if !cl.Net.Inline {
		pk.Payload = bytes.Clone(pk.Payload)
		c.inbox <- pk
	}
	return pk, nil
}

func (c *county) take(pk packets.Packet) {
	id, what, sub, err := wire.ParseTopic(pk.TopicName)
	if err != nil || id != "jiangkou" {
		c.t.Errorf("topic %s", pk.TopicName)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch what {
	case wire.WhatBirth:
		if c.birth, err = wire.DecodeBirth(pk.Payload); err == nil {
			c.ack(wire.Ack{Lane: hall.Facts, Hello: true})
			c.ack(wire.Ack{Lane: hall.Readings, Hello: true})
		}
	case wire.WhatState:
		var s wire.Snapshot
		if s, err = wire.DecodeSnapshot(pk.Payload); err == nil {
			c.snaps[s.Section] = s
		}
	case wire.WhatLog:
		err = c.batch(sub, pk.Payload)
	}
	if err != nil {
		c.t.Errorf("%s: %v", pk.TopicName, err)
	}
}

func (c *county) batch(lane string, payload []byte) error {
	if lane == hall.Readings.String() {
		b, err := wire.DecodeReadingBatch(payload)
		c.ack(wire.Ack{Lane: hall.Readings, Seq: b.First + uint64(len(b.Readings)) - 1})
		return err
	}
	b, _, err := wire.DecodeFactBatch(payload)
	for _, f := range b.Facts {
		if f.Seq == uint64(len(c.facts))+1 {
			c.facts = append(c.facts, f)
		}
	}
	c.ack(wire.Ack{Lane: hall.Facts, Seq: uint64(len(c.facts))})
	return err
}

func (c *county) ack(a wire.Ack) {
	a.Epoch, a.Time = c.birth.Epoch, time.Now().Add(c.off)
	data, err := wire.EncodeAck(a)
	if err == nil {
		err = c.server.Publish(wire.TopicAck("jiangkou"), data, false, 1)
	}
	if err != nil {
		c.t.Error(err)
	}
}

// look gives what the county has, under its lock.
func (c *county) look(do func() bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return do()
}

// The whole way of a gateway in 1970: the county tells the time, the records are corrected, every section is shown.
func TestTheWayToTheCounty(t *testing.T) {
	sim, pins := door(t)
	c := newCounty(t, 0)
	w := &wall{}
	w.set(time.Unix(5, 0))
	conf := configured(t, t.TempDir(), "hub: {broker: \"mqtt://"+c.addr+"\", credential: secret}\n")
	a := made(t, Options{Config: conf, GPIO: pins, Wall: w.now})
	put(t, a, ticket(1))
	stop := running(t, a)
	awaitReady(t, a)
	must(t, sim.Passage(t.Context(), "OUT", "IN", hall.In))
	eventually(t, "the county has everything", func() bool {
		g := a.State().Gateway
		return c.look(func() bool { return len(c.snaps) == len(hall.Sections()) && len(c.facts) >= 4 }) && g.FactsPending == 0 && g.ClockMark == hall.Sure
	})
	eventually(t, "the county sees the passage", func() bool {
		return c.look(func() bool { z := c.snaps[hall.SectionZones].Zones; return z != nil && z.Total == 1 })
	})
	if l := a.Link(); !l.Connected || l.LastAck.IsZero() {
		t.Errorf("%+v", l)
	}
	stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.birth.Hall.ID != "jiangkou" || len(c.birth.Hall.Devices) != 2 || c.birth.Version != "test" {
		t.Errorf("%+v", c.birth)
	}
	for _, f := range c.facts {
		if !near(f.At.Wall, time.Now()) && f.At.Wall.Before(time.Now().Add(-patience)) {
			t.Errorf("%s at %v", f.Kind, f.At)
		}
	}
	q := c.snaps[hall.SectionQueue].Queue
	if q == nil || q.Waiting != 1 || time.Since(q.Oldest) > patience {
		t.Errorf("%+v", q)
	}
	if g := c.snaps[hall.SectionGateway].Gateway; g.Boot != 1 || g.Version != "test" {
		t.Errorf("%+v", g)
	}
}

func TestBrokerURL(t *testing.T) {
	for given, want := range map[string]string{"mqtt://h": "tcp://h:1883", "mqtts://h:8884": "ssl://h:8884"} {
		if got := brokerURL(&config.Hub{Broker: given}); got != want {
			t.Errorf("%s: got %s", given, got)
		}
	}
	c := configured(t, t.TempDir(), "hub: {broker: \"mqtts://h\", credential: x}\n")
	if ready, err := prepare(c); err != nil || ready.tls == nil || ready.tls.ServerName != "h" || ready.tls.RootCAs != nil {
		t.Errorf("%+v, %v", ready, err)
	}
}
