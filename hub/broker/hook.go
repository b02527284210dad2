package broker

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// hook is the one hook of the server: mochi joins the answers of several with OR.
type hook struct {
	mqtt.HookBase
	o       Options
	refused *refusals
	known   *known

	received atomic.Uint64
	dropped  atomic.Uint64

	mu       sync.Mutex
	sessions map[hall.HallID]session
}

// session is the connection that speaks for a hall.
type session struct {
	client *mqtt.Client
	will   []byte // what the gateway wants said when the connection ends
}

func newHook(o Options, refused *refusals) *hook {
	return &hook{o: o, refused: refused, known: newKnown(o.Credentials, o.Now), sessions: map[hall.HallID]session{}}
}

// ID names the hook.
func (h *hook) ID() string { return "hallpulse" }

// Provides says which events the hook wants.
func (h *hook) Provides(b byte) bool {
	return bytes.IndexByte([]byte{
		mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnSessionEstablish, mqtt.OnSessionEstablished,
		mqtt.OnDisconnect, mqtt.OnACLCheck, mqtt.OnPublish,
	}, b) >= 0
}

// OnConnect puts bounds on what a client asks for itself: no session outlives its connection, no connection may be silent
// for ever, and its will is not the server's to send (see OnDisconnect).
func (h *hook) OnConnect(cl *mqtt.Client, _ packets.Packet) error {
	cl.Properties.Clean = true
	cl.Properties.Will = mqtt.Will{}
	if cl.State.Keepalive == 0 || cl.State.Keepalive > maxKeepalive {
		cl.State.Keepalive = maxKeepalive
	}
	return nil
}

// OnConnectAuthenticate admits a gateway under its hall's id with its hall's credential.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	if reason := h.refuse(pk); reason != "" {
		h.refused.note(Refusal{What: "connection", Who: string(pk.Connect.Username), Remote: cl.Net.Remote, Reason: reason})
		return false
	}
	return true
}

// refuse gives the reason not to admit a CONNECT; empty: none.
func (h *hook) refuse(pk packets.Packet) string {
	c := &pk.Connect
	id := hall.HallID(c.Username)
	switch {
	case pk.ProtocolVersion != 4:
		return "protocol is not MQTT 3.1.1"
	case !c.UsernameFlag || !c.PasswordFlag || len(c.Username) == 0 || len(c.Password) == 0:
		return "no credentials"
	case !wire.ValidHallID(id):
		return "user name is not a hall id"
	case c.ClientIdentifier != string(id):
		return "client id is not the hall id"
	case c.WillFlag && c.WillTopic != wire.TopicWill(id):
		return "will on another topic"
	}
	if c.WillFlag {
		if w, err := wire.DecodeWill(c.WillPayload); err != nil || w.Online {
			return "will cannot be read"
		}
	}
	ok, err := h.known.check(id, c.Password)
	if err != nil {
		h.o.Logger.Error("broker: credentials cannot be checked", "hall", id, "error", err)
		return "credentials cannot be checked now"
	}
	if !ok {
		return "wrong credential"
	}
	return ""
}

// OnSessionEstablish makes the connection the one that speaks for its hall. mochi calls it before it closes the
// connection that did so before.
func (h *hook) OnSessionEstablish(cl *mqtt.Client, pk packets.Packet) {
	id := hall.HallID(cl.ID)
	h.mu.Lock()
	_, taken := h.sessions[id]
	h.sessions[id] = session{cl, bytes.Clone(pk.Connect.WillPayload)}
	h.mu.Unlock()
	h.o.Logger.Info("broker: gateway connected", "hall", id, "remote", cl.Net.Remote, "took_over", taken)
}

// OnSessionEstablished looks at the credential again, now that Broker.Disconnect finds the connection: that a credential
// was taken away is told once, and a connection that was being made at that moment would stay. Nothing was read of it yet.
func (h *hook) OnSessionEstablished(cl *mqtt.Client, pk packets.Packet) {
	if ok, err := h.known.check(hall.HallID(cl.ID), pk.Connect.Password); err != nil || !ok {
		h.refused.note(Refusal{What: "connection", Who: cl.ID, Remote: cl.Net.Remote, Reason: "credential is no longer good"})
		cl.Stop(packets.ErrNotAuthorized)
	}
}

// OnDisconnect tells the receiver that a hall is gone, in the words of its last will. mochi would send the will of a
// connection that was taken over as well, and so after the new one has said that it is there.
func (h *hook) OnDisconnect(cl *mqtt.Client, _ error, _ bool) {
	id := hall.HallID(cl.ID)
	h.mu.Lock()
	s, ok := h.sessions[id]
	current := ok && s.client == cl
	if current {
		delete(h.sessions, id)
	}
	h.mu.Unlock()
	if !current {
		h.awaitTakeover(cl)
		return
	}
	if len(s.will) == 0 {
		s.will, _ = wire.EncodeWill(wire.Will{Sent: h.o.Now()}) // has nothing to refuse
	}
	h.hand(id, wire.WhatWill, "", s.will)
	h.o.Logger.Info("broker: gateway disconnected", "hall", id)
}

// awaitTakeover holds the end of a taken-over connection until mochi has marked it as such, which it does a moment after
// closing it. Without the mark the end would remove the subscriptions of the new connection, as they have the same id.
func (h *hook) awaitTakeover(cl *mqtt.Client) {
	const step, most = time.Millisecond, 2000
	for range most {
		if cl.IsTakenOver() {
			return
		}
		<-time.After(step)
	}
}

// OnACLCheck is asked for every publish and subscription, and for every message to a client.
func (h *hook) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	if cl.Net.Inline {
		return true
	}
	what, ok := "subscribe", topic == wire.TopicAck(hall.HallID(cl.ID))
	if write {
		id, kind, _, err := wire.ParseTopic(topic)
		what, ok = "publish", err == nil && string(id) == cl.ID && kind != wire.WhatAck
	}
	if !ok {
		h.refused.note(Refusal{What: what, Who: cl.ID, Remote: cl.Net.Remote, Topic: topic, Reason: "not a topic of this hall"})
	}
	return ok
}

// OnPublish takes a message in-process. The answer lets mochi send its PUBACK and do nothing else with the message.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	id, what, sub, err := wire.ParseTopic(pk.TopicName)
	if err == nil && string(id) == cl.ID && what != wire.WhatAck {
		h.hand(id, what, sub, pk.Payload)
	}
	return pk, packets.CodeSuccessIgnore
}

func (h *hook) hand(id hall.HallID, what, sub string, payload []byte) {
	h.received.Add(1)
	if !h.o.Receiver.Receive(id, what, sub, payload) {
		h.dropped.Add(1)
	}
}

func (h *hook) connected() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sessions)
}
