package localbroker

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// hook is the one hook of the server: mochi joins the answers of several with OR.
type hook struct {
	mqtt.HookBase
	users map[string]account
	log   *slog.Logger
	noted quiet

	messages, refused, dropped, unkept atomic.Uint64

	mu       sync.Mutex
	sessions map[string]session
	retained shelf
}

// account is a user without the password itself.
type account struct {
	password [sha256.Size]byte
	topics   []string // nil: all
}

// session is the connection that has a client id now.
type session struct {
	client *mqtt.Client
	user   string
}

func newHook(o Options) *hook {
	h := &hook{users: map[string]account{}, log: o.Logger, sessions: map[string]session{}, retained: shelf{sizes: map[string]int{}}}
	for _, u := range o.Users {
		h.users[u.Name] = account{sha256.Sum256([]byte(u.Password)), u.Topics}
	}
	return h
}

// ID names the hook.
func (h *hook) ID() string { return "hallpulse" }

// Provides says which events the hook wants.
func (h *hook) Provides(b byte) bool {
	return bytes.IndexByte([]byte{
		mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnSessionEstablish, mqtt.OnDisconnect, mqtt.OnACLCheck, mqtt.OnSubscribe,
		mqtt.OnPublish, mqtt.OnWill, mqtt.OnRetainMessage, mqtt.OnPublishDropped,
	}, b) >= 0
}

// OnConnect ends every session with its connection: nothing is kept for a device that is away. A will is sent at once.
func (h *hook) OnConnect(cl *mqtt.Client, _ packets.Packet) error {
	cl.Properties.Clean = true
	cl.Properties.Props.SessionExpiryInterval = 0
	cl.Properties.Will.WillDelayInterval = 0
	return nil
}

// OnConnectAuthenticate admits a user with its password.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	if reason := h.refuse(cl.ID, pk); reason != "" {
		h.turnAway("connection", string(pk.Connect.Username), cl.Net.Remote, "", reason)
		return false
	}
	return true
}

// refuse gives the reason not to admit a CONNECT; empty: none.
func (h *hook) refuse(id string, pk packets.Packet) string {
	c := &pk.Connect
	given := sha256.Sum256(c.Password)
	a, known := h.users[string(c.Username)]
	right := subtle.ConstantTimeCompare(given[:], a.password[:]) == 1
	switch {
	case !c.UsernameFlag || len(c.Username) == 0:
		return "no user"
	case !known || !right || len(c.Password) == 0:
		return "wrong user or password"
	case c.WillFlag && !a.may(c.WillTopic):
		return "will on a topic of others"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if s, ok := h.sessions[id]; ok && s.user != string(c.Username) {
		return "client id of another user"
	}
	return ""
}

// OnSessionEstablish notes who has the client id from now on; mochi then closes the connection that had it.
func (h *hook) OnSessionEstablish(cl *mqtt.Client, pk packets.Packet) {
	h.mu.Lock()
	h.sessions[cl.ID] = session{cl, string(pk.Connect.Username)}
	h.mu.Unlock()
	h.log.Info("localbroker: connected", "user", string(pk.Connect.Username), "client", clean(cl.ID), "remote", cl.Net.Remote)
}

// OnDisconnect forgets a connection.
func (h *hook) OnDisconnect(cl *mqtt.Client, _ error, _ bool) {
	h.mu.Lock()
	s, ok := h.sessions[cl.ID]
	current := ok && s.client == cl
	if current {
		delete(h.sessions, cl.ID)
	}
	h.mu.Unlock()
	if ok && !current {
		h.awaitTakeover(cl)
		return
	}
	h.log.Info("localbroker: disconnected", "client", clean(cl.ID))
}

// awaitTakeover holds the end of a taken-over connection until mochi has marked it as such, a moment after closing it.
// Without the mark the end would remove the subscriptions of the new connection, as they have the same id.
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
	user := string(cl.Properties.Username)
	a, known := h.users[user]
	what := "subscribe"
	if write {
		what = "publish"
	}
	if !known || !a.may(topic) {
		h.turnAway(what, user, cl.Net.Remote, topic, "topic of others")
		return false
	}
	return true
}

// OnSubscribe empties the filters that are too many; mochi refuses an empty one.
func (h *hook) OnSubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	room := maxFilters - cl.State.Subscriptions.Len()
	for i := max(room, 0); i < len(pk.Filters); i++ {
		h.turnAway("subscribe", string(cl.Properties.Username), cl.Net.Remote, pk.Filters[i].Filter, "too many subscriptions")
		pk.Filters[i].Filter = ""
	}
	return pk
}

// OnPublish counts a message and takes away its wish to be retained where there is no room.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	h.messages.Add(1)
	if pk.FixedHeader.Retain && !h.keeps(pk.TopicName, len(pk.Payload)) {
		pk.FixedHeader.Retain = false
		h.turnAway("retain", string(cl.Properties.Username), cl.Net.Remote, pk.TopicName, "no room")
	}
	return pk, nil
}

// OnWill does the same for a last will.
func (h *hook) OnWill(cl *mqtt.Client, will mqtt.Will) (mqtt.Will, error) {
	h.messages.Add(1)
	if will.Retain && !h.keeps(will.TopicName, len(will.Payload)) {
		will.Retain = false
		h.turnAway("retain", string(cl.Properties.Username), cl.Net.Remote, will.TopicName, "no room")
	}
	return will, nil
}

func (h *hook) keeps(topic string, size int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	ok := h.retained.fits(topic, size)
	if !ok {
		h.unkept.Add(1)
	}
	return ok
}

// OnRetainMessage notes what is retained now.
func (h *hook) OnRetainMessage(_ *mqtt.Client, pk packets.Packet, _ int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.retained.put(pk.TopicName, len(pk.Payload))
}

// OnPublishDropped counts what a slow client missed.
func (h *hook) OnPublishDropped(cl *mqtt.Client, _ packets.Packet) {
	if h.dropped.Add(1); h.noted.first("slow "+cl.ID, time.Now()) {
		h.log.Warn("localbroker: a client is too slow and misses messages", "client", clean(cl.ID), "remote", cl.Net.Remote)
	}
}

func (h *hook) stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats{
		Connected: len(h.sessions), Retained: len(h.retained.sizes), Messages: h.messages.Load(),
		Refused: h.refused.Load(), Dropped: h.dropped.Load(), Unkept: h.unkept.Load(),
	}
}
