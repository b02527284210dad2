package uplink

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"hallpulse/hall/wire"
)

// linkTiming holds the times of one MQTT connection.
type linkTiming struct {
	keepAlive, ping, connect, write time.Duration
}

// maxAcks is how many acks may wait to be read; a county sends one per batch, of which MaxInFlight are out.
const maxAcks = 64

// atLeastOnce is MQTT's QoS 1.
const atLeastOnce = 1

// link is one MQTT connection, subscribed to the hall's acks. It never reconnects.
type link struct {
	client mqtt.Client
	wait   time.Duration
	acks   chan []byte
	lost   chan error
	gone   chan struct{}
	once   sync.Once
}

// dial connects and subscribes. The acks are subscribed before anything is sent that could be answered.
func dial(ctx context.Context, o Options, t linkTiming, will []byte) (*link, error) {
	l := &link{wait: t.connect, acks: make(chan []byte, maxAcks), lost: make(chan error, 1), gone: make(chan struct{})}
	opts := mqtt.NewClientOptions().
		AddBroker(o.Broker).SetClientID(string(o.Hall)).SetUsername(string(o.Hall)).SetPassword(string(o.Credential)).
		SetProtocolVersion(4).SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).
		SetKeepAlive(t.keepAlive).SetPingTimeout(t.ping).SetConnectTimeout(t.connect).SetWriteTimeout(t.write).
		SetBinaryWill(wire.TopicWill(o.Hall), will, atLeastOnce, true).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.fail(err) })
	if o.TLS != nil {
		opts.SetTLSConfig(o.TLS)
	}
	l.client = mqtt.NewClient(opts)
	if err := l.await(ctx, l.client.Connect()); err != nil {
		l.close(0)
		return nil, fmt.Errorf("uplink: connect: %w", err)
	}
	topic := wire.TopicAck(o.Hall)
	sub := l.client.Subscribe(topic, atLeastOnce, func(_ mqtt.Client, m mqtt.Message) {
		select {
		case l.acks <- m.Payload():
		case <-l.gone:
		}
	})
	err := l.await(ctx, sub)
	if granted, ok := sub.(*mqtt.SubscribeToken); err == nil && ok && granted.Result()[topic] > 2 { // MQTT 3.1.1, 3.9.3: 0x80 is a failure
		err = errors.New("the broker refuses the subscription of acks")
	}
	if err != nil {
		l.close(0)
		return nil, fmt.Errorf("uplink: subscribe: %w", err)
	}
	return l, nil
}

// await waits for a token of the handshake.
func (l *link) await(ctx context.Context, t mqtt.Token) error {
	late := time.NewTimer(l.wait + time.Second)
	defer late.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case err := <-l.lost:
		return err
	case <-late.C:
		return errors.New("no answer")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// publish hands a message to the connection. It blocks at most the write timeout; success proves nothing.
func (l *link) publish(topic string, retained bool, payload []byte) error {
	t := l.client.Publish(topic, atLeastOnce, retained, payload)
	select {
	case <-t.Done():
		if err := t.Error(); err != nil {
			return fmt.Errorf("uplink: publish: %w", err)
		}
	default:
	}
	return nil
}

// goodbye hands a last message over and gives it a moment to be taken.
func (l *link) goodbye(topic string, payload []byte, moment time.Duration) {
	l.client.Publish(topic, atLeastOnce, true, payload).WaitTimeout(moment)
}

func (l *link) fail(err error) {
	select {
	case l.lost <- fmt.Errorf("uplink: connection lost: %w", err):
	default:
	}
}

// close ends the connection, waiting at most moment for what is being written.
func (l *link) close(moment time.Duration) {
	l.once.Do(func() {
		close(l.gone)
		l.client.Disconnect(uint(moment / time.Millisecond))
	})
}
