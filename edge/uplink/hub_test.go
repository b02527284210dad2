package uplink

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// fakeHub is a county on a real broker: it commits what comes by the rules of the log and acks as its script says.
type fakeHub struct {
	mqtt.HookBase
	t     testing.TB
	addr  string
	done  sync.WaitGroup
	inbox chan message

	mu        sync.Mutex
	server    *mqtt.Server
	epoch     uint64
	pos       map[hall.Lane]uint64
	facts     []hall.Fact
	readings  []hall.Reading
	gaps      map[hall.Lane][][2]uint64 // lost records
	births    []wire.Birth
	wills     []wire.Will
	snaps     []wire.Snapshot
	snapTimes []time.Time
	batches   int
	early     bool // a batch came before Hello
	greeted   bool
	out, most int                  // batches without an ack, and the most there were
	time      func() time.Time     // the county's clock
	script    func(n int, a ack)   // sends the ack of the n-th batch; nil: sends it
	mute      bool                 // says nothing at all
	changed   chan struct{}        // closed on every message
	topics    map[string]struct{}  // seen
	onBatch   func(lane hall.Lane) // called with mu held
}

type message struct {
	client  string
	topic   string
	payload []byte
}

// ack is an ack that the script may send, more than once or not at all.
type ack struct {
	wire.Ack
	send func(wire.Ack)
}

func newHub(t testing.TB) *fakeHub {
	h := &fakeHub{
		t: t, inbox: make(chan message, 1<<14), pos: map[hall.Lane]uint64{}, gaps: map[hall.Lane][][2]uint64{},
		changed: make(chan struct{}), topics: map[string]struct{}{}, time: time.Now, addr: "127.0.0.1:0",
	}
	h.start()
	h.done.Go(func() {
		for m := range h.inbox {
			h.take(m)
		}
	})
	t.Cleanup(func() {
		h.stop()
		close(h.inbox)
		h.done.Wait()
	})
	return h
}

