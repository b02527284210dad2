package mqttdevice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"hallpulse/edge/driver"
)

// Limits of what waits for a device.
const (
	maxQueued      = 4096    // messages
	maxQueuedBytes = 8 << 20 // of their payloads
)

// atLeastOnce is MQTT's QoS 1.
const atLeastOnce = 1

// answerTime is how long a broker may take to answer.
const answerTime = 5 * time.Second

// ErrSlow says that a device's messages were not read as fast as they came.
var ErrSlow = errors.New("messages came faster than they were read")

// session is one MQTT connection. It never reconnects.
type session struct {
	client mqtt.Client
	conn   net.Conn // set while it connects; guarded by mu
	gone   chan struct{}
	once   sync.Once
	err    error // once gone is closed

	mu   sync.Mutex
	subs map[*subscription]struct{}
	uses map[string]int // subscriptions by filter
}

// dial connects.
func (c *Client) dial(ctx context.Context) (*session, error) {
	server, err := c.o.server()
	if err != nil {
		return nil, err
	}
	s := &session{gone: make(chan struct{}), subs: map[*subscription]struct{}{}, uses: map[string]int{}}
	opts := mqtt.NewClientOptions().
		AddBroker(server).SetClientID(c.o.ClientID).SetUsername(c.o.Username).SetPassword(c.o.Password).
		SetProtocolVersion(4).SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).
		SetKeepAlive(c.o.keepAlive).SetPingTimeout(pingTimeout).SetConnectTimeout(dialTimeout).SetWriteTimeout(answerTime).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { s.deliver(m) }).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) {
			s.end(fmt.Errorf("mqttdevice: %w: %w", ErrNotConnected, err))
		}).
		SetCustomOpenConnectionFn(func(at *url.URL, _ mqtt.ClientOptions) (net.Conn, error) { return c.open(ctx, s, at) })
	s.client = mqtt.NewClient(opts)
	if err := s.await(ctx, s.client.Connect(), dialTimeout+answerTime); err != nil {
		s.end(err)
		s.close()
		return nil, err
	}
	return s, nil
}

// open opens the connection's socket. What comes through it is measured: see bounded.
func (c *Client) open(ctx context.Context, s *session, server *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", server.Host)
	if err != nil {
		return nil, err
	}
	if server.Scheme == "ssl" {
		secure, err := c.secure(ctx, conn, server.Hostname())
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		conn = secure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	return &bounded{Conn: conn}, nil
}

// await waits for the broker's answer.
func (s *session) await(ctx context.Context, t mqtt.Token, most time.Duration) error {
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-s.gone:
		return s.err
	case <-late.C:
		return errors.New("the broker does not answer")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end notes the end of the connection; the first reason stays.
func (s *session) end(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.gone)
	})
}

// why gives the reason of the end; s is gone.
func (s *session) why() error { return s.err }

// close ends the library's work at once, also where it waits for an answer.
func (s *session) close() {
	s.client.Disconnect(0)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

func (s *session) add(sub *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs[sub] = struct{}{}
	for _, f := range sub.filters {
		s.uses[f]++
	}
}

// remove ends a subscription at the broker too, where no other device has the same filter.
func (s *session) remove(sub *subscription) {
	s.mu.Lock()
	delete(s.subs, sub)
	var unused []string
	for _, f := range sub.filters {
		if s.uses[f]--; s.uses[f] <= 0 {
			delete(s.uses, f)
			unused = append(unused, f)
		}
	}
	s.mu.Unlock()
	if len(unused) > 0 && s.client.IsConnectionOpen() {
		s.client.Unsubscribe(unused...) // nobody waits for the answer
	}
}

// subscribe asks the broker for the filters, also where another device has them: it sends what is retained again.
func (s *session) subscribe(ctx context.Context, filters []string) error {
	wanted := make(map[string]byte, len(filters))
	for _, f := range filters {
		wanted[f] = atLeastOnce
	}
	t := s.client.SubscribeMultiple(wanted, nil)
	if err := s.await(ctx, t, answerTime); err != nil {
		return fmt.Errorf("mqttdevice: subscribe: %w", err)
	}
	if granted, ok := t.(*mqtt.SubscribeToken); ok {
		for f, code := range granted.Result() {
			if code > 2 { // MQTT 3.1.1, 3.9.3: 0x80 is a failure
				return fmt.Errorf("mqttdevice: the broker refuses the subscription of %s", f)
			}
		}
	}
	return nil
}

func (s *session) publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	if err := s.await(ctx, s.client.Publish(topic, atLeastOnce, retain, payload), answerTime); err != nil {
		return fmt.Errorf("mqttdevice: publish %s: %w", topic, err)
	}
	return nil
}

// deliver hands a message to the queues of its subscriptions. It is the library's goroutine: it never waits.
func (s *session) deliver(m mqtt.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sub := range s.subs {
		if sub.wants(m.Topic()) {
			sub.put(driver.Message{Topic: m.Topic(), Payload: m.Payload(), Retained: m.Retained()})
		}
	}
}