func (h *fakeHub) start() {
	h.t.Helper()
	s := mqtt.New(&mqtt.Options{InlineClient: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	l := listeners.NewTCP(listeners.Config{ID: "tcp", Address: h.addr})
	if err := s.AddHook(h, nil); err != nil {
		h.t.Fatal(err)
	}
	if err := s.AddListener(l); err != nil {
		h.t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	h.server, h.addr = s, l.Address()
	h.mu.Unlock()
}

func (h *fakeHub) stop() {
	h.mu.Lock()
	s := h.server
	h.mu.Unlock()
	_ = s.Close()
}

// restart stops the broker and starts it on the same port: every connection breaks, what is stored stays.
func (h *fakeHub) restart() {
	h.stop()
	h.start()
}

func (h *fakeHub) ID() string { return "hub" }

func (h *fakeHub) Provides(b byte) bool {
	return bytes.Contains([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnWillSent}, []byte{b})
}

func (h *fakeHub) OnConnectAuthenticate(_ *mqtt.Client, pk packets.Packet) bool {
	return string(pk.Connect.Username) == "test-hall" && string(pk.Connect.Password) == "secret"
}

func (h *fakeHub) OnACLCheck(*mqtt.Client, string, bool) bool { return true }

func (h *fakeHub) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if !cl.Net.Inline {
		h.inbox <- message{cl.ID, pk.TopicName, bytes.Clone(pk.Payload)}
	}
	return pk, nil
}

func (h *fakeHub) OnWillSent(cl *mqtt.Client, pk packets.Packet) {
	h.inbox <- message{cl.ID, pk.TopicName, bytes.Clone(pk.Payload)}
}

// take handles one message as the county does.
func (h *fakeHub) take(m message) {
	id, what, sub, err := wire.ParseTopic(m.topic)
	if err != nil || id != "test-hall" {
		h.t.Errorf("topic %q: %v", m.topic, err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.topics[m.topic] = struct{}{}
	defer func() {
		close(h.changed)
		h.changed = make(chan struct{})
	}()
	switch what {
	case wire.WhatBirth:
		b, err := wire.DecodeBirth(m.payload)
		if err != nil {
			h.t.Error(err)
			return
		}
		h.births = append(h.births, b)
		if b.Epoch != h.epoch {
			h.epoch, h.pos = b.Epoch, map[hall.Lane]uint64{}
		}
		h.out = 0
		for _, lane := range []hall.Lane{hall.Facts, hall.Readings} {
			h.say(wire.Ack{Lane: lane, Epoch: h.epoch, Seq: h.pos[lane], Time: h.time(), Hello: true})
		}
		h.greeted = true
	case wire.WhatWill:
		w, err := wire.DecodeWill(m.payload)
		if err != nil {
			h.t.Error(err)
		}
		h.wills = append(h.wills, w)
	case wire.WhatState:
		s, err := wire.DecodeSnapshot(m.payload)
		if err != nil || string(s.Section) != sub {
			h.t.Error(err, s.Section, sub)
		}
		h.snaps, h.snapTimes = append(h.snaps, s), append(h.snapTimes, time.Now())
	case wire.WhatLog:
		h.batch(sub, m.payload)
	}
}

func (h *fakeHub) batch(sub string, payload []byte) {
	lane, _ := wire.ParseLane(sub)
	h.batches++
	h.early = h.early || !h.greeted
	if h.onBatch != nil {
		h.onBatch(lane)
	}
	h.out++
	h.most = max(h.most, h.out)
	var first, oldest, epoch uint64
	var facts []hall.Fact
	var readings []hall.Reading
	n := 0
	if lane == hall.Facts {
		b, poison, err := wire.DecodeFactBatch(payload)
		if err != nil || len(poison) > 0 {
			h.t.Error(err, poison)
			return
		}
		first, oldest, epoch, facts, n = b.First, b.Oldest, b.Epoch, b.Facts, len(b.Facts)
	} else {
		b, err := wire.DecodeReadingBatch(payload)
		if err != nil {
			h.t.Error(err)
			return
		}
		first, oldest, epoch, readings, n = b.First, b.Oldest, b.Epoch, b.Readings, len(b.Readings)
	}
	if epoch != h.epoch || n == 0 {
		h.t.Errorf("a batch of %d records of epoch %d", n, epoch)
		return
	}
	a := wire.Ack{Lane: lane, Epoch: epoch, Time: h.time()}
	pos := h.pos[lane]
	switch {
	case first > pos+1 && first != oldest:
		a.Seq, a.Resend = pos, true
		h.answer(a)
		return
	case first > pos+1:
		h.gaps[lane] = append(h.gaps[lane], [2]uint64{pos + 1, first - 1})
		pos = first - 1
	}
	if skip := int(pos + 1 - first); skip < n {
		if lane == hall.Facts {
			h.facts = append(h.facts, facts[skip:]...)
		} else {
			h.readings = append(h.readings, readings[skip:]...)
		}
		h.pos[lane] = first + uint64(n) - 1
	} else {
		h.pos[lane] = pos
	}
	a.Seq = h.pos[lane]
	h.answer(a)
}

func (h *fakeHub) answer(a wire.Ack) {
	send := func(a wire.Ack) {
		h.out = 0
		h.say(a)
	}
	if h.script != nil {
		h.script(h.batches, ack{a, send})
		return
	}
	send(a)
}

// say publishes an ack. The caller holds mu.
func (h *fakeHub) say(a wire.Ack) {
	if h.mute {
		return
	}
	data, err := wire.EncodeAck(a)
	if err != nil {
		h.t.Error(err)
		return
	}
	_ = h.server.Publish(wire.TopicAck("test-hall"), data, false, 1) // a server that was stopped has nobody to tell
}

// until waits for a condition on the hub, checked after every message.
func (h *fakeHub) until(what string, ok func() bool) {
	h.t.Helper()
	late := time.After(30 * time.Second)
	for {
		h.mu.Lock()
		good, changed := ok(), h.changed
		h.mu.Unlock()
		if good {
			return
		}
		select {
		case <-changed:
		case <-late:
			h.mu.Lock()
			defer h.mu.Unlock()
			h.t.Fatalf("%s: facts %d, readings %d, positions %v, gaps %v, batches %d, births %d", what, len(h.facts), len(h.readings), h.pos, h.gaps, h.batches, len(h.births))
		}
	}
}

func (h *fakeHub) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// hole is a TCP proxy that can swallow everything without closing anything.
type hole struct {
	l    net.Listener
	to   func() string
	done sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
	gen   int // connections of an older generation are swallowed
}

func newHole(t testing.TB, to func() string) *hole {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &hole{l: l, to: to}
	p.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.serve(c)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.done.Wait()
	})
	return p
}

func (p *hole) serve(c net.Conn) {
	d, err := net.Dial("tcp", p.to())
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, c, d)
	gen := p.gen
	p.mu.Unlock()
	p.done.Go(func() { p.pump(c, d, gen) })
	p.done.Go(func() { p.pump(d, c, gen) })
}

func (p *hole) pump(from, to net.Conn, gen int) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			_, _ = from.Close(), to.Close()
			return
		}
		p.mu.Lock()
		alive := gen == p.gen
		p.mu.Unlock()
		if alive {
			_, _ = to.Write(b[:n])
		}
	}
}

// swallow makes the connections of now half open: bytes are taken and go nowhere.
func (p *hole) swallow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gen++
}

// cut closes the connections of now.
func (p *hole) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}
